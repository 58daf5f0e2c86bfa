// Package instructions is layer 1: what the agent is told. The files are taken
// as they were when the plan was made and go into every iteration's prompt, so
// that a long session does not dilute them and the agent cannot rewrite them.
// A model may still not follow what it is told; the other layers do not ask it.
package instructions

import (
	"ringwall/internal/host"
	"ringwall/internal/plan"
	"ringwall/internal/policy"
	"ringwall/internal/project"
)

// Layer plans the instruction files.
type Layer struct{}

// ID names the layer.
func (Layer) ID() plan.LayerID { return plan.Instructions }

// Plan makes one control of each instruction file. None is a must: a run
// without them is confined all the same.
func (Layer) Plan(_ policy.Policy, _ host.Facts, facts project.Facts) ([]plan.Control, error) {
	var out []plan.Control
	for _, name := range project.InstructionFiles() {
		out = append(out, control(name, facts))
	}
	return out, nil
}

func control(name string, facts project.Facts) plan.Control {
	c := plan.Control{
		ID:     "instructions.file:" + name,
		Layer:  plan.Instructions,
		Status: plan.Enforced,
		From:   "default",
	}
	snapshot, ok := facts.Instruction(name)
	if !ok {
		c.Want.Instruct = &plan.Instruct{Name: name, Path: name}
		c.Status, c.Why = plan.Unavailable, "there is no "+name+" in the project: ringwall init writes one"
		return c
	}
	c.Want.Instruct = &plan.Instruct{
		Name:   snapshot.Name,
		Path:   snapshot.Path,
		SHA256: snapshot.SHA256,
		Bytes:  len(snapshot.Content),
	}
	return c
}
