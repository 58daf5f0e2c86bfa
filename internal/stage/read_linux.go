package stage

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// Read lists what the upper directory changes in the project. It changes
// nothing. No process of the iteration may be alive. Its cost grows with the
// upper directory and with what was deleted, not with the project.
func Read(ctx context.Context, o Options) (*Changeset, error) {
	m, err := newMatcher(o.Rules)
	if err != nil {
		return nil, err
	}
	project, err := openProject(o.Project, o.ProjectID)
	if err != nil {
		return nil, err
	}
	defer project.close()
	upper, err := openUpper(o.Dirs.Upper)
	if err != nil {
		return nil, err
	}
	defer upper.close()
	r := &reader{
		o: o, rules: o.Rules.withDefaults(), match: m, upper: upper, project: project,
		set: &Changeset{}, links: map[ID]*linkGroup{},
	}
	if err := r.walk(ctx); err != nil {
		return nil, fmt.Errorf("read the changeset: %w", err)
	}
	r.finish()
	return r.set, nil
}

// reader is one walk of an upper directory.
type reader struct {
	o       Options
	rules   Rules
	match   *matcher
	upper   *upperTree
	project *tree
	set     *Changeset
	queue   []folder
	seen    int // names read, in the upper directory and below deletions
	links   map[ID]*linkGroup
}

// folder is one that is still to be read.
type folder struct {
	rel    string
	depth  int
	lower  bool    // the project has a folder there too
	opaque bool    // and nothing of it shows through
	kept   verdict // of a folder that is held whatever it holds
	gone   bool    // it is the project's own and was deleted
	entry  int     // of a gone one: its place among the entries, from 1
}

// linkGroup counts the names of one file in the upper directory.
type linkGroup struct {
	nlink, seen int
	entries     []int
}

// walk goes through the queue, one folder at a time, with no recursion.
func (r *reader) walk(ctx context.Context) error {
	r.queue = []folder{{lower: true}}
	for len(r.queue) > 0 && r.set.Incomplete == "" {
		if err := ctx.Err(); err != nil {
			return err
		}
		f := r.queue[len(r.queue)-1]
		r.queue = r.queue[:len(r.queue)-1]
		if err := r.folder(ctx, f); err != nil {
			return fmt.Errorf("%s: %w", printable(join(f.rel, ".")), err)
		}
	}
	return nil
}

// push queues a folder unless it lies too deep.
func (r *reader) push(f folder) {
	f.depth++
	if f.depth > r.rules.MaxDepth {
		r.set.Incomplete = fmt.Sprintf("folders deeper than %d", r.rules.MaxDepth)
		return
	}
	r.queue = append(r.queue, f)
}

// count takes names into account; it tells how many more may be read.
func (r *reader) count(n int, more bool) {
	r.seen += n
	if more || r.seen > r.rules.MaxEntries {
		r.set.Incomplete = fmt.Sprintf("more than %d entries", r.rules.MaxEntries)
	}
}

// left is how many more names may be read.
func (r *reader) left() int {
	return max(r.rules.MaxEntries-r.seen, 0)
}

// folder reads one folder, of the upper directory or a deleted one.
func (r *reader) folder(ctx context.Context, f folder) error {
	if f.gone {
		return r.deletedFolder(f, nil)
	}
	names, more, err := r.upper.list(f.rel, r.left())
	r.count(len(names), more)
	if err != nil || r.set.Incomplete != "" {
		return err
	}
	up, err := r.upper.dir(f.rel)
	if err != nil {
		return err
	}
	defer up.close()
	low, err := r.lower(f)
	if err != nil {
		return err
	}
	defer low.close()
	for _, n := range names {
		if err := r.name(ctx, f, up, low, n); err != nil {
			return fmt.Errorf("%s: %w", printable(n), err)
		}
	}
	if f.opaque && low != nil {
		return r.deletedFolder(f, names)
	}
	return nil
}

// lower opens the project's folder of that name, nil when there is none.
func (r *reader) lower(f folder) (*dir, error) {
	if !f.lower {
		return nil, nil
	}
	low, err := r.project.dir(f.rel)
	switch err {
	case nil:
		return low, nil
	case unix.ENOENT, unix.ENOTDIR, unix.ELOOP, unix.EXDEV, unix.EACCES:
		// It changed since its parent was read, is a mount point, or was closed
		// to us and opened by the agent in its own copy. Apply
		// meets the same and holds what it cannot place.
		return nil, nil
	}
	return nil, err
}

// name reads one name of the upper directory.
func (r *reader) name(ctx context.Context, f folder, up, low *dir, name string) error {
	us, err := up.raw(name)
	if err != nil {
		return err
	}
	var ls Stat
	var changed time.Time
	if low != nil {
		if ls, changed, err = low.statChanged(name); err != nil {
			return err
		}
	}
	it := item{f: f, up: up, low: low, name: name, rel: join(f.rel, name), us: us, ls: ls, changed: changed}
	switch {
	case isWhiteout(us):
		r.whiteout(it)
		return nil
	case us.Mode&unix.S_IFMT == unix.S_IFDIR:
		return r.directory(it)
	}
	return r.leaf(ctx, it)
}

// item is one name, above and below.
type item struct {
	f         folder
	up, low   *dir
	name, rel string
	us        unix.Stat_t
	ls        Stat
	changed   time.Time // when the project's own last changed
}

// entry makes the entry that the item would be.
func (it item) entry() Entry {
	s := toStat(it.us)
	e := Entry{
		Path: Name(it.rel), Action: Modified, Type: s.Type, Mode: s.Mode,
		Size: s.Size, Mtime: s.Mtime, Lower: it.ls,
	}
	if it.ls.Type == Absent {
		e.Action = Added
	}
	if s.Type == Dir {
		e.Size = 0
	}
	return e
}

// statChanged is stat with the time of the last change of the status.
func (d *dir) statChanged(name string) (Stat, time.Time, error) {
	st, err := d.raw(name)
	if err == unix.ENOENT {
		return Stat{}, time.Time{}, nil
	}
	if err != nil {
		return Stat{}, time.Time{}, err
	}
	return toStat(st), time.Unix(st.Ctim.Unix()), nil
}
