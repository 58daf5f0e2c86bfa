package native

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ringwall/internal/backend"
	"ringwall/internal/backend/backendtest"
)

// going starts a supervisor whose run leaves a daemon and goes on, and waits
// until both are there.
func going(t *testing.T, change func(*order)) (cmd *exec.Cmd, reason, daemon string) {
	t.Helper()
	b := backendtest.NewBox(t, target(t))
	b.Plan.Command = []string{backendtest.Program, "attack", "daemon:daemon", "file:alive"}
	o := order{Plan: b.Plan, Job: job(b, fmt.Sprintf("ringwall-test-end-%d-%d", os.Getpid(), time.Now().UnixNano()))}
	if change != nil {
		change(&o)
	}
	cmd, reason = ordered(t, o)
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	await(t, filepath.Join(b.IterDir, "upper", "alive"))
	daemon = filepath.Join(b.IterDir, "upper", "daemon")
	await(t, daemon)
	return cmd, reason, daemon
}

// TestSupervisorGone: however the supervisor goes, all of the run is gone within
// a second: the daemon too that has left its session and ignores signals.
func TestSupervisorGone(t *testing.T) {
	adoptOrphans(t)
	for name, end := range map[string]func(*exec.Cmd){
		"killed":              func(c *exec.Cmd) { c.Process.Kill() },
		"terminated":          func(c *exec.Cmd) { c.Process.Signal(unix.SIGTERM) },
		"hung up":             func(c *exec.Cmd) { c.Process.Signal(unix.SIGHUP) },
		"stopped, and killed": func(c *exec.Cmd) { c.Process.Signal(unix.SIGSTOP); c.Process.Kill() },
	} {
		t.Run(name, func(t *testing.T) {
			cmd, _, daemon := going(t, nil)
			end(cmd)
			began := time.Now()
			cmd.Wait()
			allGone(t)
			if took := time.Since(began); took > time.Second {
				t.Errorf("it took %s until all was gone", took)
			}
			quiet(t, daemon)
		})
	}
}

// TestSupervisorOutOfMemory: the kernel ends the supervisor for lack of memory,
// and with it the run, which has memory of its own.
func TestSupervisorOutOfMemory(t *testing.T) {
	tg := target(t)
	parent := tg.Host.Cgroups.Dirs["memory"]
	if parent == "" || tg.Host.Cgroups.Version != 1 {
		t.Skip("needs a version 1 memory controller that is delegated to this user")
	}
	adoptOrphans(t)
	dir := filepath.Join(parent, fmt.Sprintf("ringwall-test-oom-%d", os.Getpid()))
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Remove(dir) })
	name := ""
	cmd, _, daemon := going(t, func(o *order) { o.Greedy, name = true, o.Job.Name })
	// The keeper shares the supervisor's memory, and the kernel ends it too: the
	// group stays, and has to be empty.
	t.Cleanup(func() {
		for _, parent := range tg.Host.Cgroups.Dirs {
			if err := os.Remove(filepath.Join(parent, name)); err != nil && !os.IsNotExist(err) {
				t.Error(err)
			}
		}
	})
	put(t, filepath.Join(dir, "memory.limit_in_bytes"), "67108864")
	put(t, filepath.Join(dir, "cgroup.procs"), strconv.Itoa(cmd.Process.Pid))
	cmd.Wait()
	began := time.Now()
	allGone(t)
	if took := time.Since(began); took > time.Second {
		t.Errorf("it took %s until all was gone", took)
	}
	if s := cmd.ProcessState.String(); !strings.Contains(s, "killed") {
		t.Errorf("the supervisor ended with %s", s)
	}
	quiet(t, daemon)
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestStoppedSupervisor: one that was stopped goes on where it was. What fell
// due meanwhile happens at once: the time does not begin again.
func TestStoppedSupervisor(t *testing.T) {
	adoptOrphans(t)
	cmd, reason, _ := going(t, func(o *order) { limitTo(o, "time", 2) })
	cmd.Process.Signal(unix.SIGSTOP)
	time.Sleep(2500 * time.Millisecond)
	cmd.Process.Signal(unix.SIGCONT)
	began := time.Now()
	cmd.Wait()
	if took := time.Since(began); took > grace+time.Second {
		t.Errorf("it took %s to end after it went on", took)
	}
	if got := read(t, reason); got != backend.TimedOut {
		t.Errorf("it ended for the reason %q", got)
	}
	allGone(t)
}

// TestEndsWithoutSupervisor: a sandbox whose supervisor is stopped, and stays
// so, ends by itself some seconds after its time.
func TestEndsWithoutSupervisor(t *testing.T) {
	adoptOrphans(t)
	cmd, _, _ := going(t, func(o *order) { limitTo(o, "time", 1) })
	cmd.Process.Signal(unix.SIGSTOP)
	alive := func() int { // the supervisor's child is the first process
		n := 0
		for _, pid := range descendants(cmd.Process.Pid) {
			if status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid)); err == nil && strings.Contains(string(status), "NSpid:\t"+strconv.Itoa(pid)+"\t") &&
				!strings.Contains(string(status), "State:\tZ") {
				n++
			}
		}
		return n
	}
	if alive() == 0 {
		t.Error("nothing ran before the time was over")
	}
	for end := time.Now().Add((1 + overtime + 5) * time.Second); alive() > 0 && time.Now().Before(end); {
		time.Sleep(100 * time.Millisecond)
	}
	if n := alive(); n > 0 {
		t.Errorf("%d processes go on although nobody supervises them", n)
	}
	cmd.Process.Signal(unix.SIGCONT)
	cmd.Wait()
	allGone(t)
}

func limitTo(o *order, resource string, value int64) {
	for i, c := range o.Plan.Controls {
		if l := c.Want.Limit; l != nil && l.Resource == resource {
			changed := *l
			changed.Value = value
			o.Plan.Controls[i].Want.Limit = &changed
		}
	}
}

// TestFirstProcessKilled: somebody outside ends the first process. The run is
// lost, and says so; nothing that it had started goes on.
func TestFirstProcessKilled(t *testing.T) {
	adoptOrphans(t)
	cmd, reason, daemon := going(t, nil)
	first := 0
	for _, pid := range descendants(cmd.Process.Pid) {
		if status := read(t, fmt.Sprintf("/proc/%d/status", pid)); strings.Contains(status, "NSpid:\t"+strconv.Itoa(pid)+"\t1\n") {
			first = pid
		}
	}
	if first == 0 {
		t.Fatal("there is no first process")
	}
	if err := unix.Kill(first, unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Errorf("the supervisor took it for an ordinary end: %q", read(t, reason))
	}
	allGone(t)
	quiet(t, daemon)
}

// TestTwoAtOnce: two runs with stages of their own do not meet: each is process
// 2 of its own world, and the end of one is not the end of the other.
func TestTwoAtOnce(t *testing.T) {
	adoptOrphans(t)
	first, _, _ := going(t, nil)
	second, _, daemon := going(t, nil)
	first.Process.Kill()
	first.Wait()
	before, err := os.Stat(daemon)
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(300 * time.Millisecond)
	if after, err := os.Stat(daemon); err != nil || after.Size() <= before.Size() {
		t.Errorf("the second run stopped with the first: %v", err)
	}
	second.Process.Kill()
	second.Wait()
	allGone(t)
}

// TestNothingStays: what a run plants outside the project is not there in the
// next one: no process, no file of the home, of /tmp or /dev/shm.
func TestNothingStays(t *testing.T) {
	tg := target(t)
	b := backendtest.NewBox(t, tg)
	plant := []string{"create:/home/agent/.bashrc", "mkdir:/home/agent/bin", "create:/tmp/planted", "create:/dev/shm/planted"}
	want := map[string]string{"daemon:daemon": "ok"}
	for _, p := range plant {
		want[p] = "ok"
	}
	b.Expect(b.Attack(append(plant, "daemon:daemon")...), want)
	r := b.Attack(append(plant, "processes")...)
	delete(want, "daemon:daemon")
	b.Expect(r, want)
	if pids := strings.Fields(r.Report("processes").Value); len(pids) != 2 {
		t.Errorf("the processes inside are %v, want the first one and the attacker", pids)
	}
}
