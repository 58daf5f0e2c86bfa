package stage

import (
	"context"

	"golang.org/x/sys/unix"
)

// add appends an entry with its verdict; none is ordinary.
func (r *reader) add(e Entry, v verdict) {
	e.Class, e.Detail = v.class, v.detail
	if e.Class == "" {
		e.Class = Ordinary
		e.Runs = runsOnHost(e)
		if r.match.remembered(foldedPath(string(e.Path))) {
			e.Detail = memoryDetail
		}
	}
	r.set.Entries = append(r.set.Entries, e)
}

// memoryDetail is what a change of the agent's memory says: the next iteration
// reads it.
const memoryDetail = "memory: the agent's own, kept from one iteration to the next"

// judge is the verdict on a name, a held parent's first.
func (r *reader) judge(f folder, rel string, kind Type) verdict {
	if f.kept.class != "" {
		return f.kept
	}
	return r.match.judge(rel, kind)
}

// leaf reads anything but a folder.
func (r *reader) leaf(ctx context.Context, it item) error {
	e := it.entry()
	var a attrs
	if !it.f.pure || e.Mode&0o111 != 0 || e.Type == Special {
		var err error
		if a, err = it.up.attrsOf(it.name); err != nil {
			return err
		}
		e.above.marked = len(a.markers) > 0
		e.above.origin = it.up.origin(it.name, a)
	}
	if e.Type == Symlink {
		target, err := it.up.readlink(it.name)
		if err != nil {
			return err
		}
		e.Target, e.Mode = Name(target), 0
	}
	if a.bad == "" {
		same, err := r.unchanged(ctx, it, a, &e)
		linked := same && e.Type == File && it.us.Nlink > 1 && r.judge(it.f, it.rel, e.Type).class == ""
		if err != nil || same && !linked { // one that got a second name is applied for its sake
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
func (r *reader) unchanged(ctx context.Context, it item, a attrs, e *Entry) (bool, error) {
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
		if p, err := r.attrsChanged(it, a); err != nil || p != nil {
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
	r.set.findRenames()
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
