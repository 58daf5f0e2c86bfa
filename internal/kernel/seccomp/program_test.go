package seccomp

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

var forms = []Options{{}, {Notify: true}}

var machines = map[string]machine{"x86-64": x86, "arm64": arm}

// answer is what a row's action has to become.
func answer(a Action, opt Options) uint32 {
	switch a {
	case Missing:
		return errno(38) // ENOSYS
	case NoFamily:
		return errno(97) // EAFNOSUPPORT
	case NoProtocol:
		return errno(93) // EPROTONOSUPPORT
	case NoOption:
		return errno(92) // ENOPROTOOPT
	case NoOperation:
		return errno(95) // EOPNOTSUPP
	case NoMemory:
		return errno(12) // ENOMEM
	}
	if opt.Notify {
		return notify
	}
	return errno(1) // EPERM
}

// TestEveryRowAnswers tries each row at every corner of its conditions, on both
// machines and in both forms.
func TestEveryRowAnswers(t *testing.T) {
	rules := everything()
	for name, m := range machines {
		for _, opt := range forms {
			p := assembleFor(t, m, rules, opt)
			for _, r := range m.rows(rules) {
				held := 0
				nr := uint32(m.number(r.Call))
				for _, args := range corners(r) {
					want := expected(m, rules, opt, nr, args)
					if got := execute(t, p, data{nr: nr, arch: m.audit, args: args}); got != want {
						t.Fatalf("%s %+v: %s%x gives %#x, want %#x", name, opt, r.Call, args, got, want)
					}
					if want == answer(r.Action, opt) {
						held++
					}
				}
				if held == 0 && (opt.Notify || r.Action != Watch) {
					t.Errorf("%s: no argument was tried for which %s (%s) holds", name, r.Call, r.Why)
				}
			}
		}
	}
}

// TestEveryRowCounts removes each row by itself: what it refused must then
// pass, or not exist where the row was all that was said of the call.
func TestEveryRowCounts(t *testing.T) {
	rules := native.rows(everything())
	for i, r := range rules {
		without := slices.Delete(slices.Clone(rules), i, i+1)
		for _, opt := range forms {
			if r.Action == Watch && !opt.Notify {
				continue
			}
			changed := false
			with, p := assemble(t, rules, opt), assemble(t, without, opt)
			for _, args := range corners(r) {
				d := call(native.number(r.Call), args[:]...)
				before, after := execute(t, with, d), execute(t, p, d)
				changed = changed || before != after
				if want := expected(native, without, opt, d.nr, args); after != want {
					t.Fatalf("without its row, %s%x gives %#x, want %#x", r.Call, args, after, want)
				}
			}
			// A call that is refused as a whole is not in the list of allowed
			// ones either: one of the two locks would do where both say ENOSYS.
			if !changed && r.Action != Missing {
				t.Errorf("%+v: the row %s (%s) changes nothing", opt, r.Call, r.Why)
			}
		}
	}
}

// TestProgramIsTheTable compares the two for every number there can be, with
// arguments at random.
func TestProgramIsTheTable(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	interesting := []uint64{0, 1, 2, 3, 8, 10, 16, 17, 35, 0x4b33, 0x5412, 0x40000, 0x10000000, 0xffffffff}
	for name, m := range machines {
		for _, opt := range forms {
			rules := everything()
			p := assembleFor(t, m, rules, opt)
			for nr := range uint32(NewestCall + 200) {
				for range 40 {
					var args [6]uint64
					for i := range args {
						args[i] = random.Uint64()
						if random.IntN(4) > 0 {
							args[i] = interesting[random.IntN(len(interesting))]
						}
					}
					want := expected(m, rules, opt, nr, args)
					if got := execute(t, p, data{nr: nr, arch: m.audit, args: args}); got != want {
						t.Fatalf("%s %+v: %d %s%x gives %#x, want %#x", name, opt, nr, m.name(int(nr)), args, got, want)
					}
				}
			}
		}
	}
}

// FuzzProgram is the same with numbers and arguments of anybody's choice.
func FuzzProgram(f *testing.F) {
	f.Add(uint32(41), uint64(2), uint64(3), uint64(255), uint64(0), true)
	f.Add(uint32(0x40000000), uint64(0), uint64(0), uint64(0), uint64(0), false)
	f.Fuzz(func(t *testing.T, nr uint32, a, b, c, d uint64, watch bool) {
		opt, args := Options{Notify: watch}, [6]uint64{a, b, c, d}
		for _, m := range machines {
			p := assembleFor(t, m, everything(), opt)
			want := expected(m, everything(), opt, nr, args)
			if got := execute(t, p, data{nr: nr, arch: m.audit, args: args}); got != want {
				t.Errorf("%d%x gives %#x, want %#x", nr, args, got, want)
			}
		}
	})
}

// TestUnknownNumbers: nothing above the newest number that was judged exists;
// the x32 numbers lie there, and so does the -1 of a tracer.
func TestUnknownNumbers(t *testing.T) {
	for _, opt := range forms {
		p := assemble(t, everything(), opt)
		for _, nr := range []uint32{NewestCall + 1, NewestCall + 100, 0x3fffffff, 0x40000000,
			0x40000000 | 56, 0x40000000 | 520, 0x7fffffff, 0x80000000, 0xffffffff} {
			if got := execute(t, p, data{nr: nr, arch: native.audit}); got != errno(38) {
				t.Errorf("%+v: number %#x gives %#x, want ENOSYS", opt, nr, got)
			}
		}
		for nr := range 600 {
			if got := execute(t, p, data{nr: 0x40000000 | uint32(nr), arch: native.audit}); got != errno(38) {
				t.Errorf("%+v: x32 call %d gives %#x", opt, nr, got)
			}
		}
	}
}

func TestOtherArchitecturesDie(t *testing.T) {
	// i386, arm, arm64, x86-64, riscv64 and two that do not exist.
	for _, arch := range []uint32{0x40000003, 0x40000028, 0xc00000b7, 0xc000003e, 0xc00000f3, 0, 0xffffffff} {
		for _, m := range machines {
			if arch == m.audit {
				continue
			}
			for _, opt := range forms {
				p := assembleFor(t, m, everything(), opt)
				for _, nr := range []uint32{0, 20, 39, 120, 0xffffffff} {
					if got := execute(t, p, data{nr: nr, arch: arch}); got != kill {
						t.Errorf("architecture %#x, call %d gives %#x, want the process killed", arch, nr, got)
					}
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
			got := execute(t, p, call(native.number("clone"), uint64(flag)|rest))
			if got != want {
				t.Errorf("clone(%#x) gives %#x, want %#x", uint64(flag)|rest, got, want)
			}
		}
	}
	if got := execute(t, p, call(native.number("clone3"))); got != errno(38) {
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
				if got := execute(t, p, call(native.number(c), uint64(family)|high, 1)); got != want {
					t.Errorf("%s(%d|%#x) gives %#x, want %#x", c, family, high, got, want)
				}
			}
		}
	}
}

// TestSocketKinds: of the internet families TCP and UDP, of netlink the routes.
func TestSocketKinds(t *testing.T) {
	const nonblock, cloexec, high = 0x800, 0x80000, 0xffffffff_00000000
	p := assemble(t, Default(), Options{})
	for _, c := range []struct {
		family, kind, protocol uint64
		want                   uint32
	}{
		{2, 1, 0, allow}, {2, 1, 6, allow}, {10, 2, 17, allow}, {10, 2, 0, allow}, {1, 5, 0, allow}, {1, 3, 0, allow}, {16, 3, 0, allow}, {16, 2, 0, allow},
		{2, 3, 1, errno(1)}, {2, 3, 255, errno(1)}, {10, 3, 58, errno(1)}, {2, 10, 768, errno(1)}, {2, 6, 33, errno(1)}, {2, 5, 132, errno(1)}, {10, 4, 0, errno(1)},
		{2, 2, 1, errno(93)}, {10, 2, 58, errno(93)}, {2, 1, 132, errno(93)}, {2, 1, 262, errno(93)}, {2, 1, 256, errno(93)}, {2, 2, 136, errno(93)}, {2, 2, 115, errno(93)},
		{16, 3, 15, errno(93)}, {16, 3, 12, errno(93)}, {16, 3, 6, errno(93)}, {16, 2, 4, errno(93)}, {16, 3, 9, errno(93)},
	} {
		for _, flags := range []uint64{0, nonblock, cloexec, nonblock | cloexec, high} {
			got := execute(t, p, call(native.number("socket"), c.family|flags&high, c.kind|flags, c.protocol|flags&high))
			if got != c.want {
				t.Errorf("socket(%d, %#x, %d) gives %#x, want %#x", c.family, c.kind|flags, c.protocol, got, c.want)
			}
		}
	}
}

func TestTerminalIoctls(t *testing.T) {
	p := assemble(t, Default(), Options{})
	for cmd, want := range map[uint64]uint32{
		0x5412: errno(1), 0x541c: errno(1), 0x5423: errno(1), 0x541d: errno(1), // TIOCSTI TIOCLINUX TIOCSETD TIOCCONS
		0x1_00005412: errno(1), 0xffffffff_00005412: errno(1), 0x80000000_0000541c: errno(1), 0x1_00005423: errno(1),
		0x4b47: errno(1), 0x4b49: errno(1), 0x5606: errno(1), 0x7_00004b72: errno(1), // KDSKBENT KDSKBSENT VT_ACTIVATE KDFONTOP
		0x5413: allow, 0x5411: allow, 0x5401: allow, 0x5414: allow, 0x80045430: allow, 0x5412_00000000: allow, 0x541b: allow,
		0xc0405600: allow, // VIDIOC_QUERYCAP and its kin are other calls
	} {
		if got := execute(t, p, call(native.number("ioctl"), 0, cmd)); got != want {
			t.Errorf("ioctl(%#x) gives %#x, want %#x", cmd, got, want)
		}
		// The command is the second argument, whatever the first one holds.
		if got := execute(t, p, call(native.number("ioctl"), cmd, 0x5401)); got != allow {
			t.Errorf("ioctl on descriptor %#x gives %#x", cmd, got)
		}
	}
}

func TestPersonality(t *testing.T) {
	p := assemble(t, Default(), Options{})
	for value, want := range map[uint64]uint32{0: allow, 0xffffffff: allow, 0xffffffff_ffffffff: allow, 1 << 32: allow,
		8: errno(1), 0x40000: errno(1), 0x0400000: errno(1), 0x8000000: errno(1), 0x1_00040000: errno(1)} {
		if got := execute(t, p, call(native.number("personality"), value)); got != want {
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
	for _, r := range native.rows(rules) {
		nr := native.number(r.Call)
		for _, args := range corners(r) {
			asked := execute(t, p, call(nr, args[:]...)) == notify
			found := index.Find(&Call{Nr: int32(nr), Args: args})
			if (found != nil) != asked || found != nil && (found.Call != r.Call || found.Why == "") {
				t.Errorf("%s%x: the filter asks: %v; Find: %+v", r.Call, args, asked, found)
			}
		}
	}
	for _, nr := range []int32{-1, NewestCall + 1, 400, 1 << 30} {
		if r := index.Find(&Call{Nr: nr}); r != nil {
			t.Errorf("Find explains the number %d as %s", nr, r.Call)
		}
	}
}

func TestJumpsStayInside(t *testing.T) {
	for name, m := range machines {
		for _, opt := range forms {
			p := assembleFor(t, m, everything(), opt)
			t.Logf("%s %+v: %d instructions", name, opt, len(p))
			if len(p) > 4096 { // BPF_MAXINSNS
				t.Errorf("%d instructions are more than the kernel takes", len(p))
			}
			for at, i := range p {
				far := int(max(i.Jt, i.Jf))
				if i.Code == ja {
					far = int(i.K)
				}
				if i.Code&0x07 == 0x05 && at+1+far >= len(p) {
					t.Errorf("instruction %d jumps out of the program: %+v", at, i)
				}
			}
			if last := p[len(p)-1]; last.Code != 0x06 {
				t.Errorf("the program ends with %+v", last)
			}
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
