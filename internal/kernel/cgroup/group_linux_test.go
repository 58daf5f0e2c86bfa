package cgroup

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/kerneltest"
)

// TestMain: the test binary is also the process that is put into a group.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == "fork" {
		os.Exit(fork())
	}
	code := m.Run()
	kerneltest.Clean()
	os.Exit(code)
}

// fork waits until it is told to, and then tries to start a child: 7 says that
// the kernel refused.
func fork() int {
	// Raw, so that the runtime does not start another thread meanwhile.
	var b [1]byte
	syscall.RawSyscall(unix.SYS_READ, 0, uintptr(unsafe.Pointer(&b)), 1)
	pid, _, errno := syscall.RawSyscall(unix.SYS_CLONE, uintptr(unix.SIGCHLD), 0, 0)
	switch {
	case errno == unix.EAGAIN:
		return 7
	case errno != 0:
		return 1
	case pid == 0:
		syscall.RawSyscall(unix.SYS_EXIT_GROUP, 0, 0, 0)
	}
	return 0
}

// place finds where groups can be made; the test ends where they cannot.
func place(t *testing.T) Place {
	t.Helper()
	p, err := Find()
	if err != nil {
		t.Fatal(err)
	}
	if p.Version == 0 {
		t.Skip("no control group is delegated to this user")
	}
	return p
}

func newGroup(t *testing.T, p Place) *Group {
	t.Helper()
	g, err := p.Create(fmt.Sprintf("ringwall-test-%d", os.Getpid()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := g.Remove(); err != nil {
			t.Error(err)
		}
		for _, d := range g.Dirs() {
			if _, err := os.Stat(d); err == nil {
				t.Errorf("%s was left", d)
			}
		}
	})
	return g
}

func TestFindLeavesNothing(t *testing.T) {
	p := place(t)
	for _, d := range p.Dirs {
		if left, _ := filepath.Glob(filepath.Join(d, "ringwall-probe-*")); len(left) > 0 {
			t.Errorf("left %v", left)
		}
	}
}

func TestLimitsAreReadBack(t *testing.T) {
	g := newGroup(t, place(t))
	for resource, value := range map[string]int64{Memory: 64 << 20, Pids: 17, CPU: 1500} {
		if !g.Has(resource) {
			continue
		}
		if before, err := g.InForce(resource); err != nil || resource == Pids && before != -1 {
			t.Errorf("%s: %d, %v before a limit was set", resource, before, err)
		}
		if err := g.Limit(resource, value); err != nil {
			t.Errorf("%s: %v", resource, err)
		}
		if got, err := g.InForce(resource); err != nil || got != value {
			t.Errorf("%s: %d, %v is in force, want %d", resource, got, err, value)
		}
	}
}

// refused starts the helper in the group, with so many processes allowed, and
// tells whether its fork was refused.
func refused(t *testing.T, g *Group, limit int64) bool {
	t.Helper()
	program, err := kerneltest.Static() // the race detector starts threads of its own
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "fork")
	cmd.Env = []string{"GOMAXPROCS=1"}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if err := g.Limit(Pids, 100); err != nil { // while the program starts
		t.Error(err)
	}
	if err := g.Add(cmd.Process.Pid); err != nil {
		t.Error(err)
	}
	time.Sleep(50 * time.Millisecond)
	own, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", cmd.Process.Pid))
	if err != nil || !strings.Contains(string(own), "ringwall-test-") {
		t.Errorf("the process is in %s, %v", own, err)
	}
	if err := g.Limit(Pids, limit); err != nil {
		t.Error(err)
	}
	stdin.Write([]byte{1})
	stdin.Close()
	cmd.Wait()
	code := cmd.ProcessState.ExitCode()
	if code != 0 && code != 7 {
		t.Errorf("the helper ended with %v", cmd.ProcessState)
	}
	return code == 7
}

func TestForksAreRefusedAndCounted(t *testing.T) {
	p := place(t)
	if p.Dirs[Pids] == "" {
		t.Skip("no pids controller is delegated to this user")
	}
	g := newGroup(t, p)
	if n := g.Events(Pids); n != 0 {
		t.Errorf("%d refusals before there was one", n)
	}
	if !refused(t, g, 1) {
		t.Error("a fork beyond the limit went through")
	}
	if n := g.Events(Pids); n == 0 {
		t.Error("the refusal was not counted")
	}
	before := g.Events(Pids)
	if refused(t, g, 100) || g.Events(Pids) != before {
		t.Error("a fork within the limit was refused")
	}
}

func TestHasOfNothing(t *testing.T) {
	if (*Group)(nil).Has(Memory) {
		t.Error("no group has a limit")
	}
}

// TestUnifiedWithoutControllers: a version 2 hierarchy that is mounted beside
// version 1 gives no limit, and must not be taken for one that does.
func TestUnifiedWithoutControllers(t *testing.T) {
	mounts, err := mounted("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	own, err := self("/proc/self/cgroup")
	if err != nil {
		t.Fatal(err)
	}
	root := mounts[""]
	if root == "" {
		t.Skip("no version 2 hierarchy is mounted here")
	}
	have, err := os.ReadFile(filepath.Join(root, "cgroup.controllers"))
	if err != nil {
		t.Fatal(err)
	}
	if f := strings.Fields(string(have)); slices.Contains(f, Memory) && slices.Contains(f, Pids) && slices.Contains(f, CPU) {
		t.Skipf("the version 2 hierarchy has the controllers %q", have)
	}
	if p := findV2(own[""], root); p.Version != 0 {
		t.Errorf("found %v, which has no controllers", p)
	}
}

// TestRemoveWaits: the processes of a group that ends need a moment.
func TestRemoveWaits(t *testing.T) {
	g := newGroup(t, place(t))
	cmd := exec.Command("/proc/self/exe", "fork")
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if err := g.Add(cmd.Process.Pid); err != nil {
		t.Error(err)
	}
	cmd.Process.Kill()
	if err := g.Remove(); err != nil {
		t.Error(err)
	}
	cmd.Wait()
}
