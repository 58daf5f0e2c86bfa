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

// TestSwapIsReadBack: a limit on memory is in force only with the one on swap.
// The files are ordinary ones, as the kernel of neither version would have them.
func TestSwapIsReadBack(t *testing.T) {
	for _, c := range []struct {
		name    string
		version int
		swap    string
		want    int64
	}{
		{"version 2, none", 2, "0", 4096}, {"version 2, some", 2, "4096", -1}, {"version 2, any", 2, "max", -1},
		{"version 1, none", 1, "4096", 4096}, {"version 1, some", 1, "8192", 8192},
		{"not counted", 1, "", 4096},
	} {
		dir := t.TempDir()
		g := &Group{version: c.version, dirs: map[string]string{Memory: dir}}
		files := map[string]string{g.settings(Memory, 0)[0].file: "4096"}
		if c.swap != "" {
			files[swapFile(c.version)] = c.swap
		}
		for name, text := range files {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := g.InForce(Memory); err != nil || got != c.want {
			t.Errorf("%s: %d, %v, want %d", c.name, got, err, c.want)
		}
	}
}

func TestHasSwap(t *testing.T) {
	file := filepath.Join(t.TempDir(), "swaps")
	for text, want := range map[string]bool{"Filename Type Size\n": false, "Filename Type Size\n/swap file 1\n": true} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := hasSwap(file); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
	if hasSwap(file + "-gone") {
		t.Error("swap is found in no list")
	}
}

// TestKill ends a whole group at once, a process that has left its parent too.
func TestKill(t *testing.T) {
	mounts, err := mounted("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	root := mounts[""]
	if root == "" || !writable(root) {
		t.Skip("needs a version 2 hierarchy in which groups can be made")
	}
	g := newGroup(t, Place{Version: 2, Dirs: map[string]string{Pids: root}})
	if _, err := os.Stat(filepath.Join(g.Dirs()[0], "cgroup.kill")); err != nil {
		t.Skip("needs Linux 5.14: ", err)
	}
	cmd := exec.Command("/bin/sh", "-c", "read go; (setsid sleep 60 &); exec sleep 60")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if err := g.Add(cmd.Process.Pid); err != nil {
		t.Error(err)
	}
	stdin.Write([]byte("go\n"))
	time.Sleep(100 * time.Millisecond)
	g.Kill()
	if err := cmd.Wait(); err == nil || cmd.ProcessState.Success() {
		t.Error("the process ended by itself")
	}
	(*Group)(nil).Kill()
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
