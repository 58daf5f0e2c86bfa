package native

import (
	"path/filepath"
	"time"

	"ringwall/internal/backend"
)

// diskWatch ends the run when the workspace has grown beyond a limit. A walk
// over what was written counts; between walks the room on the file system says
// when it is time for the next.
type diskWatch struct {
	*watcher
	upper string
	limit bounds
	first room    // at the start
	then  room    // at the last walk
	found diskUse // by the last walk
	took  time.Duration
	at    time.Time
}

// glance is how often the room is asked for: one call of a microsecond. What is
// written to memory meanwhile is some tens of MiB; what would take more at once,
// fallocate(2), is refused.
const glance = 10 * time.Millisecond

// unbounded stands for a limit that the plan does not have.
const unbounded = int64(1) << 62

func newDiskWatch(w *watcher) *diskWatch {
	d := &diskWatch{watcher: w, upper: filepath.Join(w.run.native.IterDir, "upper"), limit: bounds{unbounded, unbounded}}
	if l := w.run.find("disk"); l != nil {
		d.limit.bytes = l.Value
	}
	if l := w.run.find("inodes"); l != nil {
		d.limit.entries = l.Value
	}
	if d.limit == (bounds{unbounded, unbounded}) {
		return nil
	}
	d.first = roomAt(d.upper)
	d.then = d.first
	return d
}

func (d *diskWatch) watch() {
	tick := time.NewTicker(glance)
	defer tick.Stop()
	for {
		select {
		case <-d.quit:
			return
		case <-tick.C:
			if d.due() {
				d.walk()
			}
		}
	}
}

// due tells whether it is time for a walk: it was some time ago, or the file
// system has lost more than half of what was left to the agent. The longer a
// walk takes the seldomer it is made.
func (d *diskWatch) due() bool {
	since := time.Since(d.at)
	if since >= max(period, share*d.took) {
		return true
	}
	if since < d.took {
		return false
	}
	gone := d.then.less(roomAt(d.upper))
	return gone.bytes > (d.limit.bytes-d.found.bytes)/2 || gone.inodes > (d.limit.entries-d.found.entries)/2
}

// walk counts, and ends the run if it is too much.
func (d *diskWatch) walk() {
	began := time.Now()
	d.then = roomAt(d.upper)
	d.found = d.run.seeAll(written(d.upper, d.limit), d.limit)
	d.at, d.took = time.Now(), time.Since(began)
	d.changed.Store(max(0, d.found.files-d.stubs()))
	gone := d.first.less(d.then)
	switch {
	case d.found.entries > d.limit.entries:
		d.over("inodes", backend.OverInodes)
	case d.found.bytes > d.limit.bytes:
		d.over("disk", backend.OverDisk)
	case gone.bytes > d.limit.bytes && d.hidden().bytes > d.limit.bytes:
		d.over("disk", backend.OverDisk)
	case gone.inodes > d.limit.entries && d.hidden().entries > d.limit.entries:
		d.over("inodes", backend.OverInodes)
	}
}

// hidden looks for what the walk does not find, once the file system has less
// room than the limit explains. Then what cannot be looked at counts as too
// much: the agent made it so.
func (d *diskWatch) hidden() diskUse {
	n := d.run.nameless()
	if d.found.unknown || n.unknown {
		return diskUse{bytes: unbounded, entries: unbounded}
	}
	return diskUse{bytes: d.found.bytes + n.disk, entries: d.found.entries + n.inodes}
}
