package plan

import (
	"slices"
	"strings"
)

// Shown is the plan as the agent may see it: what answers "why", and nothing
// about the host that does not. Decoys are left out, because one that is known
// catches nobody; so are the sources of credentials and mounts, the numbers of
// users, the environment, and the text of every file.
func (p Plan) Shown() Plan {
	out := Plan{Version: p.Version, Project: p.Project, Agent: p.Agent, Command: []string{}, Policy: p.Policy,
		Waived: slices.Clone(p.Waived)}
	for _, c := range p.Controls {
		want, shown := c.Want.shown()
		if !shown {
			continue
		}
		c.Want = want
		c.From, _, _ = strings.Cut(c.From, " (") // where a preset's host was found
		if c.Layer == Isolation && c.Status != Enforced {
			c.Why = "not in full on this machine" // what it lacks is for the owner
		}
		out.Controls = append(out.Controls, c)
	}
	return out
}

// shown is an operation without what the agent need not know; false: none of
// it. What is not named here is left out, so that a new one does not leak.
func (o Op) shown() (Op, bool) {
	switch {
	case o.Mount != nil:
		m := *o.Mount
		m.Content = ""
		if m.Kind != Symlink {
			m.Source = ""
		}
		return Op{Mount: &m}, true
	case o.Workspace != nil:
		w := *o.Workspace
		w.Because = ""
		return Op{Workspace: &w}, true
	case o.AgentFile != nil:
		return Op{AgentFile: &AgentFile{Path: o.AgentFile.Path}}, true
	case o.User != nil:
		u := *o.User
		u.HostUID, u.HostGID = 0, 0
		return Op{User: &u}, true
	case o.Credential != nil:
		k := *o.Credential
		k.FromEnv, k.FromFile, k.FromJSON, k.FromKeyring, k.FromOAuth, k.User, k.Shape = "", "", "", "", "", "", ""
		k.FromCommand = nil
		return Op{Credential: &k}, true
	case o.Gateway != nil:
		g := *o.Gateway
		g.Upstream, g.Prices = "", nil
		return Op{Gateway: &g}, true
	case o.Trust != nil:
		t := *o.Trust
		t.Extra, t.System = nil, ""
		return Op{Trust: &t}, true
	case o.Mask != nil: // the text itself is where the file was
		return Op{Mask: &Mask{Path: o.Mask.Path, Reason: o.Mask.Reason, Part: o.Mask.Part}}, true
	case o.Kept != nil:
		return Op{Kept: &Kept{Target: o.Kept.Target}}, true
	case o.Cache != nil: // where the owner keeps it says who the owner is
		return Op{Cache: &Cache{Name: o.Cache.Name, Target: o.Cache.Target}}, true
	case o.Ask != nil:
		return Op{Ask: &Ask{Program: o.Ask.Program, Plan: o.Ask.Plan}}, true
	}
	return o, o.open()
}

// open tells whether an operation says only what the agent may know.
func (o Op) open() bool {
	return o.Tools != nil || o.Namespaces != nil || o.Guardrail != nil || o.Memory != nil ||
		o.Capabilities != nil || o.NoNewPrivs != nil || o.Landlock != nil || o.Syscalls != nil ||
		o.Egress != nil || o.Limit != nil || o.Stub != nil
}
