package native

import (
	"os"
	"runtime"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/seccomp"
	"ringwall/internal/plan"
)

// TestNameSet: a path is worth a closer look if one of its names is in the set.
func TestNameSet(t *testing.T) {
	var n nameSet
	n.add("CLAUDE.md")
	n.add("hooks")
	for path, want := range map[string][2]bool{ // any, last
		"CLAUDE.md": {true, true}, "/a/CLAUDE.md": {true, true}, "hooks/x": {true, false}, "a/hooks//": {true, true},
		"": {}, "/": {}, "//": {}, "CLAUDE.mdx": {}, "xCLAUDE.md": {}, "claude.md": {}, "a/b/c": {}, strings.Repeat("x", 300): {},
	} {
		if got := [2]bool{n.any([]byte(path)), n.last([]byte(path))}; got != want {
			t.Errorf("%q: %v, want %v", path, got, want)
		}
	}
}

// TestMemoryToTheEnd reads a path that ends where memory ends, and one that
// crosses from one page to the next.
func TestMemoryToTheEnd(t *testing.T) {
	three, err := unix.Mmap(-1, 0, 3*pageSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Munmap(three)
	if err := unix.Mprotect(three[2*pageSize:], unix.PROT_NONE); err != nil {
		t.Fatal(err)
	}
	var m memory
	for _, c := range []struct{ at, length int }{{0, 0}, {0, 5}, {0, short - 1}, {0, short}, {0, 3000}, {pageSize - 3, 2}, {pageSize - 3, 10},
		{pageSize - 3, 2000}, {100, unix.PathMax - 1}, {2*pageSize - 6, 5}} {
		for i := range 2 * pageSize {
			three[i] = 'x'
		}
		for i := range c.length {
			three[c.at+i] = 'a'
		}
		three[c.at+c.length] = 0
		if got := string(m.path(uint32(os.Getpid()), address(three)+uint64(c.at))); got != strings.Repeat("a", c.length) {
			t.Errorf("%+v: read %d bytes", c, len(got))
		}
	}
	three[2*pageSize-1] = 'x'
	if got := len(m.path(uint32(os.Getpid()), address(three)+2*pageSize-5)); got != 5 {
		t.Errorf("of a path without an end %d bytes were read, want 5", got)
	}
	if got := len(m.path(uint32(os.Getpid()), 1)); got != 0 {
		t.Errorf("where nothing is mapped %d bytes were read", got)
	}
}

func address(b []byte) uint64 { return uint64(uintptr(unsafe.Pointer(&b[0]))) }

// idle is an observer of no run, that watches over two guardrails.
func idle() *observer {
	p := plan.Plan{Project: "/p", Controls: []plan.Control{
		{Want: plan.Op{Guardrail: &plan.Guardrail{Path: "CLAUDE.md"}}}, {Want: plan.Op{Guardrail: &plan.Guardrail{Path: ".git/hooks", Dir: true}}}}}
	o := &observer{run: &run{}, frozen: newFrozen(p)}
	o.place.known, o.place.mounts = true, []uint64{1 << 60} // somewhere else
	return o
}

// looks is what looks at an open of this process's own.
func looks(o *observer, path string) func() bool {
	text, cwd := append([]byte(path), 0), int64(unix.AT_FDCWD)
	o.call = seccomp.Call{PID: uint32(os.Getpid()), Args: [6]uint64{uint64(cwd), address(text)}}
	rule := &seccomp.Rule{Call: "openat"}
	return func() bool {
		defer runtime.KeepAlive(text)
		return o.look(rule) == nil
	}
}

// TestLookAllocatesNothing: what every new file waits for must not wait for the
// collector.
func TestLookAllocatesNothing(t *testing.T) {
	for _, path := range []string{"/p/src/a/b/c/main.go", "src/main.go"} {
		look := looks(idle(), path)
		if n := testing.AllocsPerRun(100, func() {
			if !look() {
				t.Fatal(path + " is no guardrail")
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations", path, n)
		}
	}
}

func BenchmarkLook(b *testing.B) {
	for _, path := range []string{"/p/src/a/b/c/main.go", "src/main.go"} {
		b.Run(path[:3], func(b *testing.B) {
			look := looks(idle(), path)
			for b.Loop() {
				look()
			}
		})
	}
}
