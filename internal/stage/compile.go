package stage

import (
	"slices"
	"strings"
)

// compile turns settled entries into operations, parents first. A folder that
// is added or deleted as a whole becomes one.
func compile(c *Changeset) []op {
	var ops []op
	add := func(o op) {
		o.N = len(ops)
		ops = append(ops, o)
	}
	for i := 0; i < len(c.Entries); {
		e, end := c.Entries[i], c.subtree(i)
		o := op{Entry: e, Take: e.Lower, Put: e.stat()}
		all := c.whole(i, end)
		switch {
		case e.Rejected():
			o.Do = reject
		case !e.Applies():
			o.Do = keepBack
		case e.Type != Dir && e.Lower.Type != Dir, e.Action == Mode, e.Action == Attrs:
			o.Do = simple(e)
			if e.Action == Mode || e.Action == Attrs { // the project's own file stays
				o.Put = e.Lower
				o.Put.Mode, o.Put.Ctime = e.Mode, 0
			}
		case all == Deleted:
			o.Do, o.TakeMarks = exchange, c.marks(i, end, Deleted)
			if e.Action == Deleted {
				o.Do = moveOut
			}
		case all == Added:
			o.Do, o.PutMarks = exchange, c.marks(i, end, Added)
			if e.Action == Added {
				o.Do = moveIn
			}
		case e.Action == Added:
			o.Do = makeFolder
		case e.Action == Deleted:
			o.Do = dropFolder
		default: // one thing in the place of another, and not all of it
			c.keepAll(i, end)
			continue
		}
		if o.Do == moveOut || o.Do == dropFolder || o.Do == keepBack {
			o.Put = Stat{}
		}
		if all != "" && o.Do != keepBack && o.Do != reject && o.Do != setMode && o.Do != setAttrs {
			o.Entry.Below = end - i - 1
			add(o)
			i = end
			continue
		}
		add(o)
		i++
	}
	return ops
}

// simple is the verb for what is no folder on either side, or for a folder that
// stays where it is.
func simple(e Entry) verb {
	switch e.Action {
	case Added:
		return moveIn
	case Deleted:
		return moveOut
	case Mode:
		return setMode
	case Attrs:
		return setAttrs
	}
	return exchange
}

// whole tells whether the same is done to all that lies in a folder, so that it
// can be moved at once: Deleted, Added, or nothing.
func (c *Changeset) whole(i, end int) Action {
	e := &c.Entries[i]
	want := e.Action
	switch {
	case e.Type != Dir && !e.replacesDir():
		return ""
	case e.replacesDir():
		want = Deleted
	case e.Action == Modified:
		want = Added
	}
	f := folding{}
	for k := i; k < end; k++ {
		b := &c.Entries[k]
		if !b.Applies() || b.Action != want && k > i || want == Added && !f.movable(b) {
			return ""
		}
	}
	if want == Added && !f.complete() {
		return ""
	}
	return want
}

// folding goes through a new folder's entries, in order, to tell whether it can
// be moved: it must hold nothing but its entries, and all folders in it must let
// their owner in, since others have to be opened on the way, and to move a
// folder takes the right to write to it.
type folding struct{ way []openFolder }

// openFolder is one of the folders above the entry that was seen last.
type openFolder struct {
	path Name
	left int // names that were read and have had no entry yet
}

// movable counts in the next entry.
func (f *folding) movable(b *Entry) bool {
	for len(f.way) > 0 && !below(string(b.Path), string(f.way[len(f.way)-1].path)) {
		if f.way[len(f.way)-1].left != 0 {
			return false
		}
		f.way = f.way[:len(f.way)-1]
	}
	if len(f.way) > 0 {
		f.way[len(f.way)-1].left--
	}
	if b.Type != Dir {
		return true
	}
	f.way = append(f.way, openFolder{b.Path, b.above.names})
	return b.Mode&0o700 == 0o700 && b.above.stat.Ino != 0
}

// complete tells whether all names have had an entry.
func (f *folding) complete() bool {
	return !slices.ContainsFunc(f.way, func(o openFolder) bool { return o.left != 0 })
}

// marks fingerprints what lies in a folder: below, or above.
func (c *Changeset) marks(i, end int, side Action) marks {
	prefix := len(c.Entries[i].Path) + 1
	m := make(marks, 0, 8*(end-i-1))
	for k := i + 1; k < end; k++ {
		b := &c.Entries[k]
		s := b.Lower
		if side == Added {
			s = b.stat()
		}
		m = m.add(string(b.Path)[prefix:], s)
	}
	return m
}

// keepAll keeps a change of kind back that cannot be made as a whole.
func (c *Changeset) keepAll(i, end int) {
	why, class := "not all of it can be applied", Conflict
	for _, b := range c.Entries[i:end] {
		if !b.Applies() {
			class = b.Class
			why = "it takes the place of another, and holds " + printable(base(string(b.Path)))
			break
		}
	}
	for j := i; j < end; j++ {
		if e := &c.Entries[j]; e.Applies() {
			e.Class, e.Detail, e.Fate, e.Runs = class, why, "", ""
		}
	}
}

// below tells whether a path lies in a folder.
func below(path, dir string) bool {
	return len(path) > len(dir) && strings.HasPrefix(path, dir) && path[len(dir)] == '/'
}
