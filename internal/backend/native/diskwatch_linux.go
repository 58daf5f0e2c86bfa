package native

import (
	"time"

	"ringwall/internal/backend"
)

// diskWatch ends the run when the workspace has grown beyond a limit. A walk
// over what was written counts; between walks the room on the file system says
// when it is time for the next.
type diskWatch struct {
	*watcher
	upper  string
	before Usage // what was there when the run began
	limit  bounds
	first  room    // at the start
	then   room    // at the last walk
	last   room    // at the last glance
	moved  bool    // the room has changed since the last walk
	found  diskUse // by the last walk
	took   time.Duration
	at     time.Time
}

// The room is asked for, which is one call of a microsecond, before a machine
// that writes as fast as memory could have taken half of what is left: between
// glance and period, since many runs may stand at once. What would take more at
// once, fallocate(2), is refused.
const (
	glance  = 10 * time.Millisecond
	fastest = 8 << 30 // bytes a second
	// A tree is walked this often even where the file system has as much room as
	// before: one that says so late must not hide a change for ever.
	anyway = time.Second
)

// pause is how long to the next glance.
func (d *diskWatch) pause() time.Duration {
	bytes := (d.limit.bytes - d.found.bytes) / 2
	if entries := (d.limit.entries - d.found.entries) / 2; entries < bytes/perEntry {
		bytes = entries * perEntry // a name takes at least as long as so many bytes
	}
	if bytes >= fastest {
		return period
	}
	return min(max(time.Duration(bytes)*time.Second/fastest, glance), period)
}

// unbounded stands for a limit that the plan does not have.
const unbounded = int64(1) << 62

func newDiskWatch(w *watcher) *diskWatch {
	d := &diskWatch{watcher: w, upper: w.run.writes(), before: w.run.before(), limit: bounds{unbounded, unbounded}}
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
	next := time.NewTimer(d.pause())
	defer next.Stop()
	for {
		select {
		case <-d.quit:
			return
		case <-next.C:
			if d.due() {
				d.walk()
			}
			next.Reset(d.pause())
		}
	}
}

// due tells whether it is time for a walk: it was some time ago and something
// was written since, or the file system has lost more than half of what was left
// to the agent. The longer a walk takes the seldomer it is made.
func (d *diskWatch) due() bool {
	since, now := time.Since(d.at), roomAt(d.upper)
	d.moved = d.moved || now != d.last
	d.last = now
	if since >= max(period, share*d.took) && (d.moved || since >= anyway) {
		return true
	}
	if since < d.took {
		return false
	}
	gone := d.then.less(now)
	return gone.bytes > (d.limit.bytes-d.found.bytes)/2 || gone.inodes > (d.limit.entries-d.found.entries)/2
}

// walk counts, and ends the run if it is too much.
func (d *diskWatch) walk() {
	began := time.Now()
	d.then, d.moved = roomAt(d.upper), false
	d.found = d.grown()
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

// grown is how much more there is than when the run began.
func (d *diskWatch) grown() diskUse {
	enough := bounds{d.limit.bytes + d.before.Bytes, d.limit.entries + d.before.Entries}
	u := d.run.seeAll(written(d.upper, enough), enough)
	for _, layer := range d.run.layers {
		u.besides(written(layer, enough))
	}
	u.bytes -= d.before.Bytes
	u.entries -= d.before.Entries
	u.files -= d.before.Files
	return u
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
