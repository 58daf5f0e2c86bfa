package cli

import (
	"path/filepath"
	"slices"
	"strings"

	"ringwall/internal/agent"
	"ringwall/internal/agent/catalog"
	"ringwall/internal/evidence"
	"ringwall/internal/plan"
)

// bypasses lists what of the owner's command, or of the variables inside,
// switches off the permissions of the tool that it starts. What ringwall adds
// itself does not count: it is the form in which it confines the tool.
func (w *work) bypasses() []string {
	words := w.owns
	if shell(words) {
		words = strings.Fields(strings.NewReplacer("'", " ", `"`, " ", ";", " ").Replace(strings.Join(words, " ")))
	}
	env, _ := w.plan.Find("isolation.environment")
	var vars map[string]string
	if env.Want.Env != nil {
		vars = env.Want.Env.Vars
	}
	var out []string
	for _, a := range catalog.All() {
		d := a.Describe()
		chosen := w.project.Agent != nil && w.project.Agent.Describe().Name == d.Name
		if chosen || slices.ContainsFunc(words, d.Names) {
			out = append(out, d.Bypasses(words, vars)...)
		} else if d.Name == w.policy.Agent {
			out = append(out, d.Bypasses(nil, vars)...)
		}
	}
	slices.Sort(out)
	for i := range out {
		out[i] = agent.Head(out[i], 60)
	}
	return slices.Compact(out)
}

// shell tells whether a command is a text that a shell takes apart.
func shell(argv []string) bool {
	return len(argv) > 0 && slices.Contains([]string{"sh", "bash", "dash", "zsh", "ksh", "env"}, filepath.Base(argv[0]))
}

// unheld are the controls of the layers below the tool's own permissions that do
// not hold at all, or that the owner goes on without. A key that is not there
// lets nothing through.
func unheld(p plan.Plan) []string {
	var out []string
	for _, c := range p.Controls {
		lower := c.Layer == plan.Isolation || c.Layer == plan.Network || c.Layer == plan.Infrastructure
		lost := c.Status == plan.Unavailable || c.Status != plan.Enforced && waived(p, c.ID)
		if lower && lost && c.Want.Credential == nil {
			out = append(out, c.ID)
		}
	}
	return out
}

// refuseBypass stops before anything starts where layer 2 is switched off and
// the layers below it would not hold alone.
func (w *work) refuseBypass(code int) error {
	flags := w.bypasses()
	if len(flags) == 0 {
		return nil
	}
	lost := unheld(w.plan)
	if len(lost) == 0 {
		return nil
	}
	return exit(code, withHint("take it out, or mend those controls: ringwall doctor tells how",
		"nothing was started: %s switches the agent's own permissions off, and below them this does not hold: %s",
		strings.Join(flags, ", "), list(lost, 5)))
}

// bypassNote tells it in the text of a plan.
func (w *work) bypassNote() []string {
	flags := w.bypasses()
	if len(flags) == 0 {
		return nil
	}
	note := "Layer 2 is switched off by " + strings.Join(flags, ", ") + ": the agent's own permissions refuse nothing. "
	if len(unheld(w.plan)) > 0 {
		return []string{note + "That is refused, because not all of the layers below hold."}
	}
	return []string{note + "That is allowed because layers 3 to 5 hold in this plan."}
}

// recordBypass puts it on record that a run goes without layer 2.
func (s *session) recordBypass() error {
	flags := s.work.bypasses()
	if len(flags) == 0 {
		return nil
	}
	return s.journal.Record(evidence.Event{Warning: &evidence.Warning{Message: "layer 2 is switched off by " +
		strings.Join(flags, ", ") + "; layers 3 to 5 hold in this plan"}})
}
