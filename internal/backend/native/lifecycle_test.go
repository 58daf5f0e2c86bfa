package native

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ringwall/internal/backend"
	"ringwall/internal/backend/backendtest"
	"ringwall/internal/evidence"
	"ringwall/internal/plan"
)

// order is what a supervisor in a process of its own is told.
type order struct {
	Job    backendtest.Job
	Plan   plan.Plan
	Greedy bool // it takes memory until the kernel ends it
}

// eat takes memory, and touches it.
func eat() {
	for {
		b := make([]byte, 1<<20)
		for i := 0; i < len(b); i += 4096 {
			b[i] = 1
		}
		eaten = append(eaten, b)
	}
}

var eaten [][]byte

// superviseFor is the supervisor that a test kills.
func superviseFor(args []string) int {
	var o order
	data, err := os.ReadFile(args[0])
	if err == nil {
		err = json.Unmarshal(data, &o)
	}
	if o.Greedy {
		time.AfterFunc(300*time.Millisecond, eat)
	}
	var res backend.Result
	if err == nil {
		res, err = backendOf(o.Job).Run(context.Background(), o.Plan, new(evidence.Memory))
	}
	if err == nil {
		err = os.WriteFile(args[0]+".reason", []byte(res.Reason), 0o600)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// TestKilledSupervisor: however the supervisor ends, nothing of the run is
// left: no process, no mount, no control group.
func TestKilledSupervisor(t *testing.T) {
	tg := target(t)
	adoptOrphans(t)
	mounts := read(t, "/proc/self/mountinfo")
	for i := range 12 {
		b := backendtest.NewBox(t, tg)
		b.Add("network.gateway", plan.Op{Gateway: &plan.Gateway{Mode: "allowlist", Ports: []int{443}}})
		b.Plan.Command = []string{backendtest.Program, "attack", "daemon:daemon", "file:alive"}
		name := fmt.Sprintf("ringwall-test-kill-%d-%d", os.Getpid(), i)
		cmd := supervisor(t, b, name)
		alive := filepath.Join(b.IterDir, "upper", "alive")
		if i < 4 { // while the command runs; else, at any moment of the start
			await(t, alive)
			emptyEnvironments(t, cmd.Process.Pid)
		} else {
			time.Sleep(time.Duration(rand.IntN(40)) * time.Millisecond)
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		cmd.Wait()
		allGone(t)
		for _, dir := range tg.Host.Cgroups.Dirs {
			if left, _ := filepath.Glob(filepath.Join(dir, name)); len(left) > 0 {
				t.Errorf("left %v", left)
			}
		}
		if now := read(t, "/proc/self/mountinfo"); now != mounts {
			t.Errorf("the mounts of the host changed:\n%s\n%s", mounts, now)
		}
		quiet(t, filepath.Join(b.IterDir, "upper", "daemon"))
		if left, _ := os.ReadDir(b.Project); len(left) > 0 {
			t.Errorf("left in the project: %v", left)
		}
	}
}

// emptyEnvironments: what ringwall itself starts inherits none of the variables
// of its caller, in which credentials are.
func emptyEnvironments(t *testing.T, supervisor int) {
	t.Helper()
	if os.Getuid() != 0 {
		return // they are hidden even from their own user
	}
	seen := 0
	for _, pid := range descendants(supervisor) {
		if strings.HasPrefix(read(t, fmt.Sprintf("/proc/%d/cmdline", pid)), "ringwall-init") {
			seen++
			if env := read(t, fmt.Sprintf("/proc/%d/environ", pid)); env != "" {
				t.Errorf("%d has the environment %q", pid, env)
			}
		}
	}
	if seen == 0 {
		t.Error("there is no first process")
	}
}

func supervisor(t *testing.T, b *backendtest.Box, name string) *exec.Cmd {
	t.Helper()
	cmd, _ := ordered(t, order{Plan: b.Plan, Job: job(b, name)})
	return cmd
}

func job(b *backendtest.Box, name string) backendtest.Job {
	return backendtest.Job{Host: b.Target.Host, Name: name, IterDir: b.IterDir, Owner: [2]int{os.Getuid(), os.Getgid()}}
}

// ordered starts a supervisor in a process of its own, and names the file that
// will hold the reason for the end.
func ordered(t *testing.T, o order) (*exec.Cmd, string) {
	t.Helper()
	data, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "order.json")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/proc/self/exe", "supervise", file)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, file + ".reason"
}

// adoptOrphans makes this process the parent of what a killed one leaves.
func adoptOrphans(t *testing.T) {
	t.Helper()
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0) })
}

// allGone waits until every orphan has ended.
func allGone(t *testing.T) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		left := descendants(os.Getpid())[1:]
		if len(left) == 0 {
			return
		}
		for _, pid := range left {
			syscall.Wait4(pid, nil, syscall.WNOHANG, nil)
		}
		if time.Now().After(end) {
			for _, pid := range left {
				t.Errorf("%d is left: %q", pid, read(t, fmt.Sprintf("/proc/%d/cmdline", pid)))
				unix.Kill(pid, unix.SIGKILL)
			}
			return
		}
	}
}

func await(t *testing.T, path string) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if _, err := os.Stat(path); err == nil {
			return
		}
	}
	t.Fatalf("%s never came", path)
}

// quiet fails the test if a file still grows.
func quiet(t *testing.T, path string) {
	t.Helper()
	before, err := os.Stat(path)
	if err != nil {
		return
	}
	time.Sleep(120 * time.Millisecond)
	if after, err := os.Stat(path); err != nil || after.Size() != before.Size() {
		t.Errorf("%s grew after the end: %v", path, err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(data)
}

// TestNothingIsLeft: the same after ends of every ordinary kind.
func TestNothingIsLeft(t *testing.T) {
	tg := target(t)
	adoptOrphans(t)
	mounts, fds := read(t, "/proc/self/mountinfo"), open(t)
	for _, argv := range [][]string{
		{backendtest.Program, "attack", "daemon:d", "exit:3"}, {"/nonexistent"},
		{"/bin/sh", "-c", "kill -9 $$"},
	} {
		b := backendtest.NewBox(t, tg)
		b.Command(argv...)
		allGone(t)
	}
	broken := backendtest.NewBox(t, tg).Show("/nonexistent/x", "/x", false)
	broken.Command("/bin/true")
	allGone(t)
	if now := read(t, "/proc/self/mountinfo"); now != mounts {
		t.Errorf("the mounts of the host changed:\n%s\n%s", mounts, now)
	}
	for _, dir := range tg.Host.Cgroups.Dirs {
		left, _ := filepath.Glob(filepath.Join(dir, fmt.Sprintf("ringwall-test-%d-*", os.Getpid())))
		if len(left) > 0 {
			t.Errorf("left %v", left)
		}
	}
	if now := open(t); now > fds {
		t.Errorf("%d descriptors are open, %d were:\n%s", now, fds, strings.Join(list(t), "\n"))
	}
}

func list(t *testing.T) []string {
	t.Helper()
	links, _ := filepath.Glob("/proc/self/fd/*")
	for i, l := range links {
		to, _ := os.Readlink(l)
		links[i] = l + " " + to
	}
	return links
}

func open(t *testing.T) int {
	t.Helper()
	n := 0
	for _, l := range list(t) {
		if !strings.Contains(l, "anon_inode:[event") && !strings.Contains(l, "pidfd") {
			n++
		}
	}
	return n
}
