// Package layer puts the five layers in order and compiles a policy into a
// plan.
package layer

import (
	"fmt"

	"ringwall/internal/host"
	"ringwall/internal/layer/infrastructure"
	"ringwall/internal/layer/instructions"
	"ringwall/internal/layer/isolation"
	"ringwall/internal/layer/network"
	"ringwall/internal/layer/permissions"
	"ringwall/internal/plan"
	"ringwall/internal/policy"
	"ringwall/internal/project"
)

// A Layer turns its part of a policy into controls. It has no side effects.
type Layer interface {
	ID() plan.LayerID
	Plan(policy.Policy, host.Facts, project.Facts) ([]plan.Control, error)
}

// All are the five, in order.
func All() []Layer {
	return []Layer{instructions.Layer{}, permissions.Layer{}, isolation.Layer{}, network.Layer{}, infrastructure.Layer{}}
}

// Compile makes the plan. The command is left for the caller to fill in.
func Compile(p policy.Policy, h host.Facts, pr project.Facts) (plan.Plan, error) {
	out := plan.Plan{Version: plan.Version, Project: pr.Path, Agent: p.Agent}
	if out.Agent == "" {
		out.Agent = "generic"
	}
	for _, l := range All() {
		controls, err := l.Plan(p, h, pr)
		if err != nil {
			return plan.Plan{}, fmt.Errorf("layer %s: %w", l.ID(), err)
		}
		out.Controls = append(out.Controls, controls...)
	}
	return out, out.Check()
}
