// Package catalog lists the tools that ringwall knows. It is apart from package
// agent because it imports those that implement that package's types.
package catalog

import (
	"ringwall/internal/agent"
	"ringwall/internal/agent/claude"
	"ringwall/internal/agent/codex"
	"ringwall/internal/agent/copilot"
	"ringwall/internal/agent/cursor"
	"ringwall/internal/agent/gemini"
	"ringwall/internal/agent/generic"
	"ringwall/internal/agent/opencode"
)

// All returns the known tools in a fixed order, the generic one last.
func All() []agent.Agent {
	return []agent.Agent{claude.Agent{}, codex.Agent{}, gemini.Agent{}, opencode.Agent{}, copilot.Agent{}, cursor.Agent{}, generic.Agent{}}
}

// Find returns the tool with that name.
func Find(name string) (agent.Agent, bool) {
	for _, a := range All() {
		if a.Describe().Name == name {
			return a, true
		}
	}
	return nil, false
}

// Names lists the names of All.
func Names() []string {
	var out []string
	for _, a := range All() {
		out = append(out, a.Describe().Name)
	}
	return out
}
