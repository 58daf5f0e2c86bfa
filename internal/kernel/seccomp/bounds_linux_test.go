package seccomp

import (
	"testing"

	"golang.org/x/sys/unix"
)

// decide interprets the part of a filter that Bounds makes; 0 is the table's
// affair.
func decide(t *testing.T, p []Instruction, nr uint32, args ...uint64) uint32 {
	t.Helper()
	word := map[uint32]uint32{offNr: nr}
	for i, a := range args {
		word[offArgs+8*uint32(i)], word[offArgs+8*uint32(i)+4] = uint32(a), uint32(a>>32)
	}
	acc := uint32(0)
	for pc := 0; pc < len(p); pc++ {
		i := p[pc]
		holds := false
		switch i.Code {
		case ldAbs:
			acc = word[i.K]
			continue
		case ret:
			return i.K
		case jeq:
			holds = acc == i.K
		case jset:
			holds = acc&i.K != 0
		default:
			t.Fatalf("unknown operation %#x", i.Code)
		}
		if holds {
			pc += int(i.Jt)
		} else {
			pc += int(i.Jf)
		}
	}
	return 0
}

func TestBounds(t *testing.T) {
	const done, unsupported = retErrno, retErrno | 95
	high := uint64(7) << 32
	for _, c := range []struct {
		name string
		want uint32
		nr   uint32
		args []uint64
	}{
		{"allocate", unsupported, unix.SYS_FALLOCATE, []uint64{3, 0, 0, 1 << 40}},
		{"allocate past the end", unsupported, unix.SYS_FALLOCATE, []uint64{3, unix.FALLOC_FL_KEEP_SIZE}},
		{"zero a range", unsupported, unix.SYS_FALLOCATE, []uint64{3, unix.FALLOC_FL_ZERO_RANGE}},
		{"punch a hole", 0, unix.SYS_FALLOCATE, []uint64{3, unix.FALLOC_FL_PUNCH_HOLE | unix.FALLOC_FL_KEEP_SIZE}},
		{"set the core limit", done, unix.SYS_SETRLIMIT, []uint64{unix.RLIMIT_CORE, 4096}},
		{"with a high half, which the kernel ignores", done, unix.SYS_SETRLIMIT, []uint64{unix.RLIMIT_CORE | high, 4096}},
		{"set another limit", 0, unix.SYS_SETRLIMIT, []uint64{unix.RLIMIT_NOFILE, 4096}},
		{"set the core limit by the other call", done, unix.SYS_PRLIMIT64, []uint64{0, unix.RLIMIT_CORE, 4096}},
		{"from an address with an empty low half", done, unix.SYS_PRLIMIT64, []uint64{0, unix.RLIMIT_CORE, high}},
		{"read the core limit", 0, unix.SYS_PRLIMIT64, []uint64{0, unix.RLIMIT_CORE, 0, 4096}},
		{"set another by the other call", 0, unix.SYS_PRLIMIT64, []uint64{0, unix.RLIMIT_NOFILE, 4096}},
		{"another call", 0, unix.SYS_GETPPID, nil},
	} {
		all := Bounds(Bounded{Disk: true, Core: true})
		if got := decide(t, all, c.nr, c.args...); got != c.want {
			t.Errorf("%s: %#x, want %#x", c.name, got, c.want)
		}
		if got := decide(t, Bounds(Bounded{}), c.nr, c.args...); got != 0 {
			t.Errorf("%s, with nothing bounded: %#x", c.name, got)
		}
	}
}
