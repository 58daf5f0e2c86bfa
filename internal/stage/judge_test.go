package stage

import (
	"testing"

	"ringwall/internal/plan"
)

// TestRulesJudge: what is said of a name beforehand is what the gate says.
func TestRulesJudge(t *testing.T) {
	r := Rules{Guardrails: []plan.Guardrail{{Path: "CLAUDE.md"}}, Masks: []plan.Mask{{Path: ".env"}}, GuardrailNames: []string{".vscode"}}
	for path, want := range map[string]Class{
		"main.go": Ordinary, "claude.md": Guardrail, ".env": Secret, "a/.vscode/tasks.json": Guardrail, "a\x1bb": Escape,
		".git/hooks/x": Guardrail, ".git/objects/aa/bb": Ordinary,
	} {
		got, detail, err := r.Judge(path, File)
		if err != nil || got != want || (got == Ordinary) != (detail == "") {
			t.Errorf("%q: %s %q, %v, want %s", path, got, detail, err, want)
		}
	}
	r.Fates = map[string]Fate{"guardrail": ToApply, "secret": ToReject}
	for path, want := range map[string]Class{"claude.md": Ordinary, ".env": Secret, "a\x1bb": Escape} {
		if got, _, err := r.Judge(path, File); err != nil || got != want {
			t.Errorf("%q where guardrails pass: %s, %v, want %s", path, got, err, want)
		}
	}
	if _, _, err := (Rules{GuardrailNames: []string{"["}}).Judge("x", File); err == nil {
		t.Error("a malformed name guards nothing, silently")
	}
}
