package seccomp

import "testing"

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
		case 0x25: // BPF_JMP | BPF_JGT | BPF_K
			pc += branch(a > i.K, i)
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
	p, err := Assemble(rules, opt)
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
	d := data{nr: uint32(nr), arch: auditArch}
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

// native lists the rows whose call this architecture has.
func native(rules []Rule) []Rule {
	var out []Rule
	for _, r := range rules {
		if numbers[r.Call] >= 0 {
			out = append(out, r)
		}
	}
	return out
}

// matching gives arguments for which a row's condition holds, corners included.
func matching(w Test) [][6]uint64 { return corners(w, true) }

// missing gives arguments for which it does not.
func missing(w Test) [][6]uint64 { return corners(w, false) }

// corners tries every value that can matter: each bit, each listed value and
// its neighbours, and all of them with the high half full of ones, which the
// kernel ignores for these arguments (CVE-2019-7303).
func corners(w Test, want bool) [][6]uint64 {
	low := []uint32{0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffffe}
	for b := range 32 {
		low = append(low, 1<<b, ^(uint32(1) << b))
	}
	for _, v := range w.In {
		low = append(low, v, v+1, v-1, ^v)
	}
	var out [][6]uint64
	for _, l := range low {
		for _, high := range []uint64{0, 1, 0xffffffff} {
			var args [6]uint64
			args[w.Arg] = high<<32 | uint64(l)
			if truth(w, l) == want {
				out = append(out, args)
			}
		}
	}
	return out
}

// truth is the condition as its documentation has it.
func truth(w Test, v uint32) bool {
	if w.Mask == 0 {
		return true
	}
	v &= w.Mask
	listed := len(w.In) == 0 && v != 0
	for _, in := range w.In {
		listed = listed || v == in
	}
	return listed != w.Not
}
