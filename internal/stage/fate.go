package stage

import (
	"slices"

	"ringwall/internal/plan"
)

// Fate is what becomes of an entry: the policy's word for its class, or for a
// finding about it. An empty one is the default of its class.
type Fate string

// The fates, the stricter later.
const (
	ToApply  Fate = "apply"
	ToHold   Fate = "hold"   // kept for review
	ToReject Fate = "reject" // neither applied nor kept; the journal has its name, size and hash
)

// RunsOnHost is the gate of ordinary entries that run on the host.
const RunsOnHost = "runs_on_host"

// Applies tells whether the entry is to reach the project.
func (e Entry) Applies() bool {
	return e.Fate == ToApply || e.Fate == "" && e.Class == Ordinary
}

// Rejected tells whether the entry is not even kept.
func (e Entry) Rejected() bool { return e.Fate == ToReject }

// verdict is a class with its reason, or, where the policy lets that class
// pass, no class and what it would have been.
type verdict struct {
	class  Class
	detail string
	passed Class
	// never: no policy lets it pass. Applying could not bring it into the
	// project as it is, or what a crash left could not be told from it.
	never bool
}

// let turns a verdict on a class that the policy lets pass into none.
func (r Rules) let(v verdict) verdict {
	if v.class == "" || v.class == Conflict || v.never || r.Fates[string(v.class)] != ToApply {
		return v
	}
	return verdict{detail: v.detail, passed: v.class}
}

// setVerdict gives an entry its class, and the policy's word where that is not
// the default.
func (r Rules) setVerdict(e *Entry, v verdict) {
	runs := e.Runs
	e.Runs = ""
	switch {
	case v.passed != "":
		e.Class, e.Detail, e.Fate = v.passed, v.detail, ToApply
	case v.class != "":
		e.Class, e.Detail, e.Fate = v.class, v.detail, ""
		if v.class != Conflict && r.Fates[string(v.class)] == ToReject {
			e.Fate = ToReject
		}
	default:
		e.Class, e.Runs = Ordinary, runs
		r.setOrdinary(e)
	}
}

// setOrdinary holds what the policy does not let pass although it is ordinary.
func (r Rules) setOrdinary(e *Entry) {
	f := r.Fates[string(Ordinary)]
	if e.Runs != "" && stricter(r.Fates[RunsOnHost], f) {
		f = r.Fates[RunsOnHost]
	}
	if f == ToHold || f == ToReject {
		e.Fate = f
	}
}

// stricter compares two fates; none is the weakest.
func stricter(a, b Fate) bool {
	rank := map[Fate]int{ToApply: 1, ToHold: 2, ToReject: 3}
	return rank[a] > rank[b]
}

// Mark gives the entry of that path a stricter fate than it has, with the
// reason. It tells whether there is such an entry and it was to be applied.
// Agree has to follow the last of them.
func (c *Changeset) Mark(path Name, f Fate, why string) bool {
	i, found := slices.BinarySearchFunc(c.Entries, path, func(e Entry, p Name) int { return comparePaths(e.Path, p) })
	if !found || !c.Entries[i].Applies() || f != ToHold && f != ToReject {
		return false
	}
	c.Entries[i].Fate, c.Entries[i].Detail = f, why
	return true
}

// Agree makes the fates of entries agree with each other: what stays keeps the
// folders that it lies in.
func (c *Changeset) Agree() {
	c.keepFoldersOfKept()
	c.holdEmptyFolders()
}

// fates takes the classes' gates from a plan.
func fates(p plan.Plan) map[string]Fate {
	out := map[string]Fate{}
	for _, c := range p.Controls {
		if g := c.Want.Gate; g != nil && g.Command == "" && g.Most == 0 {
			out[g.Name] = Fate(g.Action)
		}
	}
	return out
}
