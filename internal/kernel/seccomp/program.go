package seccomp

import (
	"encoding/binary"
	"errors"
	"slices"
)

// Instruction is one step of classic BPF, laid out as struct sock_filter.
type Instruction struct {
	Code   uint16
	Jt, Jf uint8
	K      uint32
}

// Operation codes of classic BPF that the filter uses (linux/bpf_common.h).
const (
	ldAbs = 0x20 // A = word at K
	jeq   = 0x15
	jgt   = 0x25
	and   = 0x54 // A &= K
	ret   = 0x06
)

// Results of the filter (linux/seccomp.h).
const (
	retKill   = 0x80000000 // the whole process
	retNotify = 0x7fc00000
	retErrno  = 0x00050000
	retAllow  = 0x7fff0000
)

// Error numbers, the same on every architecture that is supported.
const (
	eperm        = 1
	enosys       = 38
	eafnosupport = 97
)

// Offsets in struct seccomp_data. Arguments are 64 bits wide; the low half
// comes first on a little-endian machine.
const (
	offNr   = 0
	offArch = 4
	offArgs = 16
)

// Options choose the form of the program.
type Options struct {
	// Notify sends Deny and Watch rows to the supervisor. Without it Deny is
	// answered in the kernel, and Watch rows are left out.
	Notify bool
}

// Assemble makes the program for this architecture. Calls that the
// architecture does not have are left out; a call that nobody knows is an
// error, so that a misspelt row cannot be silently void.
func Assemble(rules []Rule, opt Options) ([]Instruction, error) {
	p := []Instruction{
		{ldAbs, 0, 0, offArch},
		{jeq, 1, 0, auditArch},
		{ret, 0, 0, retKill},
		{ldAbs, 0, 0, offNr},
		// Above the newest number that the table was checked against: a call
		// that nobody has judged does not exist here.
		{jgt, 0, 1, newestCall},
		{ret, 0, 0, retErrno | enosys},
	}
	for _, r := range hotFirst(rules) {
		nr, known := numbers[r.Call]
		if !known {
			return nil, errors.New("seccomp: no number for " + r.Call)
		}
		if nr < 0 || (r.Action == Watch && !opt.Notify) {
			continue
		}
		p = append(p, block(uint32(nr), r, opt)...)
	}
	return append(p, Instruction{ret, 0, 0, retAllow}), nil
}

// hotFirst puts the calls whose arguments matter in front. The kernel remembers
// which calls a filter always allows and skips it for them; for these it runs
// the program each time, to where the call's own rule is.
func hotFirst(rules []Rule) []Rule {
	out := slices.Clone(rules)
	slices.SortStableFunc(out, func(a, b Rule) int { return heat(b) - heat(a) })
	return out
}

func heat(r Rule) int {
	switch {
	case r.When.Mask == 0:
		return 0
	case r.Call == "openat" || r.Call == "open" || r.Call == "ioctl":
		return 2
	}
	return 1
}

// block is one rule: compare the number, then the argument, then answer. It
// leaves the number in A for the next rule.
func block(nr uint32, r Rule, opt Options) []Instruction {
	body := test(r.When, result(r.Action, opt))
	return append([]Instruction{{jeq, 0, uint8(len(body)), nr}}, body...)
}

// test answers with res where the condition holds, and otherwise reloads the
// number and falls through.
func test(t Test, res uint32) []Instruction {
	answer := Instruction{ret, 0, 0, res}
	if t.Mask == 0 {
		return []Instruction{answer}
	}
	p := []Instruction{
		{ldAbs, 0, 0, offArgs + 8*uint32(t.Arg)},
		{and, 0, 0, t.Mask},
	}
	reload := Instruction{ldAbs, 0, 0, offNr}
	if len(t.In) == 0 { // any bit
		return append(p, Instruction{jeq, 1, 0, 0}, answer, reload)
	}
	for i, v := range t.In {
		left := uint8(len(t.In) - 1 - i)
		if t.Not {
			p = append(p, Instruction{jeq, left + 1, 0, v}) // past the answer
		} else {
			p = append(p, Instruction{jeq, left, 0, v}) // to the answer
		}
	}
	if !t.Not {
		// The last comparison that fails skips the answer.
		p[len(p)-1].Jf = 1
	}
	return append(p, answer, reload)
}

func result(a Action, opt Options) uint32 {
	switch a {
	case Missing:
		return retErrno | enosys
	case NoFamily:
		return retErrno | eafnosupport
	case Watch:
		return retNotify
	}
	if opt.Notify {
		return retNotify
	}
	return retErrno | eperm
}

// Bytes is the program as the kernel reads it.
func Bytes(p []Instruction) []byte {
	b := make([]byte, 0, 8*len(p))
	for _, i := range p {
		b = binary.NativeEndian.AppendUint16(b, i.Code)
		b = append(b, i.Jt, i.Jf)
		b = binary.NativeEndian.AppendUint32(b, i.K)
	}
	return b
}
