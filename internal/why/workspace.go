package why

import (
	"path"
	"strings"

	"ringwall/internal/plan"
	"ringwall/internal/stage"
)

// workspace answers for a path of the project: hidden, frozen, held at the
// gate, or the agent's to change.
func (w World) workspace(a *Answer, c plan.Control, p string) {
	rel := strings.TrimPrefix(strings.TrimPrefix(p, w.Plan.Project), "/")
	w.missing(a, p)
	if m, ok := w.masked(rel); ok {
		w.hidden(a, m)
		return
	}
	if m, ok := w.memory(rel); ok {
		a.Parts = rights(m, "rwx")
		a.note("memory: changes are applied, and the report says so")
		return
	}
	if g, ok := w.frozen(rel); ok {
		w.guardrail(a, g, rel)
		return
	}
	a.Parts = rights(c, "rwx")
	if rel == "" || w.leadsToFrozen(rel) {
		a.note("the folder itself cannot be moved or removed: EBUSY")
	}
	if rel != "" {
		w.gate(a, p, rel)
	}
}

// direct tells whether the agent works in the project itself.
func (w World) direct() bool {
	for _, c := range w.Plan.Controls {
		if s := c.Want.Workspace; s != nil {
			return s.Mode == plan.ModeDirect
		}
	}
	return false
}

func (w World) masked(rel string) (plan.Control, bool) {
	for _, c := range w.Plan.Controls {
		if m := c.Want.Mask; m != nil && m.Path == rel {
			return c, true
		}
	}
	return plan.Control{}, false
}

// memory finds the entry of the policy that leaves a path to the agent.
func (w World) memory(rel string) (plan.Control, bool) {
	for _, c := range w.Plan.Controls {
		if m := c.Want.Memory; m != nil && within(rel, m.Path) {
			return c, true
		}
	}
	return plan.Control{}, false
}

// frozen finds the guardrail that a path is, or lies in.
func (w World) frozen(rel string) (plan.Control, bool) {
	for _, c := range w.Plan.Controls {
		if g := c.Want.Guardrail; g != nil && !g.Around && (g.Path == rel || g.Dir && within(rel, g.Path)) {
			return c, true
		}
	}
	return plan.Control{}, false
}

func (w World) leadsToFrozen(rel string) bool {
	for _, c := range w.Plan.Controls {
		g, m := c.Want.Guardrail, c.Want.Mask
		if g != nil && within(g.Path, rel) || m != nil && within(m.Path, rel) {
			return true
		}
	}
	return false
}

func (w World) hidden(a *Answer, c plan.Control) {
	a.Parts = rights(c, "")
	wayOut := "none: found as a secret without a word of the policy; the work does not need it"
	if c.From != "default" {
		wayOut = policyKey(c.From, "take the pattern out of [workspace] hide")
	}
	place, hidden := "a note in its place", "hidden: "+c.Want.Mask.Reason
	if c.Want.Mask.Part {
		place = "the file without that"
	}
	refuse(a.Parts[:1], place, hidden, wayOut)
	refuse(a.Parts, "EROFS", hidden, wayOut)
	a.note("it cannot be moved or removed either: EBUSY")
}

func (w World) guardrail(a *Answer, c plan.Control, rel string) {
	g := c.Want.Guardrail
	may := "rx"
	if !g.Present {
		may = "r"
	}
	if g.Hidden {
		a.note("it is shown empty: the agent's tool would run what is in it at its start")
	}
	wayOut := "none: its owner changes it outside; no key of the policy lets an agent do it"
	if c.From != "default" {
		wayOut = policyKey(c.From, "take it out of [workspace] freeze")
	}
	a.Parts = rights(c, may)
	switch {
	case !g.Present && rel != g.Path:
		refuse(a.Parts[2:], "ENOENT", "the folder is frozen as absent", wayOut)
		a.Parts[0].Verdict = Refused
		refuse(a.Parts[:1], "ENOENT", "the folder is frozen as absent", wayOut)
	case !g.Present && c.Status != plan.Enforced: // in direct mode nothing holds its place
		a.Parts[1].Verdict, a.Parts[1].Answer, a.Parts[1].WayOut = Refused, "taken out", wayOut
		a.Parts[1].Why = "a guardrail: " + g.Reason + "; it can be made, and is taken out of the project when the run ends"
		return
	case !g.Present:
		a.note("frozen as absent: something empty holds its name inside, and never reaches the project")
	}
	refuse(a.Parts, "EROFS", "a guardrail: "+g.Reason, wayOut)
	if rel == g.Path {
		a.note("it cannot be moved or removed either: EBUSY")
	}
}

// gate asks what becomes of a change when the iteration is over.
func (w World) gate(a *Answer, p, rel string) {
	rules := stage.RulesFromPlan(w.Plan)
	rules.GuardrailNames, rules.TopNames = w.GateNames, w.TopNames
	kind := stage.File
	if w.look(p).Dir {
		kind = stage.Dir
	}
	class, detail, err := rules.Judge(rel, kind)
	write := &a.Parts[1]
	switch {
	case err != nil: // what cannot be judged is not applied
		write.Verdict, write.Answer, write.Why = Refused, "held", err.Error()
	case class != stage.Ordinary:
		write.Verdict, write.Answer, write.Why = Refused, "held", "can be written inside, and is never applied: "+detail
		if w.direct() {
			write.Why = "can be written, and is taken out of the project when the run ends: " + detail
		}
	case w.direct():
		a.note("changes are in the project at once")
		return
	default:
		a.note("changes reach the project when all processes are dead, as far as the gate lets them")
		return
	}
	write.WayOut = "none: the owner takes it over from what is held, or makes it outside (" + path.Base(rel) + ")"
}
