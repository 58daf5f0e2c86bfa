package report

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// limits writes what was asked for, what the kernel says is in force, and what
// was hit.
func (t *text) limits(r Run) {
	if len(r.Limits) == 0 {
		t.head("Limits", "none was read back")
	} else {
		t.head("Limits", "as read back after they were set")
		t.line("  " + t.style(dim, pad("", 12)+pad("asked", 14)+pad("in force", 14)+"by"))
	}
	for _, l := range r.Limits {
		row := pad(show(l.Resource), 11) + " " + pad(limitText(l.Resource, l.Asked), 13) + " " + pad(limitText(l.Resource, l.InForce), 13) + " "
		t.entry(2, row, show(l.By), l.note())
	}
	for _, l := range r.Reached {
		t.put(2, yellow, show(l.sentence()))
		if l.Control != "" {
			t.put(4, dim, show(l.Control))
		}
	}
}

// sentence tells of a limit that was hit.
func (l Reached) sentence() string {
	s := fmt.Sprintf("reached: %s, %s", l.Resource, limitText(l.Resource, l.Value))
	if l.Iteration > 0 {
		s += fmt.Sprintf(", in iteration %d", l.Iteration)
	}
	if l.Ended {
		s += ", and ended it"
	}
	return s
}

// hosts writes what went through the gateway.
func (t *text) hosts(r Run) {
	if len(r.Hosts) == 0 {
		t.head("Requests", "none")
		return
	}
	t.head("Requests", "let through, by host")
	t.line("  " + t.style(dim, pad("", 38)+pad("requests", 10)+pad("failed", 8)+pad("out", 11)+"in"))
	for _, h := range r.Hosts[:min(listed, len(r.Hosts))] {
		t.host(h)
	}
	t.more(2, len(r.Hosts), listed)
}

// host writes one row; a long name gets a line of its own.
func (t *text) host(h Host) {
	name := show(h.address())
	if width(name) > 37 {
		t.put(2, "", name)
		name = ""
	}
	t.line("  " + pad(name, 38) + pad(strconv.Itoa(h.Requests), 10) + pad(strconv.Itoa(h.Failed), 8) +
		pad(bytesText(h.Sent), 11) + bytesText(h.Received))
	if h.Credential != "" {
		t.put(4, dim, show("credential "+h.Credential+", put in by the gateway"))
	}
}

// address is the name with its port, or what stands for a name only looked up.
func (h Host) address() string {
	if h.Port == 0 {
		return h.Name + " (lookup)"
	}
	return h.Name + ":" + strconv.Itoa(h.Port)
}

// allEnforced is what a run has that lacks nothing.
const allEnforced = "nothing: every control of the plan holds"

// notEnforced writes the controls that are weaker than the policy asks.
func (t *text) notEnforced(r Run) {
	switch {
	case !r.known():
		t.head("Not enforced here", unknownStart)
		return
	case len(r.NotEnforced) == 0:
		t.head("Not enforced here", allEnforced)
		return
	}
	t.head("Not enforced here", count(len(r.NotEnforced), "control"))
	for _, w := range r.NotEnforced {
		status := w.Status
		if w.Waived {
			status += ", waived by the owner"
		}
		t.entry(2, "", show(w.ID), show(status))
		t.put(4, "", show(w.Why))
	}
}

// notices writes what was recovered and what a person should know.
func (t *text) notices(r Run) {
	if len(r.Recovered) > 0 {
		t.head("Recovered", "from an earlier run that was cut off")
	}
	for _, x := range r.Recovered {
		t.put(2, "", show(x.Run)+": "+show(x.Did))
		for _, w := range x.What[:min(listed, len(x.What))] {
			t.put(4, "", show(w))
		}
		t.more(4, len(x.What), listed)
	}
	if len(r.Warnings) > 0 {
		t.head("Warnings", "")
	}
	for _, w := range r.Warnings[:min(listed, len(r.Warnings))] {
		t.entry(2, "", show(w.Message), times(w.Count))
	}
	t.more(2, len(r.Warnings), listed)
}

// times is how often, unless it is once.
func times(n int) string {
	if n > 1 {
		return strconv.Itoa(n) + " times"
	}
	return ""
}

// facts writes which run this was and how far its journal can be believed.
func (t *text) facts(r Run) {
	t.head("Run", show(r.ID))
	for _, f := range r.about() {
		t.entry(2, pad(f.Name, 9)+" ", f.Value, "")
	}
	code := ""
	if r.Journal.Checked && !r.Journal.trusted() {
		code = red
	}
	t.line("")
	for i, l := range wrap(show(r.Journal.Verdict()), lineWidth-9) {
		label := spaces(9)
		if i == 0 {
			label = t.style(bold, "Journal") + "  "
		}
		t.line(label + t.style(code, l))
	}
	if r.Journal.Checked {
		t.put(9, dim, "head "+show(r.Journal.Head))
	}
}

// fact is one line about the run, fit to be shown.
type fact struct{ Name, Value string }

// about is the facts of the run, in order.
func (r Run) about() []fact {
	all := []fact{
		{"project", r.Project}, {"agent", r.Agent}, {"command", strings.Join(r.Command, " ")},
		{"started", stamp(r.Started)}, {"ended", stamp(r.Ended)}, {"exit", strconv.Itoa(r.ExitCode)},
		{"plan", r.PlanHash}, {"policy", r.PolicyHash}, {"ringwall", r.Ringwall}, {"kernel", r.Kernel},
	}
	var out []fact
	for _, f := range all {
		if f.Name == "exit" && r.Outcome == Unfinished {
			continue
		}
		if f.Value != "" {
			out = append(out, fact{f.Name, show(f.Value)})
		}
	}
	return out
}

// stamp is a time in UTC to the second.
func stamp(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format("2006-01-02 15:04:05 UTC")
}
