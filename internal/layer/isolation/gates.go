package isolation

import (
	"fmt"

	"ringwall/internal/plan"
	"ringwall/internal/policy"
)

// gates are the other half of the frozen workspace: what the mounts cannot keep
// from being written inside, such as a guardrail's name deep in the tree, is
// kept here from reaching the project. So they belong to this layer.
func (c *compiler) gates() {
	g := c.policy.Gates
	for _, k := range append(g.Classes(), g.Findings()...) {
		c.gate(k.Key, plan.Gate{Name: k.Key, Action: k.Value()}, "gates."+k.Key)
	}
	for i, command := range g.Verify {
		key := fmt.Sprintf("gates.verify[%d]", i)
		c.gate(fmt.Sprintf("verify-%d", i+1), plan.Gate{Name: plan.GateVerify, Action: g.OnFailure, Command: command}, key)
	}
	c.most(plan.GateFiles, g.MaxFiles)
	c.most(plan.GateLines, g.MaxLines)
}

// most bounds a changeset, where the policy says a bound.
func (c *compiler) most(name string, n int64) {
	if n > 0 {
		c.gate(name, plan.Gate{Name: name, Action: c.policy.Gates.OnFailure, Most: n}, "gates."+name)
	}
}

// gate adds one. Where changes land in the project at once there is nothing to
// hold any more, and the plan says so.
func (c *compiler) gate(id string, g plan.Gate, key string) {
	control := plan.Control{ID: "isolation.gate:" + id, Layer: plan.Isolation, Want: plan.Op{Gate: &g},
		Status: plan.Enforced, From: c.policy.Where(key)}
	switch {
	case c.policy.Workspace.Mode == policy.Direct:
		control.Status = plan.Unavailable
		control.Why = "in mode \"direct\" a change is in the project before anything can look at it"
	case g.Name == plan.GateVerify && c.copied() != "":
		control.Status, control.Must = plan.Unavailable, true
		control.Why = "a copy of the project cannot be checked before it is applied (" + c.copied() + "); loop.verify can do it afterwards"
	}
	c.controls = append(c.controls, control)
}
