package isolation

import (
	"path/filepath"
	"slices"

	"ringwall/internal/host"
	"ringwall/internal/plan"
	"ringwall/internal/policy"
)

// ask shows ringwall itself and the plan inside, so that the agent can ask why.
// Its files stand beside the view and hide nothing of it.
func (c *compiler) ask() {
	if c.host.Self == "" {
		return
	}
	c.add("ask", plan.Op{Ask: &plan.Ask{Program: plan.AskProgram, Plan: plan.AskPlan, Source: c.host.Self}},
		c.host.Sandbox, byDefault)
	c.controls[len(c.controls)-1].Must = false
}

// stubs covers the risky programs of the view that the policy does not allow.
// They say why; the boundary is what the layers refuse to any program.
func (c *compiler) stubs() {
	if c.host.Self == "" {
		return // there would be nothing to put in their place
	}
	table, kept := riskyTools(), c.keptFiles()
	byName := map[string]*plan.Stub{}
	for _, p := range c.host.Programs {
		row, known := owner(table, p)
		if !known || kept[p.Real] || within(p.Real, c.project.Path) || !c.visible(p.Real) || p.Real == c.host.Self {
			continue
		}
		s := byName[row.name]
		if s == nil {
			s = &plan.Stub{Tool: row.name, Reason: row.why}
			byName[row.name] = s
		}
		s.Names, s.Files = withEntry(s.Names, p.Name), withEntry(s.Files, p.Real)
	}
	for _, r := range table { // in its order
		if s := byName[r.name]; s != nil {
			c.add("tool:"+r.name, plan.Op{Stub: s}, c.host.Sandbox, c.policy.Where("tools.allow"))
			c.controls[len(c.controls)-1].Must = false
		}
	}
}

func withEntry(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

// owner is the row that a file belongs to: that of its own name before that of
// the name it was found by.
func owner(table []risky, p host.Program) (found risky, known bool) {
	base := filepath.Base(p.Real)
	for _, r := range table {
		switch {
		case r.ownName(base):
			return r, true
		case r.name == p.Name && r.leadsTo(base):
			found, known = r, true
		}
	}
	return found, known
}

// keptFiles are the programs that stay: what the policy allows, under each of
// its names, and what is started itself.
func (c *compiler) keptFiles() map[string]bool {
	kept := map[string]bool{}
	for _, p := range c.host.Programs {
		if slices.Contains(c.policy.Tools.Allow, p.Name) || c.started(p) || p.Name == "ssh" && c.gitOverSSH() {
			kept[p.Real] = true
		}
	}
	return kept
}

// started tells whether a program is the command of this plan, or the policy's.
func (c *compiler) started(p host.Program) bool {
	if len(c.policy.Command) > 0 && (c.policy.Command[0] == p.Name || c.policy.Command[0] == p.Path || c.policy.Command[0] == p.Real) {
		return true
	}
	return slices.ContainsFunc(c.project.Program, func(f string) bool { return within(p.Real, f) })
}

// gitOverSSH tells whether the policy allows a host on port 22: git needs ssh
// to get there.
func (c *compiler) gitOverSSH() bool {
	if c.policy.Network.Mode == policy.None {
		return false
	}
	entries := slices.Clone(c.policy.Network.Allow)
	for _, r := range c.policy.Network.Rules {
		entries = append(entries, r.Host)
	}
	return slices.ContainsFunc(entries, func(e string) bool {
		d, err := policy.ParseTarget(e)
		return err == nil && d.Port == 22
	})
}
