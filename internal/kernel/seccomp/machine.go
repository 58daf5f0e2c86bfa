package seccomp

import "slices"

// machine is what the program has to know of an architecture.
type machine struct {
	// audit is its name in the kernel's audit records (linux/audit.h). Only
	// this one is let in: the 32-bit entry points of the same processor have
	// other numbers for the same calls.
	audit uint32
	calls []string // by number
}

var (
	x86 = machine{audit: 0xc000003e, calls: x86Calls}
	arm = machine{audit: 0xc00000b7, calls: armCalls}
)

// NewestCall is the highest number that was judged. On x86-64 it also keeps
// the x32 ABI out, whose numbers start at 0x40000000.
const NewestCall = 471

// name is empty for a number that no call has.
func (m machine) name(nr int) string {
	if nr < 0 || nr >= len(m.calls) {
		return ""
	}
	return m.calls[nr]
}

// known tells whether any architecture has a call of that name.
func known(name string) bool {
	return name != "" && (slices.Contains(x86.calls, name) || slices.Contains(arm.calls, name))
}

// number is the call's number here; -1 where this architecture lacks it.
func (m machine) number(name string) int { return slices.Index(m.calls, name) }
