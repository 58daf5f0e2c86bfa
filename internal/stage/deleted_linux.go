package stage

import (
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// whiteout reads overlayfs' mark for a deleted name.
func (r *reader) whiteout(it item) {
	if it.ls.Type != Absent {
		r.deleted(it.f, it.rel, it.ls, it.changed)
	}
}

// deleted adds the deletion of a name of the project. A folder's content is
// listed too, since a guardrail may lie in it.
func (r *reader) deleted(f folder, rel string, ls Stat, changed time.Time) {
	e := Entry{Path: Name(rel), Action: Deleted, Type: ls.Type, Mode: ls.Mode, Lower: ls}
	v := stronger(r.judge(f, rel, Absent), r.changedMeanwhile(ls, changed))
	r.add(e, v)
	if ls.Type == Dir && v.class == "" {
		r.push(folder{rel: rel, depth: f.depth, gone: true, entry: len(r.set.Entries)})
	}
}

// deletedFolder adds what lies in a deleted folder of the project, or in one
// that an opaque folder hides, but for the names that stand above it.
func (r *reader) deletedFolder(f folder, but []string) error {
	names, more, err := r.project.list(f.rel, r.left())
	r.count(len(names), more)
	if err == unix.EACCES {
		r.unreadable(f)
		return nil
	}
	if err == unix.ENOENT || r.set.Incomplete != "" {
		return nil // gone meanwhile: there is nothing left to delete
	}
	if err != nil {
		return err
	}
	low, err := r.project.dir(f.rel)
	if err != nil {
		return err
	}
	defer low.close()
	slices.Sort(but)
	for _, n := range names {
		if _, stands := slices.BinarySearch(but, n); stands {
			continue
		}
		ls, changed, err := low.statChanged(n)
		if err != nil {
			return err
		}
		if ls.Type != Absent {
			r.deleted(f, join(f.rel, n), ls, changed)
		}
	}
	return nil
}

// unreadable holds the deletion of a folder whose content is not known.
func (r *reader) unreadable(f folder) {
	if f.entry == 0 {
		r.add(Entry{Path: Name(f.rel), Action: Deleted, Type: Dir}, verdict{})
		f.entry = len(r.set.Entries)
	}
	e := &r.set.Entries[f.entry-1]
	e.Class, e.Detail = Conflict, "its content cannot be read"
}

// changedMeanwhile is a conflict where the project's own file changed after
// the iteration began.
func (r *reader) changedMeanwhile(ls Stat, changed time.Time) verdict {
	since := r.o.Since
	if since.IsZero() || ls.Type == Absent || ls.Type == Dir || !changed.After(since) {
		return verdict{}
	}
	return verdict{class: Conflict, detail: "changed in the project since the iteration began"}
}
