package cgroup

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// TestEnter: what a thread starts while it is in the group is born there, what
// it starts after that is not, and the thread keeps nobody from removing it.
func TestEnter(t *testing.T) {
	g := newGroup(t, place(t))
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	name := filepath.Base(g.Dirs()[0])
	fd, err := g.Open()
	if err != nil {
		t.Fatal(err)
	}
	if fd > 0 {
		defer unix.Close(fd)
	}
	leave, err := g.Enter()
	if err != nil {
		t.Fatal(err)
	}
	if in := bornIn(t, fd); !strings.Contains(in, name) {
		t.Errorf("born in %s", in)
	}
	if err := leave(); err != nil {
		t.Fatal(err)
	}
	if in := bornIn(t, -1); strings.Contains(in, name) {
		t.Errorf("after leaving, born in %s", in)
	}
}

// TestOpen: the version 2 hierarchy takes a process at its birth, controllers
// or none.
func TestOpen(t *testing.T) {
	mounts, err := mounted("/proc/self/mountinfo")
	if err != nil || mounts[""] == "" {
		t.Skipf("no version 2 hierarchy is mounted here: %v", err)
	}
	own, err := self("/proc/self/cgroup")
	if err != nil {
		t.Fatal(err)
	}
	parent, ok := below(mounts[""], own[""])
	if !ok || !writable(parent) {
		t.Skipf("no group can be made in %s by this user", parent)
	}
	g := newGroup(t, Place{Version: 2, Dirs: map[string]string{Pids: parent}})
	fd, err := g.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if leave, err := g.Enter(); err != nil || leave() != nil {
		t.Error("a thread cannot be moved on version 2, and need not")
	}
	if in := bornIn(t, fd); !strings.Contains(in, filepath.Base(g.Dirs()[0])) {
		t.Errorf("born in %s", in)
	}
}

// bornIn starts a process and tells where it is.
func bornIn(t *testing.T, fd int) string {
	t.Helper()
	cmd := exec.Command("/proc/self/exe", "fork")
	cmd.SysProcAttr = &syscall.SysProcAttr{UseCgroupFD: fd > 0, CgroupFD: fd}
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	in, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", cmd.Process.Pid))
	if err != nil {
		t.Error(err)
	}
	return string(in)
}
