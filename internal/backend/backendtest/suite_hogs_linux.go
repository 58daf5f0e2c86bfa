package backendtest

import (
	"os/exec"
	"strconv"
	"testing"
	"time"

	"ringwall/internal/backend"
	"ringwall/internal/evidence"
)

// hog is a process that takes as much as it can of one thing.
type hog struct {
	attempt  string
	resource string
	limit    int64
	wide     int64 // with this much the same attempt gets all it asks for
	prepare  func(*Box)
	stopped  func(Ran, Report) bool
}

// refusedWith: the kernel refused more with that error, and the hog lived on.
func refusedWith(errno string) func(Ran, Report) bool {
	return func(r Ran, rep Report) bool { return rep.Errno == errno && r.Reason == backend.Exited }
}

// endedAs: the run was ended for that reason.
func endedAs(reason string) func(Ran, Report) bool {
	return func(r Ran, rep Report) bool { return r.Reason == reason }
}

// noMemory: the kernel ended it, or refused it more, or the watch ended the run.
func noMemory(r Ran, rep Report) bool {
	killed := rep.Errno == "not reported" && r.Reason == backend.Exited
	return killed || rep.Errno == "ENOMEM" || r.Reason == backend.OverMemory
}

const large = "402653184" // bytes: 384 MiB

func largeTmp(b *Box) { b.Size("/tmp", 1<<30) }

// hogs: each limit with every way to take more that is known. A file that grows,
// one without a name, one that lies too deep for a path, one in a closed folder,
// one that is only mapped, holes that are filled, and floods of empty ones.
var hogs = []hog{
	{"forks:400", "pids", 96, 1000, nil, refusedWith("EAGAIN")},
	{"memory:" + large, "memory", 192 << 20, 2 << 30, nil, noMemory},
	{"shared:" + large, "memory", 192 << 20, 2 << 30, nil, noMemory},
	{"memfd:" + large, "memory", 192 << 20, 2 << 30, nil, noMemory},
	{"memfd-unseen:" + large, "memory", 192 << 20, 2 << 30, nil, noMemory},
	{"fill:/tmp/m|" + large, "memory", 192 << 20, 2 << 30, largeTmp, noMemory},
	{"fill-hidden:/tmp/m|" + large, "memory", 192 << 20, 2 << 30, largeTmp, noMemory},
	{"fill:big|" + large, "disk", 48 << 20, 1 << 30, nil, endedAs(backend.OverDisk)},
	{"fill-hidden:big|" + large, "disk", 48 << 20, 1 << 30, nil, endedAs(backend.OverDisk)},
	{"fill-deep:big|" + large, "disk", 48 << 20, 1 << 30, nil, endedAs(backend.OverDisk)},
	{"fill-closed:big|" + large, "disk", 48 << 20, 1 << 30, nil, endedAs(backend.OverDisk)},
	{"fill-mapped:big|" + large, "disk", 48 << 20, 1 << 30, nil, endedAs(backend.OverDisk)},
	{"fill-sparse:big|" + large, "disk", 48 << 20, 1 << 30, nil, endedAs(backend.OverDisk)},
	{"fill-tmpfile:big|" + large, "disk", 48 << 20, 1 << 30, nil, endedAs(backend.OverDisk)},
	{"fill-unseen:big|" + large, "disk", 48 << 20, 1 << 30, nil, endedAs(backend.OverDisk)},
	{"inodes:.|4000", "disk", 8 << 20, 1 << 30, nil, endedAs(backend.OverDisk)},
	{"inodes:.|4000", "inodes", 1000, 20_000, nil, endedAs(backend.OverInodes)},
	{"dirs:.|4000", "inodes", 1000, 20_000, nil, endedAs(backend.OverInodes)},
	{"open-files:1000", "files", 256, 2000, nil, refusedWith("EMFILE")},
}

// testHogs: each is stopped at its limit, as a child and as a daemon that has
// left its session; the machine goes on working; and with a wider limit it gets
// further.
func testHogs(t *testing.T, target Target) {
	for _, h := range hogs {
		t.Run(h.attempt+" over "+h.resource, func(t *testing.T) {
			for _, attempt := range []string{h.attempt, "away:" + h.attempt} {
				b := h.box(t, target).Limit(h.resource, h.limit)
				r := b.Attack(attempt)
				if r.Err != nil || !h.stopped(r, r.Report(h.attempt)) {
					t.Errorf("%s: %+v, %v, %+v", attempt, r.Result, r.Err, r.Report(h.attempt))
				}
				if r.Reason != backend.Exited {
					b.reached(h.resource)
				}
			}
			unharmed(t)
			wide := h.box(t, target).Limit(h.resource, h.wide)
			wide.Expect(wide.Attack(h.attempt), map[string]string{h.attempt: "ok"})
		})
	}
	testCrowd(t, target)
	testAllocation(t, target)
	testForkCount(t, target)
}

func (h hog) box(t *testing.T, target Target) *Box {
	b := NewBox(t, target)
	if h.prepare != nil {
		h.prepare(b)
	}
	return b
}

// reached demands that the journal names the limit.
func (b *Box) reached(resource string) {
	b.T.Helper()
	e := b.Recorder.Of(evidence.KindLimitReached)
	if len(e) != 1 || e[0].LimitReached.Resource != resource || !e[0].LimitReached.Ended {
		b.T.Errorf("recorded %+v, want the end at the limit on %s", e, resource)
	}
}

// unharmed: the machine starts processes, at once.
func unharmed(t *testing.T) {
	t.Helper()
	began := time.Now()
	if err := exec.Command("/bin/true").Run(); err != nil {
		t.Errorf("the host cannot fork: %v", err)
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("the host took %s to start a process", took)
	}
}

// testCrowd: what several take together counts, though each alone stays below
// every limit on one process.
func testCrowd(t *testing.T, target Target) {
	const attempt = "crowd:6|memory:67108864"
	reached := func(limit int64) bool {
		b := NewBox(t, target).Limit("memory", limit)
		r := b.Attack(attempt)
		if r.Err != nil {
			t.Error(r.Err)
		}
		for _, e := range b.Recorder.Of(evidence.KindLimitReached) {
			if e.LimitReached.Resource == "memory" {
				return true
			}
		}
		return false
	}
	if !reached(256 << 20) {
		t.Error("six daemons took 64 MiB each, the limit is 256 MiB")
	}
	if reached(2 << 30) {
		t.Error("the same is refused though there is enough")
	}
}

// testAllocation: space that is taken without being written would be gone
// before anybody looks, so it cannot be taken.
func testAllocation(t *testing.T, target Target) {
	attempt := "allocate:big|" + large
	b := NewBox(t, target)
	b.Expect(b.Attack(attempt), map[string]string{attempt: "ENOTSUP EOPNOTSUPP"})
	loose := NewBox(t, target).Drop("infrastructure.disk")
	loose.Expect(loose.Attack(attempt), map[string]string{attempt: "ok"})
}

func testForkCount(t *testing.T, target Target) {
	b := NewBox(t, target)
	if n, _ := strconv.Atoi(b.Attack("forks:400").Report("forks:400").Value); n < 20 || n > 96 {
		t.Errorf("%d processes could be started, the limit is 96", n)
	}
}
