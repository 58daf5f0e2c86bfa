package report

import (
	"cmp"
	"fmt"

	"ringwall/internal/evidence"
)

// Finding is what a gate found in an iteration's changes.
type Finding struct {
	evidence.Finding
	Iteration int `json:"iteration"`
}

// NotApplied is an iteration of which nothing reached the project.
type NotApplied struct {
	evidence.NotApplied
	Iteration int `json:"iteration"`
}

// addGate takes what the gates say of a changeset.
func (r *reducer) addGate(e evidence.Event) {
	if f := e.Finding; f != nil {
		r.run.Findings = append(r.run.Findings, Finding{*f, e.Iteration})
	}
	if n := e.NotApplied; n != nil {
		r.at(e).NotApplied = n.Did
		r.run.NotApplied = append(r.run.NotApplied, NotApplied{*n, e.Iteration})
	}
}

// rejected notes what was neither applied nor kept.
func (r *reducer) rejected(it *Iteration, l *ledger, all []evidence.Change) {
	it.Rejected += len(all)
	for _, c := range all {
		l.held[c.Name] = true
		r.run.Rejected = append(r.run.Rejected, Held{Change: c, Iteration: it.Number})
	}
}

// remark is what is special about a change.
func remark(c evidence.Change) string {
	if c.Runs == "" {
		return c.Detail
	}
	return join("runs here", c.Runs)
}

// reason is why a change was not applied: its class, or what a gate found about
// an ordinary one.
func reason(c evidence.Change) string {
	if c.Class == "ordinary" && c.Detail != "" {
		return c.Detail
	}
	return join(c.Class, c.Detail)
}

// gates writes what the gates found, and what was not applied because of it.
func (t *text) gates(r Run) {
	if len(r.NotApplied) > 0 {
		t.head("Not applied", count(len(r.NotApplied), "iteration")+", by the gates")
	}
	for _, n := range r.NotApplied {
		t.put(2, yellow, fmt.Sprintf("%s: %s %s whole: %s", iterationName(n.Iteration), count(n.Count, "change"), show(n.Did), show(n.Why)))
		if n.Dir != "" {
			t.put(4, dim, "in "+show(n.Dir))
		}
	}
	if len(r.Rejected) > 0 {
		t.head("Rejected", count(len(r.Rejected), "change")+", neither applied nor kept")
		for _, h := range r.Rejected[:min(listed, len(r.Rejected))] {
			t.entry(2, pad(show(h.Action), 9)+" ", show(h.Name), show(reason(h.Change)))
			if h.SHA256 != "" {
				t.put(4, dim, "sha256 "+show(h.SHA256))
			}
		}
		t.more(2, len(r.Rejected), listed)
	}
	if len(r.Findings) > 0 {
		t.head("Findings", count(len(r.Findings), "finding")+" of the gates")
		for _, f := range r.Findings[:min(listed, len(r.Findings))] {
			t.entry(2, pad(show(f.Action), 9)+" ", show(f.What), show(f.Gate))
		}
		t.more(2, len(r.Findings), listed)
	}
}

func iterationName(n int) string {
	return Iteration{Number: n}.name()
}

// settled says how the changes of an iteration were settled.
func (it Iteration) settled() string {
	switch {
	case it.NotApplied != "":
		return " (all " + it.NotApplied + ")"
	case !it.Settled:
		return ""
	}
	s := fmt.Sprintf(" (%d applied, %d held", it.Applied, it.Held)
	if it.Rejected > 0 {
		s += fmt.Sprintf(", %d rejected", it.Rejected)
	}
	return s + ")"
}

// sentence is a finding on the page.
func (f Finding) sentence() string {
	return fmt.Sprintf("%s: %s (%s, %s)", iterationName(f.Iteration), f.What, f.Gate, cmp.Or(f.Action, "report"))
}

// sentence is a withheld iteration on the page.
func (n NotApplied) sentence() string {
	return fmt.Sprintf("%s: %s %s whole: %s", iterationName(n.Iteration), count(n.Count, "change"), n.Did, n.Why)
}
