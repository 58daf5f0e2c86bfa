package keeper

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestMain: the test binary is also the process that is killed.
func TestMain(m *testing.M) {
	if dir := os.Getenv("RINGWALL_TEST_KEEP"); dir != "" {
		k, err := Start(0, filepath.Join(dir, "a", "b"), filepath.Join(dir, "a"), filepath.Join(dir, "full"))
		fmt.Println(k.PID, err)
		time.Sleep(time.Hour)
	}
	os.Exit(m.Run())
}

// folders are what the keeper removes, and what it must leave.
func folders(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, d := range []string{"a/b", "full/of", "other"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func is(t *testing.T, want bool, path ...string) {
	t.Helper()
	if _, err := os.Lstat(filepath.Join(path...)); (err == nil) != want {
		t.Errorf("%s: %v, want it there: %v", filepath.Join(path...), err, want)
	}
}

func TestDismiss(t *testing.T) {
	dir := folders(t)
	k, err := Start(0, filepath.Join(dir, "a", "b"), filepath.Join(dir, "a"), filepath.Join(dir, "none"))
	if err != nil {
		t.Fatal(err)
	}
	is(t, true, dir, "a/b")
	if err := k.Dismiss(); err != nil {
		t.Fatal(err)
	}
	is(t, false, dir, "a")
	is(t, true, dir, "other")
	if err := unix.Kill(k.PID, 0); err != unix.ESRCH {
		t.Errorf("the process is still there: %v", err)
	}
}

// TestOutlives: the keeper does its work when its maker is killed, together
// with all of its process group; not before; and what is in the way of one
// directory does not keep it from ending.
func TestOutlives(t *testing.T) {
	dir := folders(t)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "RINGWALL_TEST_KEEP="+dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || !strings.HasSuffix(line, "<nil>\n") {
		t.Fatalf("%q %v", line, err)
	}
	pid, _ := strconv.Atoi(strings.Fields(line)[0])
	holdsOnlyItsEnd(t, pid)
	is(t, true, dir, "a/b")
	unix.Kill(-cmd.Process.Pid, unix.SIGKILL)
	cmd.Wait()
	for end := time.Now().Add(5 * time.Second); unix.Kill(pid, 0) == nil && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	is(t, false, dir, "a")
	is(t, true, dir, "full/of")
}

// holdsOnlyItsEnd: a descriptor that the keeper held on to would keep a lock or
// somebody's pipe alive.
func holdsOnlyItsEnd(t *testing.T, pid int) {
	t.Helper()
	var fds []os.DirEntry
	for end := time.Now().Add(5 * time.Second); len(fds) != 1 && time.Now().Before(end); time.Sleep(time.Millisecond) {
		fds, _ = os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	}
	if len(fds) != 1 {
		t.Errorf("it holds %d descriptors, not one: %v", len(fds), fds)
	}
}

// TestSurvivesSignals: what ends a program, or runs a handler of Go's, does
// nothing to a keeper.
func TestSurvivesSignals(t *testing.T) {
	k, err := Start(0)
	if err != nil {
		t.Fatal(err)
	}
	for s := syscall.Signal(1); s < 65; s++ {
		if s != unix.SIGKILL && s != unix.SIGSTOP {
			unix.Kill(k.PID, s)
		}
	}
	time.Sleep(10 * time.Millisecond)
	if err := unix.Kill(k.PID, 0); err != nil {
		t.Errorf("it is gone: %v", err)
	}
	var status unix.WaitStatus
	if pid, err := unix.Wait4(k.PID, &status, unix.WNOHANG, nil); pid != 0 || err != nil {
		t.Errorf("it has ended: %d %v %v", pid, status, err)
	}
	if err := k.Dismiss(); err != nil {
		t.Error(err)
	}
}

func BenchmarkKeeper(b *testing.B) {
	for b.Loop() {
		k, err := Start(0)
		if err != nil {
			b.Fatal(err)
		}
		if err := k.Dismiss(); err != nil {
			b.Fatal(err)
		}
	}
}
