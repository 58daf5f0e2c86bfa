package report

import (
	"slices"
	"time"

	"ringwall/internal/evidence"
)

// Reviewed is what the owner decided about changes of an iteration.
type Reviewed struct {
	Time      time.Time         `json:"time"`
	Iteration int               `json:"iteration"`
	Decision  string            `json:"decision"` // accept, drop, rollback
	Changes   []evidence.Change `json:"changes"`
}

// reviewed takes a decision: what was held is decided, and what was rolled back
// is no longer in the project.
func (r *reducer) reviewed(e evidence.Event) {
	v := Reviewed{e.Time, e.Iteration, e.Reviewed.Decision, append([]evidence.Change{}, e.Reviewed.Changes...)}
	r.run.Reviewed = append(r.run.Reviewed, v)
	i := r.index(e)
	if v.Decision == "rollback" {
		r.undo(i)
		return
	}
	names := map[string]bool{}
	for _, c := range v.Changes {
		names[c.Name] = true
	}
	it, before := &r.run.Timeline[i], len(r.run.Held)
	r.run.Held = slices.DeleteFunc(r.run.Held, func(h Held) bool { return h.Iteration == v.Iteration && names[h.Name] })
	it.Held -= before - len(r.run.Held)
	if l := r.changes[i]; l != nil && v.Decision == "accept" {
		for name := range names { // what then turns out a conflict is held anew
			delete(l.held, name)
		}
	}
}

// undo takes an iteration's changes out of the sum.
func (r *reducer) undo(i int) {
	it := &r.run.Timeline[i]
	r.run.AppliedN -= it.Applied
	it.Applied = 0
	r.undone[i] = true
}

// reviews writes what the owner decided.
func (t *text) reviews(r Run) {
	if len(r.Reviewed) == 0 {
		return
	}
	t.head("Reviewed", "by the owner")
	for _, v := range r.Reviewed {
		t.put(2, "", v.Sentence())
		for _, c := range v.Changes[:min(listed, len(v.Changes))] {
			t.entry(4, pad(show(c.Action), 9)+" ", show(c.Name), show(c.Detail))
		}
		t.more(4, len(v.Changes), listed)
	}
}

// Sentence says who decided what, and when; printable.
func (v Reviewed) Sentence() string {
	did := map[string]string{"accept": "accepted", "drop": "dropped", "rollback": "rolled back"}[v.Decision]
	if did == "" {
		did = show(v.Decision)
	}
	it := Iteration{Number: v.Iteration}
	return v.Time.UTC().Format("2006-01-02 15:04") + " UTC: " + did + " " + count(len(v.Changes), "change") + " of " + it.name()
}
