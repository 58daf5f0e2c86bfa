package evidence

import (
	"fmt"
	"strings"
	"testing"
)

// TestBounds sends what an agent could make as long as it likes. Each event
// fits a line, what was cut says so, and what is long by right is not cut.
func TestBounds(t *testing.T) {
	huge := strings.Repeat("\x1b", 3<<20)
	many := make([]string, 5000)
	for i := range many {
		many[i] = huge[:8000]
	}
	_, b := fill(t, []Event{
		refuse(huge),
		{AgentResult: &AgentResult{Text: strings.Repeat("a", 60_000), Denied: many[:3]}},
		{AgentResult: &AgentResult{Text: huge, Denied: many}},
		{Recovered: &Recovered{What: many}},
		{RunStarted: &RunStarted{Command: many}},
	})
	got := readAll(t, b)
	if len(got) != 5 {
		t.Fatalf("%d events", len(got))
	}
	if w := got[0].Refused.What; len(w) > maxString+60 || !strings.HasSuffix(w, "[cut: 3145728 bytes in all]") {
		t.Errorf("%d bytes, ending %q", len(w), w[len(w)-40:])
	}
	if n := len(got[1].AgentResult.Text); n != 60_000 {
		t.Errorf("a result within its bound was cut to %d", n)
	}
	if d := got[2].AgentResult.Denied; len(d) != maxList+1 || d[maxList] != "... [cut: 4800 more]" {
		t.Errorf("%d entries, the last %q", len(d), d[len(d)-1])
	}
}

// TestLongListsAreKept: changes and held files are spread over events, none
// left out and none counted twice.
func TestLongListsAreKept(t *testing.T) {
	changes := make([]Change, 20_000)
	for i := range changes {
		changes[i] = Change{Name: fmt.Sprintf("node_modules/p/%d.js", i), Action: "added", Class: "ordinary"}
	}
	_, b := fill(t, []Event{
		{Changeset: &Changeset{Changes: changes}},
		{Applied: &Applied{Applied: 7, Held: changes, HeldDir: "held"}},
		{Changeset: &Changeset{}},
		{Applied: &Applied{Applied: 1}},
	})
	var seen, held, applied int
	for _, e := range readAll(t, b) {
		if e.Changeset != nil {
			seen += len(e.Changeset.Changes)
			continue
		}
		held, applied = held+len(e.Applied.Held), applied+e.Applied.Applied
		if len(e.Applied.Held) > 0 && e.Applied.HeldDir != "held" {
			t.Error("a part does not say where the files lie")
		}
	}
	if seen != 20_000 || held != 20_000 || applied != 8 {
		t.Errorf("seen %d, held %d, applied %d", seen, held, applied)
	}
}

func TestMultibyteIsCutWhole(t *testing.T) {
	got := cutBytes(strings.Repeat("é", 10), 5)
	if got != "éé... [cut: 20 bytes in all]" {
		t.Errorf("%q", got)
	}
}

// TestRejectedIsKept: a long list of what was rejected is spread over events and
// is complete, beside one of what was held; the number stands once.
func TestRejectedIsKept(t *testing.T) {
	many := make([]Change, 3000)
	for i := range many {
		many[i] = Change{Name: strings.Repeat("n", 200), Action: "added", Class: "guardrail", SHA256: strings.Repeat("a", 64)}
	}
	for _, a := range []Applied{{Applied: 7, Rejected: many}, {Applied: 7, Held: many, Rejected: many, HeldDir: "d"}, {Applied: 7, Held: many[:1], Rejected: many[:1]}, {Applied: 7}} {
		var sum Applied
		for _, e := range split(Event{Applied: &a}) {
			sum.Applied += e.Applied.Applied
			sum.Held, sum.Rejected = append(sum.Held, e.Applied.Held...), append(sum.Rejected, e.Applied.Rejected...)
		}
		if sum.Applied != 7 || len(sum.Held) != len(a.Held) || len(sum.Rejected) != len(a.Rejected) {
			t.Errorf("%d held, %d rejected became %d applied, %d held, %d rejected", len(a.Held), len(a.Rejected), sum.Applied, len(sum.Held), len(sum.Rejected))
		}
	}
}
