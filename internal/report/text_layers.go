package report

import (
	"fmt"
	"strconv"

	"ringwall/internal/evidence"
)

// asksOnly is what layer 1 is, wherever it is shown.
const asksOnly = "instructions only: it asks, and stops nothing by force"

// layers writes the refusals, layer by layer.
func (t *text) layers(r Run) {
	total := 0
	for _, l := range r.Layers {
		total += l.Stopped
	}
	t.head("Stopped", count(total, "attempt")+", by layer")
	for _, l := range r.Layers {
		t.layer(l)
	}
}

// layer writes one layer with its refusals.
func (t *text) layer(l Layer) {
	number := "?"
	if l.Number > 0 {
		number = strconv.Itoa(l.Number)
	}
	sum := "none"
	if l.Stopped > 0 {
		sum = strconv.Itoa(l.Stopped)
	} else if l.Number == 1 {
		sum = asksOnly
	}
	t.line("  " + number + " " + t.style(bold, pad(evidence.Cut(show(l.Name), 40), 15)) + " " + sum)
	for _, x := range l.Refusals[:min(listed, len(l.Refusals))] {
		t.refusal(x)
	}
	t.more(4, len(l.Refusals), listed)
}

// refusal writes what was tried, how it ended, whose word that is, and which
// control it was.
func (t *text) refusal(x Refusal) {
	remark := said(x.Source)
	if x.Errno != "" {
		remark = x.Errno + ", " + remark
	}
	t.entry(4, fmt.Sprintf("%5d x  ", x.Count), show(x.What), show(remark))
	if x.Control != "" {
		t.put(12, dim, show(x.Control))
	}
	if x.Why != "" {
		t.put(12, "", show(x.Why))
	}
}
