package stage

import (
	"context"

	"golang.org/x/sys/unix"

	"ringwall/internal/scan"
)

// add appends an entry with its verdict; none is ordinary.
func (r *reader) add(e Entry, v verdict) {
	r.rules.setVerdict(&e, v)
	if e.Class == Ordinary && r.match.remembered(foldedPath(string(e.Path))) {
		e.Detail = memoryDetail
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
	return r.rules.let(r.match.judge(rel, kind))
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
	if v.class == "" {
		e.Runs = r.runs(it, e)
	}
	r.add(e, v)
	r.countLink(it.us, len(r.set.Entries)-1)
	if e.replacesDir() && v.class == "" {
		r.push(folder{rel: it.rel, depth: it.f.depth, gone: true, entry: len(r.set.Entries)})
	}
	return nil
}

// runs tells why an entry runs on the host. A package.json is read for it,
// unless it is one of the many of installed packages.
func (r *reader) runs(it item, e Entry) string {
	why := runsByName(e)
	if base(it.rel) != packageFile || e.Type != File || e.Action == Mode || installed(it.rel) {
		return why
	}
	after, err := it.up.head(it.name, scan.MaxContent+1)
	if err != nil {
		return "package scripts that cannot be read"
	}
	var before []byte
	if it.ls.Type == File {
		if before, err = it.low.head(it.name, scan.MaxContent+1); err != nil {
			before = nil // then all of it counts as new
		}
	}
	if changed := packageRuns(before, after); changed != "" {
		return changed
	}
	return why
}

// judgeLeaf is the verdict on a file, link or special file. What a name lets
// pass may still not pass for what it is.
func (r *reader) judgeLeaf(it item, e Entry, a attrs) verdict {
	byName := r.judge(it.f, it.rel, e.Type)
	if byName.class != "" {
		return byName
	}
	v := stronger(r.rules.let(r.judgeKind(it, e, a)), byName)
	return stronger(v, r.changedMeanwhile(it.ls, it.changed))
}

// stronger is the verdict that keeps the entry, else the one that says more.
func stronger(v, other verdict) verdict {
	if v.class == "" && (other.class != "" || v.passed == "") {
		return other
	}
	return v
}

// judgeKind is the verdict on what it is, whatever its name.
func (r *reader) judgeKind(it item, e Entry, a attrs) verdict {
	switch {
	case a.bad != "":
		return verdict{class: Escape, detail: a.bad, never: true}
	case e.Type == Special:
		return verdict{class: Escape, detail: specialKind(it.us.Mode), never: true}
	case e.Mode&0o7000 != 0:
		return verdict{class: Escape, detail: setBits(e.Mode)}
	case e.Type == Symlink:
		if why := r.linkEscapes(it.rel, string(e.Target)); why != "" {
			return verdict{class: Escape, detail: why}
		}
	case e.Size > r.rules.MaxFile:
		return verdict{class: Oversized, detail: "larger than the limit for one file"}
	}
	return verdict{}
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
			if e := &r.set.Entries[i]; e.Applies() {
				r.rules.setVerdict(e, r.rules.let(verdict{class: Escape, detail: "hard link to a file outside the tree"}))
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
