package cli

import (
	"fmt"
	"slices"
	"strings"

	"ringwall/internal/plan"
	"ringwall/internal/why"
)

// showAnswer prints one: the verdict, what the question was taken for, and each
// operation with its control. What two operations have in common stands once.
func (e *env) showAnswer(w why.World, a why.Answer, operation string) {
	t := table{e.out, 12}
	fmt.Fprintf(e.out, "%s: %s\n", a.Verdict, printableLines(a.Asked))
	t.row("  "+string(a.As), a.Subject+also(a.Also))
	var last why.Part
	for _, p := range a.Parts {
		if operation != "" && a.As == why.Path && p.Operation != operation {
			continue
		}
		t.row("  "+p.Operation, outcome(w, a, p))
		details(t, p, last)
		last = p
	}
	for _, n := range a.Notes {
		t.row("  note", n)
	}
}

func also(kinds []why.Kind) string {
	if len(kinds) == 0 {
		return ""
	}
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = string(k)
	}
	return " (it is a " + strings.Join(names, " and a ") + " too: --as asks about that)"
}

// outcome is the verdict with what comes back.
func outcome(w why.World, a why.Answer, p why.Part) string {
	if a.As == why.Limit {
		return limitText(w, a, p)
	}
	switch {
	case p.Answer == "":
		return string(p.Verdict)
	case p.Verdict == why.Conditional:
		return "conditional, else " + p.Answer
	}
	return string(p.Verdict) + ", " + p.Answer
}

func limitText(w why.World, a why.Answer, p why.Part) string {
	for _, c := range w.Plan.Controls {
		if l := c.Want.Limit; l != nil && l.Resource == a.Asked {
			return fmt.Sprintf("up to %s by %s, then: %s", amount(l.Resource, l.Value), l.By, p.Answer)
		}
	}
	return p.Answer
}

// details prints what stands behind a part, as far as the part before it did
// not say the same.
func details(t table, p, before why.Part) {
	if p.Control != before.Control || p.From != before.From {
		layer := 1 + slices.Index(plan.Layers(), plan.LayerID(p.Layer))
		t.row("    by", fmt.Sprintf("%s (layer %d, %s)", p.Control, layer, p.Layer))
		t.row("    from", p.From)
	}
	if p.Why != "" && p.Why != before.Why {
		t.row("    why", p.Why)
	}
	if p.WayOut != "" && p.WayOut != before.WayOut {
		t.row("    way out", p.WayOut)
	}
}
