package native

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"ringwall/internal/backend"
	"ringwall/internal/evidence"
)

// watcher looks, from outside, at what the kernel does not bound by itself for
// an ordinary user, and at decoys.
type watcher struct {
	run     *run
	inotify int
	decoys  map[int32]string
	quit    chan struct{}
	wg      sync.WaitGroup
	flagged map[string]bool
	changed atomic.Int64 // files in the workspace that are not as they were
	room    int64        // bytes free on the stage's file system at the start
}

// How often the watcher looks: often enough to see what lasts for a moment,
// and never so that looking takes more than a fifth of a CPU.
const (
	period = 100 * time.Millisecond
	share  = 4
)

func newWatcher(r *run) *watcher {
	return &watcher{run: r, inotify: -1, decoys: map[int32]string{}, quit: make(chan struct{}), flagged: map[string]bool{},
		room: free(r.native.IterDir)}
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

func (w *watcher) start() {
	w.wg.Add(1)
	go func() {
		defer w.wg.Done()
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
	}()
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
	w.disk()
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
	if path == "" || w.flagged[path] {
		return
	}
	w.flagged[path] = true
	short := strings.Replace(path, w.run.user.Home, "~", 1)
	w.run.record(evidence.Event{Refused: &evidence.Refused{Layer: "isolation",
		Control: "isolation.decoy:" + short, What: "read " + short, Source: evidence.Observed, Count: 1,
		Why: "it got a decoy; the real file is not in the view"}})
}

// disk adds up what was written to the workspace, where that is watched.
func (w *watcher) disk() {
	l := w.run.find("disk")
	if l == nil || w.flagged["disk"] {
		return
	}
	u := written(filepath.Join(w.run.native.IterDir, "upper"), l.Value)
	w.changed.Store(max(0, u.files-w.stubs()))
	if u.bytes > l.Value || w.hidden(u, l.Value) {
		w.over("disk", backend.OverDisk)
	}
}

// hidden looks for what the walk does not find, once the file system has less
// room than the limit explains. Then what cannot be looked at counts as too
// much: the agent made it so.
func (w *watcher) hidden(u diskUse, limit int64) bool {
	if w.room-free(w.run.native.IterDir) <= limit {
		return false
	}
	return u.unknown || u.bytes+nameless(descendants(w.run.process.PID)).disk > limit
}

// stubs is how many files stand for absent guardrails; they are no changes.
func (w *watcher) stubs() (n int64) {
	for _, c := range w.run.plan.Controls {
		if g := c.Want.Guardrail; g != nil && !g.Present && !g.Dir {
			n++
		}
	}
	return n
}

// processes adds up memory and counts tasks where no control group does.
func (w *watcher) processes() {
	if w.run.group.Has("memory") && w.run.group.Has("pids") {
		w.groupEvents()
		return
	}
	var sum use
	pids := descendants(w.run.process.PID)
	for _, pid := range pids {
		sum.add(usage(pid))
	}
	l := w.run.find("memory")
	// What is shared and mapped may be the memory of a file without a name.
	if l != nil && !w.flagged["memory"] && sum.private+max(sum.shared, nameless(pids).memory) > l.Value {
		w.over("memory", backend.OverMemory)
	}
	// The kernel refuses the next one; that it did is only seen by looking.
	if l := w.run.find("pids"); l != nil && sum.threads >= l.Value && !w.flagged["pids"] {
		w.flagged["pids"] = true
		w.refusedForks(1)
	}
}

// groupEvents asks the control group how often it refused.
func (w *watcher) groupEvents() {
	if w.run.group == nil {
		return
	}
	if n := w.run.group.Events("pids"); n > 0 && !w.flagged["pids"] {
		w.flagged["pids"] = true
		w.refusedForks(int(n))
	}
	if w.run.group.Events("memory") > 0 && !w.flagged["memory"] {
		w.flagged["memory"] = true
		w.run.reached("memory", false)
	}
}

func (w *watcher) refusedForks(n int) {
	w.run.reached("pids", false)
	w.run.record(evidence.Event{Refused: &evidence.Refused{Layer: "infrastructure",
		Control: "infrastructure.pids", What: "start one more process", Errno: "EAGAIN",
		Source: evidence.Observed, Count: n, Why: "limits.pids is reached"}})
}

// over ends the run.
func (w *watcher) over(resource, reason string) {
	w.flagged[resource] = true
	w.run.reached(resource, true)
	w.run.halt(reason)
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

// use is what processes take: bytes of resident memory, and threads.
type use struct{ private, shared, threads int64 }

func (u *use) add(v use) {
	u.private, u.shared, u.threads = u.private+v.private, u.shared+v.shared, u.threads+v.threads
}

// usage reads what a process takes.
func usage(pid int) (u use) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return use{}
	}
	for line := range strings.Lines(string(data)) {
		key, value, _ := strings.Cut(line, ":")
		f := strings.Fields(value)
		if len(f) == 0 {
			continue
		}
		n, _ := strconv.ParseInt(f[0], 10, 64)
		switch key {
		case "RssAnon", "RssFile":
			u.private += n * 1024
		case "RssShmem":
			u.shared = n * 1024
		case "Threads":
			u.threads = n
		}
	}
	return u
}
