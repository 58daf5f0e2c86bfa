package stage

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// Direct watches a project in which the agent works itself, with no overlay
// between: what was changed is known only when it is there. It knows each
// file's state from before, so that one walk finds what is not as it was.
type Direct struct {
	known  map[string]signature
	closed map[string]bool // folders that whoever calls cannot look into
	usage  Usage
	kept   []stashed // guardrails of which there is a copy
}

// Usage is what the project took when the iteration began.
func (d *Direct) Usage() Usage { return d.usage }

// Begin looks at the project before an iteration, and writes down what Recover
// needs should this process not live to see the end.
func (d *Direct) Begin(ctx context.Context, o Options) error {
	project, err := openProject(o.Project, o.ProjectID)
	if err != nil {
		return err
	}
	defer project.close()
	if err := d.index(ctx, o, project); err != nil {
		return fmt.Errorf("look at the project: %w", err)
	}
	b, err := json.Marshal(directRecord{recordVersion, o.Run, Name(o.Project), o.ProjectID, time.Now().UnixNano(), o.Rules, d.kept})
	if err == nil {
		err = os.WriteFile(filepath.Join(o.Dirs.Iter, directName), b, 0o600)
	}
	if err == nil {
		time.Sleep(tick) // no change has the time of the look
	}
	return err
}

// index notes the state of each file, and keeps those guardrails that no mount
// freezes.
func (d *Direct) index(ctx context.Context, o Options, project *tree) error {
	m, err := newMatcher(o.Rules)
	if err != nil {
		return err
	}
	s, err := openStash(o.Dirs, true)
	if err != nil {
		return err
	}
	defer s.at.close()
	d.known, d.closed, d.usage = map[string]signature{}, map[string]bool{}, Usage{}
	frozen := frozenBy(o.Rules)
	err = project.scan(ctx, d.closed, func(at *dir, rel string, st unix.Stat_t) (bool, error) {
		d.known[rel] = sign(st)
		d.usage.add(st)
		var err error
		kind := typeOf(st.Mode)
		if kind == File && m.judge(rel, kind).class == Guardrail && !frozen.has(rel) {
			err = s.keep(at, rel, st)
		}
		return kind == Dir, err
	})
	d.kept = s.list
	return err
}

// frozenPaths are the guardrails that mounts hold while the agent works.
type frozenPaths map[string]bool

func frozenBy(r Rules) frozenPaths {
	f := frozenPaths{}
	for _, g := range r.Guardrails {
		if g.Present {
			f[g.Path] = true
		}
	}
	return f
}

// has tells whether a path is frozen, or lies in a folder that is.
func (f frozenPaths) has(rel string) bool {
	for ; rel != ""; rel = parent(rel) {
		if f[rel] {
			return true
		}
	}
	return false
}

// Changes lists what is not as it was. No process of the iteration may be
// alive. Who made a change cannot be told: a person's count too.
func (d *Direct) Changes(ctx context.Context, o Options) (*Changeset, error) {
	w, err := d.open(o)
	if err != nil {
		return nil, err
	}
	defer w.tree.close()
	if err := w.tree.scanAll(ctx, w.visit); err != nil {
		return nil, fmt.Errorf("look at the project: %w", err)
	}
	w.deleted()
	w.r.finish()
	return w.r.set, nil
}

// open makes a walk of the project that judges as Read does.
func (d *Direct) open(o Options) (*directWalk, error) {
	project, err := openProject(o.Project, o.ProjectID)
	if err != nil {
		return nil, err
	}
	m, err := newMatcher(o.Rules)
	if err != nil {
		project.close()
		return nil, err
	}
	w := &directWalk{Direct: d, tree: &upperTree{tree: project}, seen: map[string]bool{}, kept: map[string]verdict{}}
	o.Since, o.Stubs = time.Time{}, nil
	w.r = &reader{o: o, rules: o.Rules.withDefaults(), match: m, upper: w.tree, project: project,
		set: &Changeset{}, links: map[ID]*linkGroup{}}
	return w, nil
}

// directWalk is one call of Changes.
type directWalk struct {
	*Direct
	tree *upperTree
	r    *reader
	seen map[string]bool
	kept map[string]verdict // folders that are kept back whatever they hold
	// since and frozen are set after a crash, when nothing is known but when it
	// began: what was frozen then only a person can have changed.
	since  int64
	frozen frozenPaths
}

// same tells whether a name is as it was.
func (w *directWalk) same(rel string, now signature) bool {
	if w.since != 0 {
		return now.ctime < w.since || w.frozen.has(rel)
	}
	return w.known[rel] == now
}

func (w *directWalk) visit(d *dir, rel string, st unix.Stat_t) (enter bool, err error) {
	w.seen[rel] = true
	now := sign(st)
	old := w.known[rel]
	it := item{f: folder{rel: parent(rel), kept: w.kept[parent(rel)]}, up: d, name: base(rel), rel: rel, us: st, ls: old.stat()}
	if now.kind() == Dir {
		w.folder(it, old, now)
		return !w.closed[rel], nil
	}
	if w.same(rel, now) {
		return false, nil
	}
	return false, w.leaf(it, old, now)
}

// folder notes a new folder, or one whose mode was changed.
func (w *directWalk) folder(it item, old, now signature) {
	v := w.r.judge(it.f, it.rel, Dir)
	if v.class != "" {
		w.kept[it.rel] = v
	}
	e := it.entry()
	switch {
	case w.since != 0 && w.same(it.rel, now):
	case old.kind() != Dir:
		w.r.add(e, v)
	case old.mode != now.mode:
		e.Action = Mode
		w.r.add(e, v)
	}
}

func (w *directWalk) leaf(it item, old, now signature) error {
	a, err := it.up.attrsOf(it.name)
	if err != nil {
		return err
	}
	e := it.entry()
	switch {
	case e.Type == Symlink:
		text, err := it.up.readlink(it.name)
		if err != nil {
			return err
		}
		e.Target, e.Mode = Name(text), 0
	case old.mode != now.mode && old.id == now.id && old.size == now.size && old.mtime == now.mtime && old.kind() == now.kind():
		e.Action = Mode
	}
	w.r.add(e, w.r.judgeLeaf(it, e, a))
	w.r.countLink(it.us, len(w.r.set.Entries)-1)
	return nil
}

// deleted notes what is not there any more.
func (w *directWalk) deleted() {
	for rel, old := range w.known {
		if !w.seen[rel] {
			e := Entry{Path: Name(rel), Action: Deleted, Type: old.kind(), Mode: old.mode & 0o7777, Lower: old.stat()}
			w.r.add(e, w.r.match.judge(rel, Absent))
		}
	}
}

// stat is what is known of a name from before; nothing for one that was not.
func (s signature) stat() Stat {
	if s == (signature{}) {
		return Stat{}
	}
	st := Stat{Type: s.kind(), Mode: s.mode & 0o7777, Size: s.size, Mtime: s.mtime, Dev: s.id.Dev, Ino: s.id.Ino}
	if st.Type == Symlink {
		st.Mode = 0
	}
	return st
}
