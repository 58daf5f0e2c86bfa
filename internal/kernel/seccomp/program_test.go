package seccomp

import (
	"encoding/binary"
	"fmt"
	"testing"
)

var forms = []Options{{}, {Notify: true}}

// answer is what a row's action has to become.
func answer(a Action, opt Options) uint32 {
	switch {
	case a == Missing:
		return errno(38) // ENOSYS
	case a == NoFamily:
		return errno(97) // EAFNOSUPPORT
	case opt.Notify:
		return notify
	case a == Watch:
		return allow
	}
	return errno(1) // EPERM
}

func TestEveryRowAnswers(t *testing.T) {
	for _, opt := range forms {
		p := assemble(t, everything(), opt)
		for _, r := range native(everything()) {
			for _, args := range matching(r.When) {
				if got := execute(t, p, call(numbers[r.Call], args[:]...)); got != answer(r.Action, opt) {
					t.Errorf("%+v: %s%x gives %#x, want %#x", opt, r.Call, args, got, answer(r.Action, opt))
				}
			}
			for _, args := range missing(r.When) {
				if got := execute(t, p, call(numbers[r.Call], args[:]...)); got != allow {
					t.Errorf("%+v: %s%x gives %#x, want it allowed", opt, r.Call, args, got)
				}
			}
		}
	}
}

// TestEveryRowCounts removes each row by itself: what it refused must then
// pass, or the row is not what refuses it.
func TestEveryRowCounts(t *testing.T) {
	rules := native(everything())
	for i, r := range rules {
		without := append(append([]Rule{}, rules[:i]...), rules[i+1:]...)
		for _, opt := range forms {
			p := assemble(t, without, opt)
			for _, args := range matching(r.When) {
				if got := execute(t, p, call(numbers[r.Call], args[:]...)); got != allow {
					t.Fatalf("without its row, %s%x still gives %#x", r.Call, args, got)
				}
			}
		}
	}
}

func TestOtherCallsPass(t *testing.T) {
	named := map[int]bool{}
	for _, r := range everything() {
		named[numbers[r.Call]] = true
	}
	for _, opt := range forms {
		p := assemble(t, everything(), opt)
		for nr := range newestCall + 1 {
			if got := execute(t, p, call(nr)); !named[nr] && got != allow {
				t.Errorf("%+v: call %d gives %#x", opt, nr, got)
			}
		}
	}
}

// TestUnknownNumbers: nothing above the newest number that was judged exists;
// the x32 numbers lie there, and so does the -1 of a tracer.
func TestUnknownNumbers(t *testing.T) {
	for _, opt := range forms {
		p := assemble(t, everything(), opt)
		for _, nr := range []uint32{newestCall + 1, newestCall + 100, 0x3fffffff, 0x40000000,
			0x40000000 | 56, 0x40000000 | 520, 0x7fffffff, 0x80000000, 0xffffffff} {
			if got := execute(t, p, data{nr: nr, arch: auditArch}); got != errno(38) {
				t.Errorf("%+v: number %#x gives %#x, want ENOSYS", opt, nr, got)
			}
		}
		for nr := range 600 {
			if got := execute(t, p, data{nr: 0x40000000 | uint32(nr), arch: auditArch}); got != errno(38) {
				t.Errorf("%+v: x32 call %d gives %#x", opt, nr, got)
			}
		}
	}
}

func TestOtherArchitecturesDie(t *testing.T) {
	// i386, arm, arm64, x86-64, riscv64 and two that do not exist.
	for _, arch := range []uint32{0x40000003, 0x40000028, 0xc00000b7, 0xc000003e, 0xc00000f3, 0, 0xffffffff} {
		if arch == auditArch {
			continue
		}
		for _, opt := range forms {
			p := assemble(t, everything(), opt)
			for _, nr := range []uint32{0, 20, 39, 120, 0xffffffff} {
				if got := execute(t, p, data{nr: nr, arch: arch}); got != kill {
					t.Errorf("architecture %#x, call %d gives %#x, want the process killed", arch, nr, got)
				}
			}
		}
	}
}

func TestCloneFlags(t *testing.T) {
	const thread = 0x003d0f00 // what a C library starts a thread with
	refused := map[uint32]bool{0x00020000: true, 0x02000000: true, 0x04000000: true, 0x08000000: true,
		0x10000000: true, 0x20000000: true, 0x40000000: true}
	p := assemble(t, Default(), Options{})
	for b := range 32 {
		flag := uint32(1) << b
		want := uint32(allow)
		if refused[flag] {
			want = errno(1)
		}
		for _, rest := range []uint64{0, 17, thread, 0xffffffff_00000000} {
			got := execute(t, p, call(numbers["clone"], uint64(flag)|rest))
			if got != want {
				t.Errorf("clone(%#x) gives %#x, want %#x", uint64(flag)|rest, got, want)
			}
		}
	}
	if got := execute(t, p, call(numbers["clone3"])); got != errno(38) {
		t.Errorf("clone3 gives %#x, want ENOSYS", got)
	}
}

func TestSocketFamilies(t *testing.T) {
	open := map[int]bool{1: true, 2: true, 10: true, 16: true}
	p := assemble(t, Default(), Options{Notify: true})
	for _, c := range []string{"socket", "socketpair"} {
		for family := range 46 {
			want := errno(97)
			if open[family] {
				want = allow
			}
			for _, high := range []uint64{0, 1 << 32, 0xffffffff << 32} {
				if got := execute(t, p, call(numbers[c], uint64(family)|high)); got != want {
					t.Errorf("%s(%d|%#x) gives %#x, want %#x", c, family, high, got, want)
				}
			}
		}
	}
}

func TestTerminalIoctls(t *testing.T) {
	p := assemble(t, Default(), Options{})
	for cmd, want := range map[uint64]uint32{
		0x5412: errno(1), 0x541c: errno(1), // TIOCSTI TIOCLINUX
		0x1_00005412: errno(1), 0xffffffff_00005412: errno(1), 0x80000000_0000541c: errno(1),
		0x5413: allow, 0x5411: allow, 0x5401: allow, 0x5414: allow, 0x80045430: allow, 0x5412_00000000: allow,
	} {
		if got := execute(t, p, call(numbers["ioctl"], 0, cmd)); got != want {
			t.Errorf("ioctl(%#x) gives %#x, want %#x", cmd, got, want)
		}
		// The command is the second argument, whatever the first one holds.
		if got := execute(t, p, call(numbers["ioctl"], cmd, 0x5401)); got != allow {
			t.Errorf("ioctl on descriptor %#x gives %#x", cmd, got)
		}
	}
}

func TestPersonality(t *testing.T) {
	p := assemble(t, Default(), Options{})
	for value, want := range map[uint64]uint32{0: allow, 0xffffffff: allow, 0xffffffff_ffffffff: allow, 1 << 32: allow,
		8: errno(1), 0x40000: errno(1), 0x0400000: errno(1), 0x8000000: errno(1), 0x1_00040000: errno(1)} {
		if got := execute(t, p, call(numbers["personality"], value)); got != want {
			t.Errorf("personality(%#x) gives %#x, want %#x", value, got, want)
		}
	}
}

// TestFindAgrees: the supervisor must give the reason of the very row that
// the kernel stopped at, and have one for every call that it is asked about.
func TestFindAgrees(t *testing.T) {
	rules := everything()
	p := assemble(t, rules, Options{Notify: true})
	index := NewIndex(rules)
	for _, r := range native(rules) {
		for _, args := range append(matching(r.When), missing(r.When)...) {
			asked := execute(t, p, call(numbers[r.Call], args[:]...)) == notify
			found := index.Find(&Call{Nr: int32(numbers[r.Call]), Args: args})
			if (found != nil) != asked || found != nil && (found.Call != r.Call || found.Why == "") {
				t.Errorf("%s%x: the filter asks: %v; Find: %+v", r.Call, args, asked, found)
			}
		}
	}
	for _, nr := range []int32{-1, newestCall + 1, 1 << 30} {
		if r := index.Find(&Call{Nr: nr}); r != nil {
			t.Errorf("Find explains the number %d as %s", nr, r.Call)
		}
	}
}

func TestJumpsStayInside(t *testing.T) {
	for _, opt := range forms {
		p := assemble(t, everything(), opt)
		if len(p) > 4096 { // BPF_MAXINSNS
			t.Errorf("%d instructions are more than the kernel takes", len(p))
		}
		for at, i := range p {
			if i.Code&0x07 == 0x05 && at+1+int(max(i.Jt, i.Jf)) >= len(p) {
				t.Errorf("instruction %d jumps out of the program: %+v", at, i)
			}
		}
		if last := p[len(p)-1]; last.Code != 0x06 {
			t.Errorf("the program ends with %+v", last)
		}
	}
}

func TestAssembleRefusesUnknownNames(t *testing.T) {
	for _, name := range []string{"", "mmount", "MOUNT", "mount "} {
		if _, err := Assemble([]Rule{{Call: name}}, Options{}); err == nil {
			t.Errorf("a row for %q was taken", name)
		}
	}
}

func TestBytesAreSockFilter(t *testing.T) {
	b := Bytes([]Instruction{{0x15, 3, 4, 0x01020304}})
	want := binary.NativeEndian.AppendUint16(nil, 0x15)
	want = append(want, 3, 4)
	want = binary.NativeEndian.AppendUint32(want, 0x01020304)
	if fmt.Sprint(b) != fmt.Sprint(want) {
		t.Errorf("Bytes = %v, want %v", b, want)
	}
}
