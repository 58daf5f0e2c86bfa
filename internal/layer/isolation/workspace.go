package isolation

import (
	"fmt"
	"slices"
	"strconv"

	"ringwall/internal/host"
	"ringwall/internal/plan"
)

// workspace is the project: an overlay, frozen guardrails, hidden secrets.
func (c *compiler) workspace() {
	mode := c.policy.Workspace.Mode
	c.add("workspace", plan.Op{Workspace: &plan.Workspace{Path: c.project.Path, Mode: mode}},
		c.overlay(mode), c.policy.Where("workspace.mode"))
	for _, g := range c.project.Guardrails {
		c.add("guardrail:"+g.Path, plan.Op{Guardrail: &plan.Guardrail{
			Path: g.Path, Dir: g.Dir, Present: g.Present, Reason: g.Reason, Link: g.Link, Around: g.Around}},
			host.Ability{OK: true}, c.asked("workspace.freeze", c.policy.Workspace.Freeze, g.Asked))
	}
	for i, p := range c.project.Memory {
		c.add("memory:"+p, plan.Op{Memory: &plan.Memory{Path: p}},
			host.Ability{OK: true}, c.policy.Where(fmt.Sprintf("workspace.memory[%d]", i)))
	}
	for _, s := range c.project.Secrets {
		c.add("secret:"+s.Path, plan.Op{Mask: &plan.Mask{Path: s.Path, Reason: s.Reason, Content: s.Shown, Part: s.Part}},
			host.Ability{OK: true}, c.asked("workspace.hide", c.policy.Workspace.Hide, s.Asked))
	}
	if c.project.Incomplete != "" {
		c.incomplete()
	}
}

// asked is the line of the policy's list that holds the entry.
func (c *compiler) asked(key string, list []string, entry string) string {
	if i := slices.Index(list, entry); i >= 0 {
		return c.policy.Where(fmt.Sprintf("%s[%d]", key, i))
	}
	return byDefault
}

func (c *compiler) overlay(mode string) host.Ability {
	if mode != "staged" {
		return host.Ability{Why: "workspace.mode " + strconv.Quote(mode) + " is not offered by this version; only \"staged\" is"}
	}
	return c.host.Overlay
}

// incomplete says that the search for guardrails and secrets was cut. What was
// not looked at is not known to be safe, so the run needs its owner's word.
func (c *compiler) incomplete() {
	c.controls = append(c.controls, plan.Control{ID: "isolation.search", Layer: plan.Isolation,
		Want: plan.Op{Search: &plan.Search{}}, Status: plan.Downgraded, Must: true,
		Why: "the project was not searched in full for guardrails and secrets: " + c.project.Incomplete})
}
