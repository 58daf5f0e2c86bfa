package native

import (
	"encoding/binary"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"ringwall/internal/evidence"
	"ringwall/internal/plan"
)

// watcher looks, from outside, at what the kernel does not bound by itself for
// an ordinary user, and at decoys.
type watcher struct {
	run     *run
	inotify int
	decoys  map[int32]string
	quit    chan struct{}
	wg      sync.WaitGroup
	flagged once
	changed atomic.Int64 // files in the workspace that are not as they were
	disk    *diskWatch   // nil: neither disk nor inodes are watched
	memory  *memoryWatch // nil: the kernel counts
}

// How often the watcher looks: often enough to see what lasts for a moment,
// and never so that looking takes more than a fifth of a CPU.
const (
	period = 100 * time.Millisecond
	share  = 4
)

func newWatcher(r *run) *watcher {
	w := &watcher{run: r, inotify: -1, decoys: map[int32]string{}, quit: make(chan struct{}), flagged: once{seen: map[string]bool{}}}
	w.disk, w.memory = newDiskWatch(w), newMemoryWatch(w)
	return w
}

// once are the things that were found, each told once. Two goroutines look.
type once struct {
	mu   sync.Mutex
	seen map[string]bool
}

// raise tells whether this is the first time.
func (f *once) raise(name string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	was := f.seen[name]
	f.seen[name] = true
	return !was
}

// decoy watches a file that only a thief would open. It works across mount
// namespaces: the watch is on the file itself, not on its name.
func (w *watcher) decoy(path string, fds []int) error {
	defer func() {
		for _, fd := range fds {
			unix.Close(fd)
		}
	}()
	if len(fds) != 1 {
		return fmt.Errorf("no descriptor for the decoy %s", path)
	}
	if w.inotify < 0 {
		fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
		if err != nil {
			return os.NewSyscallError("inotify_init1", err)
		}
		w.inotify = fd
	}
	wd, err := unix.InotifyAddWatch(w.inotify, fmt.Sprintf("/proc/self/fd/%d", fds[0]), unix.IN_OPEN)
	if err != nil {
		return os.NewSyscallError("inotify_add_watch", err)
	}
	w.decoys[int32(wd)] = path
	return nil
}

// start looks at the disk apart from all else: a crowd of processes, which
// takes long to look at, must not keep it waiting.
func (w *watcher) start() {
	w.wg.Go(func() {
		next := time.NewTimer(period)
		defer next.Stop()
		for {
			select {
			case <-w.quit:
				return
			case <-next.C:
				began := time.Now()
				w.look()
				next.Reset(max(period, share*time.Since(began)))
			}
		}
	})
	if w.disk != nil {
		w.wg.Go(w.disk.watch)
	}
}

// last looks once more when every process is dead.
func (w *watcher) last() {
	close(w.quit)
	w.wg.Wait()
	w.readDecoys()
	w.groupEvents()
}

func (w *watcher) close() {
	if w.inotify >= 0 {
		unix.Close(w.inotify)
	}
}

func (w *watcher) look() {
	w.readDecoys()
	w.processes()
	if w.run.native.Progress != nil {
		w.run.native.Progress(w.run.counts())
	}
}

func (w *watcher) readDecoys() {
	if w.inotify < 0 {
		return
	}
	buf := make([]byte, 4096)
	for {
		n, err := unix.Read(w.inotify, buf)
		if err != nil || n < unix.SizeofInotifyEvent {
			return
		}
		for b := buf[:n]; len(b) >= unix.SizeofInotifyEvent; {
			wd, mask := int32(binary.NativeEndian.Uint32(b)), binary.NativeEndian.Uint32(b[4:])
			// The kernel also tells that the file is gone, which nobody did.
			if mask&unix.IN_OPEN != 0 {
				w.opened(w.decoys[wd])
			}
			b = b[unix.SizeofInotifyEvent:] // a watch on a file names nothing
		}
	}
}

// opened records that a decoy was read. The real file was never in the view.
func (w *watcher) opened(path string) {
	if path == "" || !w.flagged.raise(path) {
		return
	}
	short := w.run.short(path)
	w.run.record(evidence.Event{Refused: &evidence.Refused{Layer: "isolation",
		Control: "isolation.decoy:" + short, What: "read " + short, Source: evidence.Observed, Count: 1,
		Why: "it got a decoy; the real file is not in the view"}})
}

// stubs is how many files among the changes stand for absent guardrails.
func (w *watcher) stubs() (n int64) {
	if w.run.layered || w.run.workspace().Mode == plan.ModeDirect {
		return 0
	}
	for _, c := range w.run.plan.Controls {
		if g := c.Want.Guardrail; g != nil && !g.Present && !g.Dir {
			n++
		}
	}
	return n
}

// groupEvents asks the control group how often it refused.
func (w *watcher) groupEvents() {
	if w.run.group == nil {
		return
	}
	if n := w.run.group.Events("pids"); n > 0 && w.flagged.raise("pids") {
		w.refusedForks(int(n))
	}
	if w.run.group.Events("memory") > 0 && w.flagged.raise("memory") {
		w.run.reached("memory", false)
	}
}

func (w *watcher) refusedForks(n int) {
	w.run.reached("pids", false)
	w.run.record(evidence.Event{Refused: &evidence.Refused{Layer: "infrastructure",
		Control: "infrastructure.pids", What: "start one more process", Errno: "EAGAIN",
		Source: evidence.Observed, Count: n, Why: "limits.pids is reached"}})
}

// processes adds up what the processes take, where no control group does.
func (w *watcher) processes() {
	w.groupEvents()
	if w.memory != nil {
		w.memory.look()
	}
}

// over ends the run.
func (w *watcher) over(resource, reason string) {
	if w.flagged.raise(resource) {
		w.run.reached(resource, true)
		w.run.halt(reason)
	}
}

// descendants lists a process and all below it. What was orphaned inside has
// the first process as its parent.
func descendants(pid int) []int {
	out := []int{pid}
	for i := 0; i < len(out); i++ {
		// A child belongs to the thread that forked it.
		tasks := fmt.Sprintf("/proc/%d/task/", out[i])
		threads, err := os.ReadDir(tasks)
		if err != nil {
			continue
		}
		for _, t := range threads {
			out = append(out, children(tasks+t.Name()+"/children")...)
		}
	}
	return out
}

func children(list string) []int {
	data, err := os.ReadFile(list)
	if err != nil {
		return nil
	}
	var out []int
	for _, f := range strings.Fields(string(data)) {
		if pid, err := strconv.Atoi(f); err == nil {
			out = append(out, pid)
		}
	}
	return out
}
