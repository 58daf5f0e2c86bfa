package stage

import (
	"context"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// add appends an entry with its verdict; none is ordinary.
func (r *reader) add(e Entry, v verdict) {
	e.Class, e.Detail = v.class, v.detail
	if e.Class == "" {
		e.Class = Ordinary
		e.Detail = runsOnHost(e)
	}
	r.set.Entries = append(r.set.Entries, e)
}

// judge is the verdict on a name, a held parent's first.
func (r *reader) judge(f folder, rel string, kind Type) verdict {
	if f.kept.class != "" {
		return f.kept
	}
	return r.match.judge(rel, kind)
}

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
	v := r.judge(f, rel, Absent)
	if v.class == "" {
		v = r.changedMeanwhile(ls, changed)
	}
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
	return verdict{Conflict, "changed in the project since the iteration began"}
}

// directory reads a folder of the upper directory and queues its content.
func (r *reader) directory(it item) error {
	a, err := it.up.attrsOf(it.name)
	if err != nil {
		return err
	}
	opaque, err := r.isOpaque(it, &a)
	if err != nil {
		return err
	}
	v := r.judgeDir(it, a, opaque)
	e := it.entry()
	merged := it.ls.Type == Dir
	switch {
	case !merged:
		r.add(e, v)
	case v.class != "" && (opaque || a.bad != ""):
		r.add(e, v)
	case e.Mode != it.ls.Mode:
		e.Action = Mode
		r.add(e, v)
	}
	next := folder{rel: it.rel, depth: it.f.depth, lower: merged, kept: v}
	next.opaque = v.class == "" && (opaque || it.f.opaque)
	r.push(next)
	return nil
}

// isOpaque reads the mark of an opaque folder. To read an attribute, unlike to
// list it, takes the right to read the folder.
func (r *reader) isOpaque(it item, a *attrs) (bool, error) {
	if !slices.Contains(a.markers, markerPrefix+"opaque") {
		return false, nil
	}
	opaque, odd, err := it.up.opaque(it.name)
	if err == unix.EACCES {
		if err = r.upper.openUp(it.rel); err == nil {
			opaque, odd, err = it.up.opaque(it.name)
		}
	}
	if odd {
		a.bad = "overlay attribute opaque with an unknown value"
	}
	return opaque, err
}

// judgeDir is the verdict on a folder. One that hides the project's own is a
// deletion as well.
func (r *reader) judgeDir(it item, a attrs, opaque bool) verdict {
	v := r.judge(it.f, it.rel, Dir)
	if v.class == "" && a.bad != "" {
		v = verdict{Escape, a.bad}
	}
	if v.class == "" && it.ls.Type == Dir && opaque {
		v = r.judge(it.f, it.rel, Absent)
	}
	if v.class == "" {
		v = r.changedMeanwhile(it.ls, it.changed)
	}
	return v
}

// leaf reads anything but a folder.
func (r *reader) leaf(ctx context.Context, it item) error {
	a, err := it.up.attrsOf(it.name)
	if err != nil {
		return err
	}
	e := it.entry()
	if e.Type == Symlink {
		target, err := it.up.readlink(it.name)
		if err != nil {
			return err
		}
		e.Target, e.Mode = Name(target), 0
	}
	if a.bad == "" {
		same, err := r.unchanged(ctx, it, &e)
		if err != nil || same {
			r.countLink(it.us, -1)
			return err
		}
	}
	v := r.judgeLeaf(it, e, a)
	r.add(e, v)
	r.countLink(it.us, len(r.set.Entries)-1)
	if e.replacesDir() && v.class == "" {
		r.push(folder{rel: it.rel, depth: it.f.depth, gone: true, entry: len(r.set.Entries)})
	}
	return nil
}

// judgeLeaf is the verdict on a file, link or special file.
func (r *reader) judgeLeaf(it item, e Entry, a attrs) verdict {
	if v := r.judge(it.f, it.rel, e.Type); v.class != "" {
		return v
	}
	switch {
	case a.bad != "":
		return verdict{Escape, a.bad}
	case e.Type == Special:
		return verdict{Escape, specialKind(it.us.Mode)}
	case e.Mode&0o7000 != 0:
		return verdict{Escape, setBits(e.Mode)}
	case e.Type == Symlink:
		if why := r.linkEscapes(it.rel, string(e.Target)); why != "" {
			return verdict{Escape, why}
		}
	case e.Size > r.rules.MaxFile:
		return verdict{Oversized, "larger than the limit for one file"}
	}
	return r.changedMeanwhile(it.ls, it.changed)
}

// unchanged tells whether a file or link says the same as the project's own,
// as after a change of its times only. Where only the mode differs, e becomes
// that.
func (r *reader) unchanged(ctx context.Context, it item, e *Entry) (bool, error) {
	if e.Type != it.ls.Type {
		return false, nil
	}
	switch e.Type {
	case Symlink:
		old, err := it.low.readlink(it.name)
		return err == nil && old == string(e.Target), nil
	case File:
		if e.Size != it.ls.Size {
			return false, nil
		}
		same, err := sameContent(ctx, it.up, it.low, it.name)
		if err != nil || !same {
			return false, err
		}
		if e.Mode != it.ls.Mode {
			e.Action = Mode
			return false, nil
		}
		return true, nil
	}
	return false, nil
}

// countLink notes one more name of a file with several.
func (r *reader) countLink(st unix.Stat_t, entry int) {
	if st.Mode&unix.S_IFMT != unix.S_IFREG || st.Nlink < 2 {
		return
	}
	id := ID{uint64(st.Dev), st.Ino}
	g := r.links[id]
	if g == nil {
		g = &linkGroup{nlink: int(st.Nlink)}
		r.links[id] = g
	}
	g.seen++
	if entry >= 0 {
		g.entries = append(g.entries, entry)
	}
}

// finish looks at what only the whole shows, and sorts.
func (r *reader) finish() {
	for _, g := range r.links {
		if g.seen >= g.nlink {
			continue
		}
		for _, i := range g.entries {
			if e := &r.set.Entries[i]; e.Class == Ordinary {
				e.Class, e.Detail = Escape, "hard link to a file outside the tree"
			}
		}
	}
	r.holdBareRepositories()
	r.set.settle(r.o.Stubs)
}

// specialKind names a special file.
func specialKind(mode uint32) string {
	switch mode & unix.S_IFMT {
	case unix.S_IFIFO:
		return "fifo"
	case unix.S_IFSOCK:
		return "socket"
	}
	return "device"
}

// setBits names the bits above the permissions.
func setBits(mode uint32) string {
	switch {
	case mode&unix.S_ISUID != 0:
		return "setuid"
	case mode&unix.S_ISGID != 0:
		return "setgid"
	}
	return "sticky bit on a file"
}
