package backendtest

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"ringwall/internal/backend"
	"ringwall/internal/evidence"
)

// testLocked: what bounds a process cannot be widened from inside, nor can it
// get in front of others. To set the core limit seems to work and does nothing.
func testLocked(t *testing.T, target Target) {
	b := NewBox(t, target)
	r := b.Attack("limit:7", "limit:1", "limit:4", "nice:19", "nice:-5", "realtime", "lower-core")
	b.Expect(r, map[string]string{"limit:7": "EPERM", "limit:1": "EPERM", "limit:4": "ok", "nice:19": "ok",
		"nice:-5": "EACCES EPERM", "realtime": "EPERM", "lower-core": "ok"})
	if got := r.Report("lower-core").Value; got != "1" {
		t.Errorf("the core limit is %s after it was lowered to 0: a program of core_pattern would start", got)
	}
	if os.Getuid() == 0 {
		if rep := Outside(t, target, "nice:-5", "realtime").Reports; rep[0].Errno != "ok" || rep[1].Errno != "ok" {
			t.Errorf("outside neither is to be had: %+v", rep)
		}
	}
	loose := NewBox(t, target).Drop("infrastructure.core")
	r = loose.Attack("lower-core")
	if got := r.Report("lower-core").Value; got != "0" {
		t.Errorf("without its control the core limit is %s after it was lowered to 0", got)
	}
}

// testFileSize: one file does not grow beyond its limit, by writing or by
// length.
func testFileSize(t *testing.T, target Target) {
	want := map[string]string{"grow:a|1048576": "ok", "grow:b|33554432": "EFBIG"}
	b := NewBox(t, target).Limit("file_size", 16<<20)
	b.Expect(b.Attack(keys(want)...), want)
	wide := NewBox(t, target)
	wide.Expect(wide.Attack("grow:b|33554432"), map[string]string{"grow:b|33554432": "ok"})
}

// testPageCache: what is read of files, mapped too, does not count: the kernel
// takes it back when it needs it.
func testPageCache(t *testing.T, target Target) {
	b := NewBox(t, target).Limit("memory", 128<<20)
	big := b.File("big", "")
	if err := os.Truncate(big, 400<<20); err != nil {
		t.Fatal(err)
	}
	b.Expect(b.Attack("pages:big"), map[string]string{"pages:big": "ok"})
	// Nor does what several processes use together count for each of them.
	shared := NewBox(t, target).Limit("memory", 256<<20)
	shared.Expect(shared.Attack("share:6|67108864"), map[string]string{"share:6|67108864": "ok"})
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

// testOutput: beyond its limit a flood of output ends the run; within it all of
// it comes out and nothing is held up. The supervisor keeps none of it.
func testOutput(t *testing.T, target Target) {
	for _, fd := range []string{"1", "2"} {
		flood := "flood:" + fd + "|1073741824"
		for _, attempt := range []string{flood, "away:" + flood} {
			b := NewBox(t, target).Limit("output", 48<<20)
			r := b.Attack(attempt)
			if r.Err != nil || r.Reason != backend.OverOutput || r.Signal != "SIGKILL" {
				t.Errorf("%s: %+v, %v", attempt, r.Result, r.Err)
			}
			if n := r.Written[fd]; n > 48<<20 || n < 47<<20 { // the reports count too
				t.Errorf("%s: %d bytes came out, the limit is %d", attempt, n, 48<<20)
			}
			b.reached("output")
		}
		wide := NewBox(t, target)
		r := wide.Attack("flood:" + fd + "|268435456")
		if r.Err != nil || r.Reason != backend.Exited || r.Written[fd] < 256<<20 {
			t.Errorf("within the limit: %+v, %v, %d bytes came out", r.Result, r.Err, r.Written[fd])
		}
	}
	var stats runtime.MemStats
	if runtime.ReadMemStats(&stats); stats.HeapInuse > 64<<20 {
		t.Errorf("the supervisor holds %d bytes", stats.HeapInuse)
	}
}

func size(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}
