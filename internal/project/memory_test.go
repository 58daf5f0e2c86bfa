package project

import (
	"slices"
	"testing"

	"ringwall/internal/agent/claude"
)

// TestMemory: what the policy leaves to the agent is taken out of what the
// policy freezes, and nothing else is (CFG-22).
func TestMemory(t *testing.T) {
	dir := repository(t, map[string]string{
		".context/CONSTITUTION.md": "rules", ".context/TASKS.md": "", ".context/deep/a.md": "", ".context/deep/notes/b.md": "",
		"docs/x.md": "", "Makefile": "", ".context/link": "-> TASKS.md",
	})
	facts := inspect(t, Options{Path: dir, Freeze: []string{".context", "docs/*.md"},
		Memory: []string{".context/TASKS.md", ".context/deep/notes/", "docs/x.md", "new/notes.md"}})
	for _, want := range []Guardrail{
		{Path: ".context", Dir: true, Present: true, Around: true, Asked: ".context"},
		{Path: ".context/CONSTITUTION.md", Present: true},
		{Path: ".context/deep", Dir: true, Present: true, Around: true, Asked: ".context"},
		{Path: ".context/deep/a.md", Present: true, Asked: ".context"},
	} {
		rail(t, facts, want)
	}
	rail(t, facts, Guardrail{Path: ".context/link", Present: true, Link: true})
	noRail(t, facts, ".context/TASKS.md", ".context/deep/notes", "docs/x.md", "new/notes.md")
	if want := []string{".context/TASKS.md", ".context/deep/notes", "docs/x.md", "new/notes.md"}; !slices.Equal(facts.Memory, want) {
		t.Errorf("memory %q", facts.Memory)
	}
}

// TestMemoryThatIsNone: what steers agents or tools stays frozen, in any case
// of letters, above and below.
func TestMemoryThatIsNone(t *testing.T) {
	dir := repository(t, map[string]string{
		"CLAUDE.md": "", "own/x": "", "hooks/pre-commit": "", ".git/config": "[core]\n\thooksPath = hooks\n", "l": "-> own",
	})
	for _, m := range []string{
		"CLAUDE.md", "claude.md", "sub/AGENTS.md", ".claude/memory.md", "x/.Claude", ".context", ".context/CONSTITUTION.md", ".github",
		".git/info/exclude", "sub/.GIT", "ringwall.toml", "hooks", "hooks/pre-commit", "l/x", "app.code-workspace", ".", "../x",
	} {
		if e := refused(t, Options{Path: dir, Agent: claude.Agent{}, Memory: []string{m}}, BadMemory); e.Path != m || e.Hint() == "" {
			t.Errorf("%s: %v", m, e)
		}
	}
	refused(t, Options{Path: repository(t, map[string]string{".claude/notes": "-> ../own", "own/x": ""}), Memory: []string{"own"}}, BadMemory)
	inspect(t, Options{Path: dir, Freeze: []string{"own/"}, Memory: []string{"own/x"}})
	refused(t, Options{Path: dir, Freeze: []string{"own/"}, Firm: []string{"own/"}, Memory: []string{"own/x"}}, BadMemory)
	refused(t, Options{Path: dir, Freeze: []string{"gone/"}, Memory: []string{"gone/x"}}, BadMemory)
}
