package stage

import (
	"slices"

	"golang.org/x/sys/unix"
)

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
	e.above.marked = len(a.markers) > 0
	merged := it.ls.Type == Dir
	if merged {
		if e.Attrs, err = r.attrsChanged(it, a); err != nil {
			return err
		}
	}
	next := folder{rel: it.rel, depth: it.f.depth, lower: merged, kept: v}
	next.pure = !merged && !slices.Contains(a.markers, markerPrefix+"impure")
	switch {
	case !merged:
		r.add(e, v)
		next.entry = len(r.set.Entries)
	case v.class != "" && (opaque || a.bad != ""):
		r.add(e, v)
	case e.Mode != it.ls.Mode:
		e.Action = Mode
		if r.match.around[foldedPath(it.rel)] {
			r.add(e, r.rules.let(verdict{class: Guardrail, detail: "frozen, but for the memory in it"}))
			break
		}
		r.add(e, v)
	case e.Attrs != nil:
		e.Action = Attrs
		r.add(e, v)
	}
	next.opaque = v.class == "" && (opaque || it.f.opaque)
	r.push(next)
	return nil
}

// attrsChanged compares the user's attributes of a folder that stays; nil when
// they are the same.
func (r *reader) attrsChanged(it item, a attrs) (*Pair, error) {
	b, err := it.low.attrsOf(it.name)
	if err != nil || len(a.users)+len(b.users) == 0 {
		return nil, err
	}
	var p Pair
	if p.Old, err = it.low.valuesOf(it.name, b.users); err != nil {
		return nil, err
	}
	if p.New, err = it.up.valuesOf(it.name, a.users); err != nil || sameAttrs(p.Old, p.New) {
		return nil, err
	}
	return &p, nil
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
	if v.class == "" && it.ls.Type != Dir && newWorktree(it.rel) {
		v = r.rules.let(verdict{class: Guardrail, detail: "a new worktree, which leads git elsewhere"})
	}
	if v.class == "" && a.bad != "" { // whatever the policy says of its class
		v = verdict{class: Escape, detail: a.bad, never: true}
	}
	if v.class == "" && it.ls.Type == Dir && opaque {
		v = stronger(v, r.judge(it.f, it.rel, Absent))
	}
	return stronger(v, r.changedMeanwhile(it.ls, it.changed))
}
