package stage

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"ringwall/internal/evidence"
)

// Withdraw takes out of the project what must not stay there: what steers
// agents, runs by itself, or leads out of the tree. It ends in the held folder,
// as what an overlay's gate keeps back. Guardrails that are not there any more
// come back, and bits that were set on a file are taken away. Everything else
// stays as the agent left it, and counts as applied.
func (d *Direct) Withdraw(ctx context.Context, o Options, c *Changeset, rec evidence.Recorder) (Result, error) {
	set, ordinary, err := d.withdraw(ctx, o, c)
	if err != nil {
		return Result{}, fmt.Errorf("take guardrails out of the project: %w", err)
	}
	res, err := Apply(ctx, o, set, withOrdinary{rec, ordinary})
	res.Applied += ordinary
	if err == nil {
		err = dropStash(o.Dirs)
	}
	return res, err
}

// withOrdinary counts as applied what is in the project already.
type withOrdinary struct {
	to evidence.Recorder
	n  int
}

func (r withOrdinary) Record(e evidence.Event) error {
	if e.Apply != nil {
		a := *e.Apply
		a.Count += r.n
		e.Apply = &a
	}
	if e.Applied != nil {
		a := *e.Applied
		a.Applied += r.n
		e.Applied = &a
	}
	return r.to.Record(e)
}

// withdraw moves the findings to the upper directory, where they make a
// changeset of which nothing is applied.
func (d *Direct) withdraw(ctx context.Context, o Options, c *Changeset) (*Changeset, int, error) {
	project, err := openProject(o.Project, o.ProjectID)
	if err != nil {
		return nil, 0, err
	}
	defer project.close()
	w := &withdrawer{tree: &upperTree{tree: project}, verdicts: map[Name]Entry{}}
	defer w.tree.restore()
	if w.upper, err = openTree(o.Dirs.Upper); err != nil {
		return nil, 0, err
	}
	defer w.upper.close()
	ordinary := 0
	for _, e := range c.Entries {
		if !finding(e) {
			ordinary++
			continue
		}
		if err := w.take(e); err != nil {
			return nil, 0, fmt.Errorf("%s: %w", printable(string(e.Path)), err)
		}
	}
	if err := d.putBack(o, w.tree); err != nil {
		return nil, 0, err
	}
	o.Stubs, o.Since = nil, time.Time{}
	set, err := w.changeset(ctx, o)
	return set, ordinary, err
}

// finding tells whether an entry must not stay. One that is only large may.
func finding(e Entry) bool {
	return e.Class != Ordinary && e.Class != Oversized && e.Fate != ToApply
}

type withdrawer struct {
	tree     *upperTree
	upper    *tree
	taken    string // the folder that was taken last, and all below it
	verdicts map[Name]Entry
	rest     []Entry // what cannot be taken: deletions, and modes that were put back
}

func (w *withdrawer) take(e Entry) error {
	w.verdicts[e.Path] = e
	rel := string(e.Path)
	switch {
	case w.taken != "" && within(rel, w.taken):
		return nil
	case e.Action == Deleted:
		w.rest = append(w.rest, e)
		return nil
	case e.Action == Mode:
		w.rest = append(w.rest, e)
		return w.putBack(e)
	}
	from, err := w.tree.dir(parent(rel))
	if err != nil {
		return err
	}
	defer from.close()
	to, err := w.folder(parent(rel))
	if err != nil {
		return err
	}
	defer to.close()
	w.taken = rel
	return from.carry(to, base(rel))
}

func within(rel, dir string) bool {
	return rel == dir || len(rel) > len(dir) && rel[:len(dir)] == dir && rel[len(dir)] == '/'
}

// putBack takes away the bits that were set on a file or folder.
func (w *withdrawer) putBack(e Entry) error {
	d, err := w.tree.dir(parent(string(e.Path)))
	if err != nil {
		return err
	}
	defer d.close()
	fd, err := open2(d.fd, base(string(e.Path)), unix.O_PATH|unix.O_NOFOLLOW, beneath)
	if err != nil {
		return err
	}
	f := &dir{fd}
	defer f.close()
	st, err := f.self()
	if err != nil || typeOf(st.Mode) != e.Lower.Type {
		return err
	}
	return unix.Chmod(procFd(fd), e.Lower.Mode)
}

// folder makes a folder of the upper directory, as the project's is.
func (w *withdrawer) folder(rel string) (*dir, error) {
	d, err := w.upper.dir(rel)
	if err != unix.ENOENT {
		return d, err
	}
	up, err := w.folder(parent(rel))
	if err != nil {
		return nil, err
	}
	defer up.close()
	if err := unix.Mkdirat(up.fd, base(rel), 0o700); err != nil {
		return nil, err
	}
	return w.upper.dir(rel)
}

// changeset reads what was taken. No entry of it is ordinary, whatever it looks
// like away from the rest.
func (w *withdrawer) changeset(ctx context.Context, o Options) (*Changeset, error) {
	set, err := Read(ctx, o)
	if err != nil {
		return nil, err
	}
	if set.Incomplete != "" {
		return nil, errors.New(set.Incomplete)
	}
	set.Entries = slices.DeleteFunc(set.Entries, func(e Entry) bool { return e.Action == Mode && e.Type == Dir })
	for i := range set.Entries {
		e := &set.Entries[i]
		if was, ok := w.verdicts[e.Path]; ok {
			e.Class, e.Detail, e.Action, e.Lower = was.Class, was.Detail, was.Action, was.Lower
		}
		if e.Class == Ordinary {
			e.Class, e.Detail = Guardrail, "found in the project with what was taken out of it"
		}
	}
	set.Entries = append(set.Entries, w.rest...)
	slices.SortFunc(set.Entries, func(a, b Entry) int { return comparePaths(a.Path, b.Path) })
	return set, nil
}
