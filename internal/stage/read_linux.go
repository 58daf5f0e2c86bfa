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
	gone, err := o.Dirs.gone()
	if err != nil {
		return nil, err
	}
	if names, _, err := upper.list("", 1); err == nil && len(names) == 0 && gone == nil {
		return &Changeset{}, nil // the most frequent case by far
	}
	m, err := newMatcher(o.Rules)
	if err != nil {
		return nil, err
	}
	r := &reader{
		o: o, rules: o.Rules.withDefaults(), match: m, upper: upper, project: project,
		set: &Changeset{}, links: map[ID]*linkGroup{}, gone: gone,
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
	gone    map[string][]string // by folder: deletions in a copy, which has no marks for them
}

// linkGroup counts the names of one file in the upper directory.
type linkGroup struct {
	nlink, seen int
	entries     []int
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
		Size: s.Size, Mtime: s.Mtime, Lower: it.ls, above: above{stat: s},
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
