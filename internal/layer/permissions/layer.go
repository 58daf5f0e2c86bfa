// Package permissions is layer 2: the agent's own permission system. Its files
// are rendered from the plan and mounted read-only, never taken from the
// project, and hold for a whole run. An allowlist of commands is worth having
// and is not a boundary: a Makefile, "go run" or "git -c" runs anything. What
// leaks through it meets the layers below.
package permissions

import (
	"maps"
	"slices"

	"ringwall/internal/agent"
	"ringwall/internal/host"
	"ringwall/internal/plan"
	"ringwall/internal/policy"
	"ringwall/internal/project"
)

// Layer plans the agent's own permissions.
type Layer struct{}

// ID names the layer.
func (Layer) ID() plan.LayerID { return plan.Permissions }

// Plan makes one control of the list of tools, and one of each file that the
// chosen agent reads its permissions from.
func (Layer) Plan(p policy.Policy, _ host.Facts, facts project.Facts) ([]plan.Control, error) {
	tools := plan.Control{
		ID:     "permissions.tools",
		Layer:  plan.Permissions,
		Want:   plan.Op{Tools: asked(p)},
		Status: plan.Enforced,
		From:   p.Where("tools.allow"),
	}
	files := rendered(facts.Agent, Rules(p))
	if _, argued := facts.Agent.(agent.Arguer); len(files) == 0 && !argued {
		tools.Status = plan.Unavailable
		tools.Why = "this command has no permission system of its own that ringwall knows"
		return []plan.Control{tools}, nil
	}
	out := []plan.Control{tools}
	for _, path := range slices.Sorted(maps.Keys(files)) {
		out = append(out, plan.Control{
			ID:     "permissions.file:" + path,
			Layer:  plan.Permissions,
			Want:   plan.Op{AgentFile: &plan.AgentFile{Path: path, Content: files[path]}},
			Status: plan.Enforced,
			Must:   true, // without it the agent would fall back to its own defaults
			From:   "agent " + facts.Agent.Describe().Name,
		})
	}
	return out, nil
}

// askWhy is the command by which an agent asks what is refused, and why. It
// reads, and acts on nothing.
const askWhy = "ringwall why"

func asked(p policy.Policy) *plan.Tools {
	t := p.Tools
	return &plan.Tools{
		Allow: slices.Clone(t.Allow), Bound: bound(p),
		Deny: slices.Clone(t.Deny), Servers: slices.Clone(t.Servers), Hooks: t.Hooks,
	}
}

// Rules are what a policy tells an agent's own permission system inside.
func Rules(p policy.Policy) agent.Rules {
	t := p.Tools
	return agent.Rules{
		Allow: append(slices.Clone(t.Allow), askWhy), Deny: slices.Clone(t.Deny),
		Servers: slices.Clone(t.Servers), Hooks: t.Hooks,
	}
}

// bound is the machine's list, where it has one.
func bound(p policy.Policy) *plan.Bound {
	b := p.Bound("tools.allow")
	if b == nil {
		return nil
	}
	return &plan.Bound{From: b.At, Refused: b.Refused}
}

func rendered(a agent.Agent, r agent.Rules) map[string]string {
	if a == nil {
		return nil
	}
	return a.Files(r)
}

// DefaultTools are the commands that the project's toolchains need, sorted.
func DefaultTools(facts project.Facts) []string {
	var out []string
	for _, t := range facts.Toolchains {
		out = append(out, t.Commands...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
