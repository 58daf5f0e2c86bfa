package native

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ringwall/internal/backend"
	"ringwall/internal/evidence"
	"ringwall/internal/kernel/cgroup"
	"ringwall/internal/kernel/launch"
	"ringwall/internal/kernel/namespace"
	"ringwall/internal/plan"
)

// TestPaths: parents become pins, outer before inner, and what lies in a
// frozen folder needs nothing of its own.
func TestPaths(t *testing.T) {
	ops := map[string]launch.Step{
		"a/b/c": {Op: launch.Freeze}, ".git/hooks": {Op: launch.Freeze}, ".git/hooks/pre-commit": {Op: launch.Freeze},
		".git/config": {Op: launch.Freeze}, "new": {Op: launch.Absent}, "new/inner": {Op: launch.Absent}, "x": {Op: launch.Mask},
	}
	got := strings.Join(paths(ops), " ")
	if want := ".git a new x .git/config .git/hooks a/b a/b/c"; got != want {
		t.Errorf("paths = %s, want %s", got, want)
	}
	for _, p := range []string{".git", "a", "a/b"} {
		if ops[p].Op != launch.Pin {
			t.Errorf("%s is not pinned", p)
		}
	}
}

func TestTally(t *testing.T) {
	var events []*evidence.Refused
	n := newTally(func(e *evidence.Refused) error { events = append(events, e); return nil })
	for i := range 3 * maxDistinct {
		for range 2 {
			n.add(&evidence.Refused{Control: "c", What: "attempt " + itoa(i)})
		}
	}
	if len(events) > maxDistinct+1 {
		t.Errorf("%d events before the end", len(events))
	}
	n.flush()
	sum := 0
	for _, e := range events {
		sum += e.Count
	}
	if sum != 6*maxDistinct || len(events) > 2*maxDistinct+2 {
		t.Errorf("%d attempts in %d events, want %d", sum, len(events), 6*maxDistinct)
	}
	broken := newTally(func(*evidence.Refused) error { return errors.New("full") })
	if broken.add(&evidence.Refused{}) == nil {
		t.Error("what was not recorded counts as recorded")
	}
}

func TestWritten(t *testing.T) {
	outside := t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "big"), make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Symlink(outside, filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	if u := written(dir, bounds{1 << 30, 1 << 30}); u.bytes >= 1<<20 || u.files != 1 || u.unknown {
		t.Errorf("a link was followed: %+v", u)
	}
	if u := written(filepath.Join(dir, "link"), bounds{1 << 30, 1 << 30}); u.bytes != 0 || !u.unknown {
		t.Errorf("a link in the folder's own place was followed: %+v", u)
	}
	sparse, err := os.Create(filepath.Join(dir, "sparse"))
	if err != nil {
		t.Fatal(err)
	}
	defer sparse.Close()
	if err := sparse.Truncate(1 << 40); err != nil {
		t.Fatal(err)
	}
	if u := written(dir, bounds{1 << 30, 1 << 30}); u.bytes > 1<<20 || u.files != 2 {
		t.Errorf("a hole was counted: %+v", u)
	}
	if u := written(dir, bounds{}); u.files > 1 {
		t.Errorf("more was counted than is enough to know: %+v", u)
	}
	deep := dir
	for range maxNested + 5 {
		deep = filepath.Join(deep, "d")
		if err := os.Mkdir(deep, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if u := written(dir, bounds{1 << 30, 1 << 30}); !u.unknown {
		t.Errorf("a folder nested beyond all measure is taken for known: %+v", u)
	}
}

// TestConclude: a boundary that is lost without our doing is a failure, and a
// failure message never becomes an exit code.
func TestConclude(t *testing.T) {
	for _, c := range []struct {
		name   string
		reason string
		end    ended
		want   backend.Result
		failed bool
	}{
		{"exit 3", backend.Exited, ended{status: 3 << 8}, backend.Result{Reason: backend.Exited, ExitCode: 3}, false},
		{"signal 9", backend.Exited, ended{status: 9}, backend.Result{Reason: backend.Exited, ExitCode: 137, Signal: "SIGKILL"}, false},
		{"lost", backend.Exited, ended{err: namespace.ErrLost}, backend.Result{Reason: backend.Lost}, true},
		{"killed by us", backend.TimedOut, ended{err: namespace.ErrLost}, backend.Result{Reason: backend.TimedOut, ExitCode: 137, Signal: "SIGKILL"}, false},
		{"not started", backend.Exited, ended{err: &namespace.Failure{What: "start", Errno: unix.ENOENT}}, backend.Result{Reason: backend.Exited}, true},
	} {
		res := backend.Result{Reason: c.reason}
		err := conclude(&res, c.end)
		if res != c.want || (err != nil) != c.failed {
			t.Errorf("%s: %+v, %v", c.name, res, err)
		}
	}
}

// TestWholeGroupEnded: with memory.oom.group the first process goes too; that
// is the limit at work, and no lost boundary.
func TestWholeGroupEnded(t *testing.T) {
	dir := t.TempDir()
	g, err := cgroup.Place{Version: 2, Dirs: map[string]string{cgroup.Memory: dir}}.Create("g")
	if err != nil {
		t.Fatal(err)
	}
	for events, want := range map[string]string{"oom 1\noom_kill 2\n": backend.OverMemory, "oom 0\noom_kill 0\n": backend.Exited} {
		if err := os.WriteFile(filepath.Join(g.Dirs()[0], "memory.events"), []byte(events), 0o600); err != nil {
			t.Fatal(err)
		}
		r := &run{native: &Native{}, group: g, stop: make(chan string, 1), recorder: new(evidence.Memory)}
		if err := r.openGateway(); err != nil {
			t.Fatal(err)
		}
		defer r.gateway.Close()
		done := make(chan ended, 1)
		done <- ended{err: namespace.ErrLost}
		if reason, _ := r.wait(t.Context(), done); reason != want {
			t.Errorf("%q: %s, want %s", events, reason, want)
		}
	}
}

// TestHaltNeverWaits: a crowd of reasons must not hold up who gives them.
func TestHaltNeverWaits(t *testing.T) {
	r := &run{stop: make(chan string, 2)}
	for range 10 {
		r.halt(backend.Lost)
	}
	if got := r.exited(); got != backend.Lost {
		t.Errorf("a lost boundary is passed off as %s", got)
	}
	if got := (&run{stop: make(chan string, 2)}).exited(); got != backend.Exited {
		t.Errorf("an ordinary end is passed off as %s", got)
	}
}

func TestFrozenAttempts(t *testing.T) {
	p := plan.Plan{Project: "/p", Controls: []plan.Control{
		{ID: "g1", Want: plan.Op{Guardrail: &plan.Guardrail{Path: "a/b/CLAUDE.md", Present: true}}},
		{ID: "g2", Want: plan.Op{Guardrail: &plan.Guardrail{Path: ".git/hooks", Dir: true}}},
	}}
	f := newFrozen(p)
	for _, c := range []struct{ call, path, control string }{
		{"openat", "/p/a/b/CLAUDE.md", "g1"}, {"openat", "/p/.git/hooks/x", "g2"}, {"renameat2", "/p/a", "g1"}, {"renameat2", "/p/a/b", "g1"},
		{"openat", "/p/a", ""}, {"openat", "/p/a/b/CLAUDE.md2", ""}, {"openat", "/q/a/b/CLAUDE.md", ""}, {"renameat2", "/p", ""}, {"openat", "", ""}, {"openat", "/", ""},
	} {
		got := f.attempt(c.call, c.path)
		if (got != nil) != (c.control != "") || got != nil && got.Control != c.control {
			t.Errorf("%s %s: %+v, want %q", c.call, c.path, got, c.control)
		}
	}
}

func TestSocketAddress(t *testing.T) {
	for _, b := range [][]byte{{}, {2}, {2, 0}, {2, 0, 1}, {2, 0, 1, 187, 1, 2, 3}, {10, 0, 0, 80, 0, 0, 0, 0}, {1, 0, 1, 1, 1, 1, 1, 1}} {
		if a, _, ok := socketAddress(b); ok {
			t.Errorf("%v is read as %s", b, a)
		}
	}
	if a, port, ok := socketAddress([]byte{2, 0, 1, 187, 192, 0, 2, 1}); !ok || a.String() != "192.0.2.1" || port != 443 {
		t.Errorf("%s %d %v", a, port, ok)
	}
}

// FuzzConnection: what a caller passes as an address is whatever it likes.
func FuzzConnection(f *testing.F) {
	f.Add([]byte{2, 0, 1})
	f.Add([]byte{1, 0, '/', 'v', 'a', 'r', '/', 'd', 'o', 'c', 'k', 'e', 'r', '.', 's', 'o', 'c', 'k'})
	f.Add([]byte{2, 0, 1, 187, 192, 0, 2, 1})
	f.Add(make([]byte, 28))
	o := &observer{run: &run{}}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) >= 3 {
			unixAttempt(b[2:])
			o.inetAttempt(b)
		}
	})
}

// TestNoPriority: with a limit on CPU, no process may ask for a scheduler or a
// priority that comes before others', whatever the owner's session may.
func TestNoPriority(t *testing.T) {
	tr := &translation{spec: new(launch.Spec)}
	tr.limit(&plan.Limit{Resource: "cpu", Value: 1000, By: "cgroup v2 cpu"})
	for _, want := range []launch.Rlimit{{Resource: unix.RLIMIT_RTPRIO}, {Resource: unix.RLIMIT_NICE}} {
		if !slices.Contains(tr.spec.Rlimits, want) {
			t.Errorf("the limit %+v is not set: %+v", want, tr.spec.Rlimits)
		}
	}
}

// TestRemoved reads lines of a process's maps as the kernel writes them.
func TestRemoved(t *testing.T) {
	for line, want := range map[string]bool{
		"7f-80 r--s 00000000 00:4b 1180 /p/with blank (deleted)\n":  true,
		"7f-80 r--s 00000000 00:4b 1180      /p/#1180 (deleted)\n":  true,
		"7f-80 r--s 00000000 00:4b 1180 /p/there\n":                 false,
		"7f-80 r--s 00000000 00:4b 1180 /pq/other (deleted)\n":      false,
		"7f-80 rw-s 00000000 00:01 2056 /memfd:x (deleted)\n":       false,
		"7f-80 rw-s 00000000 00:01 2056 /dev/zero (deleted)\n":      false,
		"7f-80 rw-p 00000000 00:00 0 \n":                            false,
		"":                                                          false,
		"7f-80 r--s 00000000 00:4b 1180 /p/a (deleted)/b (deleted)": true,
	} {
		if got := removed(line, "/p"); got != want {
			t.Errorf("%q: %v", line, got)
		}
	}
}

// TestPassedWhileStopped: a first process that ended the run when the time was
// over, because this process was stopped, is the limit at work.
func TestPassedWhileStopped(t *testing.T) {
	r := &run{native: &Native{}, recorder: new(evidence.Memory)}
	over, not := make(chan time.Time, 1), make(chan time.Time)
	over <- time.Now()
	for _, c := range []struct {
		end      ended
		deadline chan time.Time
		want     string
	}{
		{ended{err: namespace.ErrLost}, over, backend.TimedOut}, {ended{err: namespace.ErrLost}, not, backend.Exited}, {ended{}, over, backend.Exited},
	} {
		if got := r.byItself(c.end, c.deadline); got != c.want {
			t.Errorf("%+v: %s, want %s", c.end, got, c.want)
		}
	}
}
