package project

import (
	"testing"

	"ringwall/internal/agent/claude"
	"ringwall/internal/agent/opencode"
)

// TestHiddenGuardrails: what a tool would run at its start is hidden from that
// tool, behind a link too, and from no other.
func TestHiddenGuardrails(t *testing.T) {
	plain := map[string]string{".opencode/plugin/p.js": "run()", ".opencode/notes.md": ""}
	rail(t, inspect(t, Options{Path: repository(t, plain), Agent: opencode.Agent{}}),
		Guardrail{Path: ".opencode", Dir: true, Present: true, Hidden: true})
	rail(t, inspect(t, Options{Path: repository(t, plain), Agent: claude.Agent{}}), Guardrail{Path: ".opencode", Dir: true, Present: true})
	rail(t, inspect(t, Options{Path: repository(t, nil), Agent: opencode.Agent{}}), Guardrail{Path: ".opencode", Dir: true})

	linked := inspect(t, Options{Agent: opencode.Agent{}, Path: repository(t, map[string]string{
		".opencode": "-> tools/oc", "tools/oc/plugin/p.js": "run()"})})
	rail(t, linked, Guardrail{Path: ".opencode", Present: true, Link: true})
	rail(t, linked, Guardrail{Path: "tools/oc", Dir: true, Present: true, Hidden: true})
}
