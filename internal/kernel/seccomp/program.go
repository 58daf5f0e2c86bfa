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
	ja    = 0x05
	jeq   = 0x15
	jge   = 0x35
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
	// Only names the calls that are allowed, in place of the table's list: for a
	// program of ours, of which it is known what it needs. Nil: the table's.
	Only []string
}

// Assemble makes the program for this architecture. Rows for calls that it does
// not have are left out; a call that no architecture has is an error, so that a
// misspelt row cannot be silently void.
func Assemble(rules []Rule, opt Options) ([]Instruction, error) {
	return native.assemble(rules, opt)
}

func (m machine) assemble(rules []Rule, opt Options) ([]Instruction, error) {
	rows := make(map[string][]Rule, len(rules))
	for _, r := range rules {
		rows[r.Call] = append(rows[r.Call], r)
	}
	p := []Instruction{
		{ldAbs, 0, 0, offArch},
		{jeq, 1, 0, m.audit},
		{ret, 0, 0, retKill},
		{ldAbs, 0, 0, offNr},
	}
	p = append(p, tree(m.spans(rows, opt))...)
	for _, c := range opt.Only {
		if !known(c) {
			return nil, errors.New("seccomp: no architecture has a call " + c)
		}
	}
	return p, m.misspelt(rows)
}

// misspelt finds a row for a call that no architecture has.
func (m machine) misspelt(rows map[string][]Rule) error {
	left := len(rows)
	for _, c := range m.calls {
		if len(rows[c]) > 0 && c != "" {
			left--
		}
	}
	for c := range rows {
		if left > 0 && !known(c) {
			return errors.New("seccomp: no architecture has a call " + c)
		}
	}
	return nil
}

// span is the code for all numbers from first to the next span's.
type span struct {
	first uint32
	code  []Instruction
}

// spans covers every number there is. Neighbours with one and the same answer
// are one span.
func (m machine) spans(rows map[string][]Rule, opt Options) []span {
	allowed := opt.allowed()
	out := make([]span, 0, NewestCall)
	for nr := range NewestCall + 2 {
		code := missing
		// Above the newest number: a call that nobody has judged does not exist.
		if name := m.name(nr); name != "" && nr <= NewestCall {
			code = leaf(rows[name], allowed(name), opt)
		}
		if n := len(out); n == 0 || len(code) > 1 || !slices.Equal(code, out[n-1].code) {
			out = append(out, span{uint32(nr), code})
		}
	}
	return out
}

// allowed tells which calls are, unless a row says otherwise.
func (o Options) allowed() func(call string) bool {
	if o.Only != nil {
		return func(call string) bool { return slices.Contains(o.Only, call) }
	}
	use := uses()
	return func(call string) bool { return use[call] != "" }
}

// The two answers of most calls.
var (
	missing = []Instruction{{ret, 0, 0, retErrno | enosys}}
	pass    = []Instruction{{ret, 0, 0, retAllow}}
)

// tree finds the span of the number in A by halves. The kernel runs the
// program once for every number when it is installed, to learn which calls are
// always allowed: a list of comparisons would make each start slower.
func tree(s []span) []Instruction {
	if len(s) == 1 {
		return s[0].code
	}
	mid := len(s) / 2
	left, right := tree(s[:mid]), tree(s[mid:])
	var p []Instruction
	if n := len(left); n <= 255 {
		p = append(p, Instruction{jge, uint8(n), 0, s[mid].first})
	} else { // farther than a comparison can jump
		p = append(p, Instruction{jge, 0, 1, s[mid].first}, Instruction{ja, 0, 0, uint32(n)})
	}
	return append(append(p, left...), right...)
}

// leaf answers one call: the first row that holds, and else whether it is
// allowed.
func leaf(rows []Rule, allow bool, opt Options) []Instruction {
	p := pass
	if !allow {
		p = missing
	}
	for _, r := range slices.Backward(rows) {
		if r.Action == Watch && !opt.Notify {
			continue
		}
		if len(r.When) == 0 {
			p = nil // what comes after never counts
		}
		p = append(row(r, opt), p...)
	}
	return p
}

// row answers where all of its conditions hold, and falls through otherwise.
func row(r Rule, opt Options) []Instruction {
	p := []Instruction{{ret, 0, 0, result(r.Action, opt)}}
	for _, t := range slices.Backward(r.When) {
		p = append(compare(t, uint8(len(p))), p...)
	}
	return p
}

// compare goes on with the next instruction where the condition holds, and
// skips what follows otherwise.
func compare(t Test, skip uint8) []Instruction {
	p := []Instruction{{ldAbs, 0, 0, offArgs + 8*uint32(t.Arg)}}
	if t.Mask != 0 {
		p = append(p, Instruction{and, 0, 0, t.Mask})
	}
	if len(t.In) == 0 { // any bit
		return append(p, Instruction{jeq, skip, 0, 0})
	}
	for i, v := range t.In {
		left := uint8(len(t.In) - 1 - i)
		if t.Not {
			p = append(p, Instruction{jeq, left + skip, 0, v})
		} else {
			p = append(p, Instruction{jeq, left, 0, v})
		}
	}
	if !t.Not {
		p[len(p)-1].Jf = skip // none of them
	}
	return p
}

func result(a Action, opt Options) uint32 {
	if opt.Notify && (a == Deny || a == Watch) {
		return retNotify
	}
	return retErrno | a.errno()
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
