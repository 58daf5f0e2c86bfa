// Package seccomp builds the system call filter: a table of rules, each with
// its reason, and the classic BPF program that carries it out. It decides
// nothing about when a filter is installed.
package seccomp

import "slices"

// Action is what happens to a call that a rule names.
type Action int

const (
	// Deny answers EPERM, or asks the supervisor to, so that it is seen.
	Deny Action = iota
	// Missing answers ENOSYS, as an older kernel would: programs have a
	// fallback for that. Used where arguments lie in memory, which a filter
	// cannot read, and for what programs try first and can do without.
	Missing
	// NoFamily answers EAFNOSUPPORT, as a kernel without that family would.
	NoFamily
	// NoProtocol answers EPROTONOSUPPORT, likewise.
	NoProtocol
	// NoOption answers ENOPROTOOPT, likewise.
	NoOption
	// NoOperation answers EOPNOTSUPP, likewise.
	NoOperation
	// NoMemory answers ENOMEM, as a machine that has none of that kind.
	NoMemory
	// Watch lets the call go on after the supervisor has noted it. It is
	// never a control: the memory that it looks at can change.
	Watch
)

// enosys is the same on every architecture that is supported, as are the
// others.
const enosys = 38

// errno is the error number of an action that is answered in the kernel.
func (a Action) errno() uint32 {
	switch a {
	case Missing:
		return enosys
	case NoFamily:
		return 97
	case NoProtocol:
		return 93
	case NoOption:
		return 92
	case NoOperation:
		return 95
	case NoMemory:
		return 12
	}
	return 1
}

// Errno names the error number that an action answers with.
func (a Action) Errno() string {
	switch a {
	case Missing:
		return "ENOSYS"
	case NoFamily:
		return "EAFNOSUPPORT"
	case NoProtocol:
		return "EPROTONOSUPPORT"
	case NoOption:
		return "ENOPROTOOPT"
	case NoOperation:
		return "EOPNOTSUPP"
	case NoMemory:
		return "ENOMEM"
	}
	return "EPERM"
}

// Test is a condition on the low half of one argument: for what is 32 bits wide
// the kernel ignores the high half, and so must the filter (CVE-2019-7303).
type Test struct {
	Arg  int    // 0 to 5
	Mask uint32 // bits that count; 0: all
	// In holds the values of Arg&Mask that match; empty: any value other
	// than zero. With Not, those that do not match.
	In  []uint32
	Not bool
}

// Rule is one row. It holds for a call where all of When does; the first row
// that holds is the one that counts.
type Rule struct {
	Call   string
	When   []Test
	Action Action
	Why    string
}

// Match gives the row that holds for a call by number, as the program finds it.
func Match(rules []Rule, nr int, args [6]uint64) (Rule, bool) {
	name := native.name(nr)
	for _, r := range rules {
		if name != "" && r.Call == name && r.holds(args) {
			return r, true
		}
	}
	return Rule{}, false
}

// Here tells whether this architecture has a call of that name.
func Here(call string) bool { return slices.Contains(native.calls, call) }

// holds is the same test that the program makes.
func (r Rule) holds(args [6]uint64) bool {
	for _, t := range r.When {
		if !t.holds(args) {
			return false
		}
	}
	return true
}

func (t Test) holds(args [6]uint64) bool {
	v := uint32(args[t.Arg])
	if t.Mask != 0 {
		v &= t.Mask
	}
	if len(t.In) == 0 {
		return v != 0
	}
	return slices.Contains(t.In, v) != t.Not
}
