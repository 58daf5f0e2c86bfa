package stage

import (
	"errors"

	"golang.org/x/sys/unix"
)

// errExpanded says that an operation was replaced by others.
var errExpanded = errors.New("replaced by its parts")

// merge replaces the moving in of a folder, where somebody else made one of
// that name meanwhile, by that of each thing in it.
func (a *applier) merge(o *op) error {
	store, names, err := a.store.open1(o.path(), DefaultMaxEntries)
	if err != nil {
		return err
	}
	defer store.close()
	var by []op
	for _, n := range names {
		st, err := store.statKept(n)
		if err != nil {
			return err
		}
		if st.Type == Absent {
			continue
		}
		var target Name
		if st.Type == Symlink {
			text, _ := store.readlink(n)
			target = Name(text)
		}
		part := op{Do: moveIn, Put: st, Entry: o.partOf(join(o.path(), n), st, target)}
		if st.Type == Dir {
			if part.PutMarks, err = store.marksOf(n, DefaultMaxEntries); err != nil {
				return err
			}
			part.Entry.Below = part.PutMarks.count()
		}
		by = append(by, part)
	}
	return a.replace(o, by)
}

// partOf is the entry of something in a folder that was one operation.
func (o *op) partOf(path string, st Stat, target Name) Entry {
	e := Entry{Path: Name(path), Action: o.Entry.Action, Type: st.Type, Mode: st.Mode,
		Size: st.Size, Mtime: st.Mtime, Target: target, Class: o.Entry.Class, Fate: o.Entry.Fate}
	if e.Action != Deleted {
		e.Action = Added
	}
	if st.Type == Dir {
		e.Size = 0
	}
	return e
}

// holdParts replaces the bringing in of a folder, which met a conflict, by the
// keeping of each thing in it.
func (a *applier) holdParts(o *op, why string) error {
	d, err := a.storeDir(parent(o.path()))
	if err != nil || d == nil {
		return err
	}
	top := o.Entry
	top.Below = 0
	by := []op{{Do: keepBack, Entry: top, Why: why}}
	err = d.walkBelow(base(o.path()), true, func(f found) bool {
		e := o.partOf(join(o.path(), f.rel), f.stat, f.target)
		e.Action, e.Lower = Added, Stat{}
		part := op{Do: keepBack, Entry: e, Why: why}
		by = append(by, part)
		return true
	})
	if gone(err) {
		a.why[o.N] = why
		return nil
	}
	if err != nil {
		return err
	}
	return a.replace(o, by)
}

// part replaces the moving out of a folder that is not what it was by that of
// each thing in it that is. The rest stays, and is named.
func (a *applier) part(o *op) error {
	if o.Do != moveOut {
		return changed()
	}
	s, err := a.look(o)
	if err != nil {
		return err
	}
	known, theirs := o.TakeMarks.set(), map[string]bool{}
	by := []op{{Do: dropFolder, Take: o.Take, Entry: o.partOf(o.path(), o.Take, "")}}
	err = s.project.walkBelow(s.name, true, func(f found) bool {
		part := op{Do: moveOut, Take: f.stat, Entry: o.partOf(join(o.path(), f.rel), f.stat, f.target)}
		switch {
		case theirs[parent(f.rel)]:
			theirs[f.rel] = true // named by the folder that it lies in
			return true
		case known[mark(f.rel, f.stat)] == 0:
			theirs[f.rel] = f.stat.Type == Dir
			part.Do, part.Take, part.Why = keepBack, Stat{}, changed().why
		case f.stat.Type == Dir:
			part.Do = dropFolder
		}
		by = append(by, part)
		return true
	})
	if err != nil {
		return err
	}
	return a.replace(o, by)
}

// replace writes the parts down, and lets them be carried out.
func (a *applier) replace(o *op, by []op) error {
	if err := a.step("expand"); err != nil {
		return err
	}
	if err := a.log.expand(o.N, by); err != nil {
		return err
	}
	return errExpanded
}

// removeFolder takes away a folder that was made to be filled one by one.
func (a *applier) removeFolder(o *op) error {
	s, err := a.look(o)
	if gone(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if !o.Take.is(s.now) {
		a.nothing[o.N] = true // gone, or never ours
		return nil
	}
	if err := a.step("rmdir"); err != nil {
		return err
	}
	a.touch(o)
	err = unix.Unlinkat(s.project.fd, s.name, unix.AT_REMOVEDIR)
	if err == unix.ENOTEMPTY {
		return conflict{"it holds what was made there since"}
	}
	return err
}
