package agent

import (
	"path"
	"slices"
	"strings"
	"testing"
)

func TestCommonGuardrailsAreWellFormed(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range CommonGuardrails() {
		switch {
		case p.Path == "" || path.Clean(p.Path) != p.Path || path.IsAbs(p.Path) || strings.HasPrefix(p.Path, ".."):
			t.Errorf("%q is not a clean relative path", p.Path)
		case p.Reason == "":
			t.Errorf("%s has no reason", p.Path)
		case seen[p.Path]:
			t.Errorf("%s is listed twice", p.Path)
		case strings.Contains(path.Dir(p.Path), "*"):
			t.Errorf("%s has a star before its last element", p.Path)
		case p.IfAbsent && strings.Contains(p.Path, "*"):
			t.Errorf("%s: a pattern cannot be frozen as absent", p.Path)
		}
		seen[p.Path] = true
	}
}

func TestGuardrailNamesHoldWhatAgentsLoad(t *testing.T) {
	names := GuardrailNames()
	for _, want := range []string{
		"CLAUDE.md", "AGENTS.md", "CONTEXT.md", ".mcp.json", ".claude", ".cursor", ".git/hooks", ".git/config",
		".vscode", ".envrc", ".github/workflows", "ringwall.toml", "CONSTITUTION.md", "PROMPT.md",
	} {
		if !slices.Contains(names, want) {
			t.Errorf("%s is missing", want)
		}
	}
	for _, work := range []string{"Makefile", "package.json", "go.mod", ".git", ".github", ".gitignore"} {
		if slices.Contains(names, work) {
			t.Errorf("%s is the agent's work", work)
		}
	}
}
