package seccomp

import (
	"testing"
)

// data is what the kernel shows a filter (struct seccomp_data).
type data struct {
	nr, arch uint32
	args     [6]uint64
}

func (d data) word(t *testing.T, off uint32) uint32 {
	t.Helper()
	switch {
	case off == offNr:
		return d.nr
	case off == offArch:
		return d.arch
	case off >= offArgs && off < offArgs+48 && off%4 == 0:
		arg := d.args[(off-offArgs)/8]
		if (off-offArgs)%8 == 4 {
			return uint32(arg >> 32)
		}
		return uint32(arg)
	}
	t.Fatalf("the program reads at offset %d", off)
	return 0
}

// execute carries a program out as the kernel would. It is written from the
// definition of classic BPF, not from the assembler: what the two agree on is
// what the kernel does.
func execute(t *testing.T, p []Instruction, d data) uint32 {
	t.Helper()
	var a uint32
	for pc := 0; ; {
		if pc < 0 || pc >= len(p) {
			t.Fatalf("the program runs off its end at %d", pc)
		}
		i := p[pc]
		pc++
		switch i.Code {
		case 0x20: // BPF_LD | BPF_W | BPF_ABS
			a = d.word(t, i.K)
		case 0x54: // BPF_ALU | BPF_AND | BPF_K
			a &= i.K
		case 0x15: // BPF_JMP | BPF_JEQ | BPF_K
			pc += branch(a == i.K, i)
		case 0x35: // BPF_JMP | BPF_JGE | BPF_K
			pc += branch(a >= i.K, i)
		case 0x05: // BPF_JMP | BPF_JA
			pc += int(i.K)
		case 0x06: // BPF_RET | BPF_K
			return i.K
		default:
			t.Fatalf("instruction %d has the unknown code %#x", pc-1, i.Code)
		}
	}
}

func branch(holds bool, i Instruction) int {
	if holds {
		return int(i.Jt)
	}
	return int(i.Jf)
}

func assemble(t *testing.T, rules []Rule, opt Options) []Instruction {
	t.Helper()
	return assembleFor(t, native, rules, opt)
}

func assembleFor(t *testing.T, m machine, rules []Rule, opt Options) []Instruction {
	t.Helper()
	p, err := m.assemble(rules, opt)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// everything is the longest table there can be.
func everything() []Rule {
	return append(append(Default(), Affinity()...), Observation()...)
}

func call(nr int, args ...uint64) data {
	d := data{nr: uint32(nr), arch: native.audit}
	copy(d.args[:], args)
	return d
}

// errno is the filter's answer for an error number.
func errno(n uint32) uint32 { return 0x00050000 | n }

const (
	allow  = 0x7fff0000
	kill   = 0x80000000
	notify = 0x7fc00000
)

// rows lists those whose call a machine has.
func (m machine) rows(rules []Rule) []Rule {
	var out []Rule
	for _, r := range rules {
		if m.number(r.Call) >= 0 {
			out = append(out, r)
		}
	}
	return out
}

// corners are arguments that can matter to a row: for each condition every
// bit, each listed value and its neighbours, with the high half full of ones
// too, and for the other conditions values for which they hold and do not.
func corners(r Rule) [][6]uint64 {
	out := [][6]uint64{{}, {1, 1, 1, 1, 1, 1}}
	for _, w := range r.When {
		var next [][6]uint64
		for _, base := range out {
			for _, v := range values(w, len(r.When) > 1) {
				base[w.Arg] = v
				next = append(next, base)
			}
		}
		out = next
	}
	return out
}

func values(w Test, few bool) []uint64 {
	low := []uint32{0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffffe}
	for b := range 32 {
		low = append(low, 1<<b)
		if !few {
			low = append(low, ^(uint32(1) << b))
		}
	}
	for _, v := range w.In {
		low = append(low, v, v+1, v-1, v|0x800) // SOCK_NONBLOCK
	}
	var out []uint64
	for _, l := range low {
		out = append(out, uint64(l), 0xffffffff_00000000|uint64(l))
	}
	return out
}

// truth is a condition as its documentation has it.
func truth(w Test, arg uint64) bool {
	v := uint32(arg)
	if w.Mask != 0 {
		v &= w.Mask
	}
	listed := len(w.In) == 0 && v != 0
	for _, in := range w.In {
		listed = listed || v == in
	}
	return listed != w.Not
}

var judged = uses()

// expected is what a table says of a call, read without the assembler.
func expected(m machine, rules []Rule, opt Options, nr uint32, args [6]uint64) uint32 {
	name := m.name(int(int32(nr)))
	if name == "" || nr > NewestCall {
		return errno(38)
	}
rows:
	for _, r := range rules {
		if r.Call != name || r.Action == Watch && !opt.Notify {
			continue
		}
		for _, w := range r.When {
			if !truth(w, args[w.Arg]) {
				continue rows
			}
		}
		return answer(r.Action, opt)
	}
	if judged[name] == "" {
		return errno(38)
	}
	return allow
}
