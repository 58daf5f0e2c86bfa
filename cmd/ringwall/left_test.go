//go:build linux

package main_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// patience is how long the kernel and the janitor get to end what a run had.
// It only bounds a failing test.
const patience = 10 * time.Second

// leftAfter waits until nothing of the script is left and returns what still is
// when the time is over.
func (r rig) leftAfter(limit time.Duration) []string {
	for end := time.Now().Add(limit); ; time.Sleep(5 * time.Millisecond) {
		left := r.left()
		if len(left) == 0 || time.Now().After(end) {
			return left
		}
	}
}

// left lists what there is of the script's runs: processes, mounts, control
// groups, sockets, locks, and files of ringwall's own in the projects.
func (r rig) left() []string {
	runs := r.runs()
	out := r.processes(runs)
	for _, file := range []string{"/proc/self/mountinfo", "/proc/net/unix"} {
		out = append(out, r.mentioned(file)...)
	}
	return append(append(append(out, groups(runs)...), r.locks()...), r.stray()...)
}

// runs are the names of the runs that the script has made.
func (r rig) runs() []string {
	paths, _ := filepath.Glob(filepath.Join(r.state(), "ringwall/runs/*"))
	for i, p := range paths {
		paths[i] = "ringwall-" + filepath.Base(p)
	}
	return paths
}

// processes finds those outside by the mark in their environment, the janitors
// by the run in their arguments, and those inside by the project in their
// mounts. A supervisor that lets nobody look into it holds a lock.
func (r rig) processes(runs []string) []string {
	var out []string
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range dirs {
		if dir == fmt.Sprintf("/proc/%d", os.Getpid()) {
			continue
		}
		cmdline := read(dir + "/cmdline")
		if r.owns(dir, cmdline, runs) {
			out = append(out, "process "+filepath.Base(dir)+": "+strings.ReplaceAll(cmdline, "\x00", " "))
		}
	}
	return out
}

func (r rig) owns(dir, cmdline string, runs []string) bool {
	for _, run := range runs {
		if strings.Contains(cmdline, run) {
			return true
		}
	}
	return strings.Contains(read(dir+"/environ"), markName+"="+r.mark) ||
		strings.Contains(read(dir+"/mountinfo"), r.work+"/")
}

func read(path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return "" // gone meanwhile, or another user's
	}
	return string(b)
}

// mentioned lists the lines of a file that name the script's folder.
func (r rig) mentioned(file string) []string {
	var out []string
	for line := range bytes.Lines([]byte(read(file))) {
		if bytes.Contains(line, []byte(r.work+"/")) {
			out = append(out, file+": "+string(bytes.TrimSpace(line)))
		}
	}
	return out
}

// groups lists the control groups of the runs.
func groups(runs []string) []string {
	var out []string
	filepath.WalkDir("/sys/fs/cgroup", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return nil
		}
		for _, run := range runs {
			if d.Name() == run {
				out = append(out, "control group "+path)
			}
		}
		return nil
	})
	return out
}

// locks lists the projects that a ringwall still works on.
func (r rig) locks() []string {
	var out []string
	paths, _ := filepath.Glob(filepath.Join(r.state(), "ringwall/projects/*/lock"))
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			continue
		}
		if unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) != nil {
			out = append(out, "lock "+path)
		}
		f.Close()
	}
	return out
}

// stray lists files of ringwall's own outside its state directory, and what an
// overlay's marks would be.
func (r rig) stray() []string {
	var out []string
	filepath.WalkDir(r.work, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return nil
		case path == r.state():
			return fs.SkipDir
		case strings.HasPrefix(d.Name(), ".ringwall-"), d.Type()&fs.ModeCharDevice != 0:
			out = append(out, "file "+path)
		}
		return nil
	})
	return out
}

func lines(all []string) string { return "  " + strings.Join(all, "\n  ") }

// TestWhatIsLeftIsSeen: while a loop goes on, the check that every script ends
// with sees its processes, its lock, and as root its control groups. When the
// supervisor is killed they are gone, though the agent would have gone on.
func TestWhatIsLeftIsSeen(t *testing.T) {
	k := newKiller(t)
	k.write("agent.sh", "sleep 600 &\necho ready >ready\nwait\n")
	cmd := k.program("ringwall", "loop")
	k.must(cmd.Start())
	defer cmd.Process.Kill()
	if !waitFor(filepath.Join(k.state(), "ringwall/runs/*/iterations/1/upper/ready")) {
		t.Fatal("the agent did not start")
	}
	left := lines(k.left())
	wanted := []string{": ringwall-init", ": sh agent.sh", ": sleep 600", "lock "}
	if os.Getuid() == 0 {
		wanted = append(wanted, ": ringwall loop", "control group ")
	}
	for _, want := range wanted {
		if !strings.Contains(strings.ReplaceAll(left, "/usr/bin/sh", "sh"), want) {
			t.Errorf("%q is not in what is left:\n%s", want, left)
		}
	}
	k.write("dir0/.ringwall-x", "")
	if stray := k.stray(); len(stray) != 1 {
		t.Errorf("stray files: %q", stray)
	}
	if ports := ports(cmd.Process.Pid); len(ports) > 0 {
		t.Errorf("the supervisor listens on this machine: %q", ports)
	}
	k.must(cmd.Process.Kill())
	cmd.Wait()
	if left := k.leftOutside(patience); len(left) > 0 {
		t.Errorf("left behind:\n%s", lines(left))
	}
}

// ports lists the TCP sockets on which a process listens in the network that
// everybody shares. Only root can look into a supervisor; for others there are
// none.
func ports(pid int) []string {
	fds, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	open := map[string]bool{}
	for _, fd := range fds {
		if target, err := os.Readlink(fd); err == nil {
			open[target] = true
		}
	}
	var out []string
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		for line := range strings.Lines(read(table)) {
			const local, state, listening, inode = 1, 3, "0A", 9
			if f := strings.Fields(line); len(f) > inode && f[state] == listening && open["socket:["+f[inode]+"]"] {
				out = append(out, f[local])
			}
		}
	}
	return out
}

// TestPortsAreSeen: the look at a process's ports finds one that is there.
func TestPortsAreSeen(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if got := ports(os.Getpid()); len(got) != 1 {
		t.Errorf("found %q while one port is open", got)
	}
}
