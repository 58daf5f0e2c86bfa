package isolation

import (
	"fmt"
	"slices"
	"strings"

	"ringwall/internal/host"
	"ringwall/internal/plan"
	"ringwall/internal/project"
)

// workspace is the project: a tree to work in, frozen guardrails, hidden
// secrets.
func (c *compiler) workspace() {
	c.tree()
	for _, g := range c.project.Guardrails {
		c.add("guardrail:"+g.Path, plan.Op{Guardrail: &plan.Guardrail{
			Path: g.Path, Dir: g.Dir, Present: g.Present, Reason: g.Reason, Link: g.Link, Around: g.Around, Hidden: g.Hidden}},
			host.Ability{OK: true}, c.asked("workspace.freeze", c.policy.Workspace.Freeze, g.Asked))
		if c.direct() && !g.Present && !c.inFrozen(g.Path) {
			c.downgrade(absentInDirect)
		}
	}
	for i, p := range c.project.Memory {
		c.add("memory:"+p, plan.Op{Memory: &plan.Memory{Path: p}},
			host.Ability{OK: true}, c.policy.Where(fmt.Sprintf("workspace.memory[%d]", i)))
	}
	for _, s := range c.project.Secrets {
		c.add("secret:"+s.Path, plan.Op{Mask: &plan.Mask{Path: s.Path, Reason: s.Reason, Content: s.Shown, Part: s.Part}},
			host.Ability{OK: true}, c.asked("workspace.hide", c.policy.Workspace.Hide, s.Asked))
	}
	c.committed()
	if c.project.Incomplete != "" {
		c.incomplete()
	}
}

// committed says which secrets are not hidden.
func (c *compiler) committed() {
	var names []string
	for _, s := range c.project.Committed {
		names = append(names, s.Path)
	}
	if len(names) == 0 {
		return
	}
	shown := strings.Join(names[:min(len(names), 5)], ", ")
	if more := len(names) - 5; more > 0 {
		shown += fmt.Sprintf(" and %d more", more)
	}
	c.controls = append(c.controls, plan.Control{ID: "isolation.committed-secrets", Layer: plan.Isolation, From: byDefault,
		Want: plan.Op{Search: &plan.Search{}}, Status: plan.Downgraded,
		Why: "committed, so git's history shows them to the agent and they are not hidden: " + shown +
			"; what is live in them has to be replaced, and workspace.hide covers the files all the same"})
}

// asked is the line of the policy's list that holds the entry.
func (c *compiler) asked(key string, list []string, entry string) string {
	if i := slices.Index(list, entry); i >= 0 {
		return c.policy.Where(fmt.Sprintf("%s[%d]", key, i))
	}
	return byDefault
}

// What direct mode cannot hold. The owner asked for it in so many words, so a
// run need not be allowed by name once more.
const (
	inDirect = "direct: each write is in the project at once. What steers agents, runs by itself or leads out is " +
		"taken out again when the run ends, not before; nothing can be rolled back"
	absentInDirect = "direct: it is not there, and nothing can hold its place. If it is made, it is taken out of the " +
		"project when the run ends"
)

func (c *compiler) direct() bool { return c.policy.Workspace.Mode == plan.ModeDirect }

// copied says why the agent works in a copy; empty where it does not.
func (c *compiler) copied() string {
	switch {
	case c.direct() || !c.host.Sandbox.OK:
		return ""
	case !c.host.Overlay.OK:
		return c.host.Overlay.Why
	}
	return c.host.NoOverlay
}

// tree is what the agent works in: an overlay above the project, a copy of it
// where no overlay can be had, or the project itself.
func (c *compiler) tree() {
	w := &plan.Workspace{Path: c.project.Path, Mode: c.policy.Workspace.Mode}
	can := host.Ability{OK: true}
	switch {
	case c.direct() && c.host.IsRoot() && c.host.Account != nil && !c.host.Idmap.OK:
		can = host.Ability{Why: "as root the project is shown through an id-mapped mount: " + c.host.Idmap.Why}
	case c.direct():
	case c.copied() != "":
		w.Form, w.Because = plan.FormCopy, c.copied()
	default:
		can = c.host.Overlay
	}
	c.add("workspace", plan.Op{Workspace: w}, can, c.policy.Where("workspace.mode"))
	if c.direct() && can.OK {
		c.downgrade(inDirect)
	}
}

// downgrade says what the last control does not hold.
func (c *compiler) downgrade(why string) {
	last := &c.controls[len(c.controls)-1]
	last.Status, last.Must, last.Why = plan.Downgraded, false, why
}

// inFrozen tells whether a path lies in a folder that is there and frozen as a
// whole.
func (c *compiler) inFrozen(path string) bool {
	return slices.ContainsFunc(c.project.Guardrails, func(g project.Guardrail) bool {
		return g.Dir && g.Present && strings.HasPrefix(path, g.Path+"/")
	})
}

// incomplete says that the search for guardrails and secrets was cut. What was
// not looked at is not known to be safe, so the run needs its owner's word.
func (c *compiler) incomplete() {
	c.controls = append(c.controls, plan.Control{ID: "isolation.search", Layer: plan.Isolation,
		Want: plan.Op{Search: &plan.Search{}}, Status: plan.Downgraded, Must: true,
		Why: "the project was not searched in full for guardrails and secrets: " + c.project.Incomplete})
}
