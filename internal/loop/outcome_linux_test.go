package loop

import (
	"testing"

	"ringwall/internal/stage"
)

// TestWhatCountsAsTampering: held or rejected, but not what an installed package
// brought along.
func TestWhatCountsAsTampering(t *testing.T) {
	for _, c := range []struct {
		path  stage.Name
		class stage.Class
		want  bool
	}{
		{"CLAUDE.md", stage.Guardrail, true},
		{"src/CLAUDE.md", stage.Guardrail, true},
		{"node_modules/x/CLAUDE.md", stage.Guardrail, false},
		{"node_modules/x/.git/hooks/pre-commit", stage.Guardrail, true},
		{"node_modules/x/out", stage.Escape, true},
		{"node_modules/x/.env", stage.Secret, true},
		{"core", stage.Oversized, false},
		{"main.go", stage.Conflict, false},
	} {
		e := stage.Entry{Path: c.path, Class: c.class}
		held := Outcome{Applied: stage.Result{Held: []stage.Held{{Entry: e}}}}
		rejected := Outcome{Applied: stage.Result{Rejected: []stage.Entry{e}}}
		if held.Tampered() != c.want || rejected.Tampered() != c.want {
			t.Errorf("%s (%s): held %v, rejected %v", c.path, c.class, held.Tampered(), rejected.Tampered())
		}
	}
}
