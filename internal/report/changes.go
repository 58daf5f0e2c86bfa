package report

import (
	"slices"
	"strings"

	"ringwall/internal/evidence"
)

// ledger is what one entry of the timeline holds back, by name.
type ledger struct{ held map[string]bool }

// applied notes how the changes of an iteration were settled.
func (r *reducer) applied(e evidence.Event) {
	i := r.index(e)
	if r.undone[i] { // what putting back was counted as
		return
	}
	it, a := &r.run.Timeline[i], e.Applied
	it.Settled = true
	it.Applied += a.Applied
	it.Held += len(a.Held)
	r.run.AppliedN += a.Applied
	if r.changes[i] == nil {
		r.changes[i] = &ledger{held: map[string]bool{}}
	}
	for _, c := range a.Held {
		r.changes[i].held[c.Name] = true
		r.run.Held = append(r.run.Held, Held{Change: c, Iteration: it.Number, Dir: a.HeldDir})
	}
	r.rejected(it, r.changes[i], a.Rejected)
}

// net is what all iterations together did to the project. The events do not
// name what was applied: it is the changeset without what was held, and only
// where that is as many as the supervisor counted is it believed.
func (r *reducer) net() {
	byName := map[string]evidence.Change{}
	for i, it := range r.run.Timeline {
		applied := r.reached(i)
		if r.undone[i] || !it.Settled || len(applied) != it.Applied {
			continue
		}
		for _, c := range applied {
			before, seen := byName[c.Name]
			if c.Action = follow(before.Action, c.Action); c.Action == "" && seen {
				delete(byName, c.Name)
				continue
			}
			byName[c.Name] = c
		}
	}
	for _, c := range byName {
		r.run.Applied = append(r.run.Applied, c)
	}
	slices.SortFunc(r.run.Applied, func(a, b evidence.Change) int { return strings.Compare(a.Name, b.Name) })
}

// reached is the changes of an entry that were not held.
func (r *reducer) reached(i int) []evidence.Change {
	var out []evidence.Change
	for _, c := range r.run.Timeline[i].Changes {
		if l := r.changes[i]; l == nil || !l.held[c.Name] {
			out = append(out, c)
		}
	}
	return out
}

// follow is the effect of one action after another; "" is none.
func follow(before, after string) string {
	switch {
	case before == "added" && after == "deleted":
		return ""
	case before == "added":
		return "added"
	case before == "deleted" && after == "added":
		return "modified"
	case before == "modified" && after == "mode":
		return "modified"
	}
	return after
}
