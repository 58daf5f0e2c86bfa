package backendtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"ringwall/internal/backend"
	"ringwall/internal/evidence"
)

func testForks(t *testing.T, target Target) {
	b := NewBox(t, target)
	r := b.Attack("forks:400")
	b.Expect(r, map[string]string{"forks:400": "EAGAIN"})
	if n, _ := strconv.Atoi(r.Report("forks:400").Value); n < 20 || n > 96 {
		t.Errorf("%d processes could be started, the limit is 96", n)
	}
	if err := exec.Command("/bin/true").Run(); err != nil {
		t.Errorf("the host cannot fork: %v", err)
	}
	wide := NewBox(t, target).Limit("pids", 1000)
	wide.Expect(wide.Attack("forks:400"), map[string]string{"forks:400": "ok"})
}

// testMemory: what takes more than its share ends, one way or the other: the
// kernel ends it, refuses it more, or the watch ends the run.
func testMemory(t *testing.T, target Target) {
	const limit, asked = 192 << 20, "1073741824"
	for _, kind := range []string{"memory:", "shared:", "memfd:"} {
		b := NewBox(t, target).Limit("memory", limit)
		r := b.Attack(kind + asked)
		rep := r.Report(kind + asked)
		killed := r.ExitCode == 137 && (r.Reason == backend.Exited || r.Reason == backend.OverMemory)
		refused := rep.Errno == "ENOMEM"
		if r.Err != nil || !killed && !refused && r.Reason != backend.OverMemory {
			t.Errorf("%s: %+v, %v, %+v", kind, r.Result, r.Err, rep)
		}
		wide := NewBox(t, target).Limit("memory", 1<<31)
		small := kind + "268435456"
		wide.Expect(wide.Attack(small), map[string]string{small: "ok"})
	}
}

// testDisk: a file that grows, one without a name, one that lies too deep for a
// path, and a flood of empty ones all count.
func testDisk(t *testing.T, target Target) {
	const limit = 48 << 20
	for _, attempt := range []string{"fill:big|402653184", "fill-hidden:big|402653184", "fill-deep:big|402653184", "fill-closed:big|402653184", "inodes:.|4000"} {
		t.Run(attempt, func(t *testing.T) {
			b := NewBox(t, target).Limit("disk", limit)
			if strings.HasPrefix(attempt, "inodes") {
				b.Limit("disk", 8<<20) // far more than what empty files hold
			}
			r := b.Attack(attempt)
			if r.Err != nil || r.Reason != backend.OverDisk {
				t.Errorf("%+v, %v, %+v", r.Result, r.Err, r.Report(attempt))
			}
		})
	}
	b := NewBox(t, target).Limit("disk", limit)
	b.Expect(b.Attack("fill:small|1048576"), map[string]string{"fill:small|1048576": "ok"})
}

func testOpenFiles(t *testing.T, target Target) {
	b := NewBox(t, target)
	r := b.Attack("open-files:1000", "limit:7")
	b.Expect(r, map[string]string{"open-files:1000": "EMFILE"})
	wide := NewBox(t, target).Limit("files", 2000)
	wide.Expect(wide.Attack("open-files:1000"), map[string]string{"open-files:1000": "ok"})
	raise := NewBox(t, target)
	raise.Expect(raise.Attack("limit:7", "limit:4"), map[string]string{"limit:7": "EPERM", "limit:4": "EPERM"})
}

// testTime: the time is over for a daemon too that has left its session and
// ignores what asks it to end.
func testTime(t *testing.T, target Target) {
	b := NewBox(t, target).Limit("time", 1)
	marker := filepath.Join(b.IterDir, "upper", "alive")
	r := b.Attack("daemon:alive", "sleep:60000")
	if r.Err != nil || r.Reason != backend.TimedOut {
		t.Fatalf("%+v, %v", r.Result, r.Err)
	}
	if size(marker) == 0 {
		t.Fatal("the daemon never ran")
	}
	still(t, marker)
	if e := b.Recorder.Of(evidence.KindLimitReached); len(e) != 1 || e[0].LimitReached.Resource != "time" {
		t.Errorf("recorded %+v", e)
	}
	// A command that ends leaves nothing behind either, nor does one whose
	// output is held open by what it left (as a test that hangs does).
	b = NewBox(t, target)
	r = b.Attack("daemon:alive", "sleep:200", "orphan-output")
	if r.Err != nil || r.Reason != backend.Exited {
		t.Fatalf("%+v, %v", r.Result, r.Err)
	}
	still(t, filepath.Join(b.IterDir, "upper", "alive"))
}

// still fails the test if a file grows.
func still(t *testing.T, path string) {
	t.Helper()
	before := size(path)
	time.Sleep(300 * time.Millisecond)
	if after := size(path); after != before {
		t.Errorf("a process that should be gone wrote %d bytes", after-before)
	}
}

// testOutput: a flood of output does not hold the run up.
func testOutput(t *testing.T, target Target) {
	b := NewBox(t, target)
	r := b.Attack("flood:268435456")
	b.Expect(r, map[string]string{"flood:268435456": "ok"})
	if r.Read < 256<<20 {
		t.Errorf("%d bytes came out", r.Read)
	}
}

func size(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}
