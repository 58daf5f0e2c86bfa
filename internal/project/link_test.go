package project

import (
	"testing"

	"ringwall/internal/agent/claude"
)

// rail demands one guardrail, its reason aside.
func rail(t *testing.T, facts Facts, want Guardrail) {
	t.Helper()
	got, ok := guardrail(facts, want.Path)
	if want.Reason = got.Reason; !ok || got != want || got.Reason == "" {
		t.Errorf("%s: got %+v (%v), want %+v", want.Path, got, ok, want)
	}
}

func noRail(t *testing.T, facts Facts, paths ...string) {
	t.Helper()
	for _, p := range paths {
		if g, ok := guardrail(facts, p); ok {
			t.Errorf("%+v has no business in the list", g)
		}
	}
}

// TestGuardrailsBehindLinks: each link stays, and what it leads to is frozen,
// under its own name (CFG-06).
func TestGuardrailsBehindLinks(t *testing.T) {
	dir := repository(t, map[string]string{
		"CLAUDE.md": "-> docs/agents.md", "docs/agents.md": "-> ../AGENTS.md", "AGENTS.md": "be good",
		"GEMINI.md": "-> " + "notes/absent.md", "notes/": "",
		".github": "-> gh", "gh/workflows/ci.yml": "on: push",
		".cursor": "-> tools/cursor", "tools/cursor/mcp.json": "{}",
	})
	facts := inspect(t, Options{Path: dir, Agent: claude.Agent{}})
	for _, want := range []Guardrail{
		{Path: "CLAUDE.md", Present: true, Link: true}, {Path: "docs/agents.md", Present: true, Link: true},
		{Path: "AGENTS.md", Present: true},
		{Path: "GEMINI.md", Present: true, Link: true}, {Path: "notes/absent.md"},
		{Path: ".github", Present: true, Link: true}, {Path: "gh/workflows", Dir: true, Present: true},
		{Path: "gh/hooks", Dir: true}, // its name says nothing at the gate
		{Path: ".cursor", Present: true, Link: true}, {Path: "tools/cursor", Dir: true, Present: true},
	} {
		rail(t, facts, want)
	}
	if facts.Incomplete != "" {
		t.Error(facts.Incomplete)
	}
}

// TestInstructionsBehindLinks: what goes into the prompt may lie behind a link,
// which cannot be changed from inside.
func TestInstructionsBehindLinks(t *testing.T) {
	facts := inspect(t, Options{Path: repository(t, map[string]string{"PROMPT.md": "-> docs/task.md", "docs/task.md": "do it"})})
	if i, ok := facts.Instruction(Task); !ok || i.Content != "do it" {
		t.Errorf("%+v %v", i, ok)
	}
	rail(t, facts, Guardrail{Path: "PROMPT.md", Present: true, Link: true})
	rail(t, facts, Guardrail{Path: "docs/task.md", Present: true})
}

// TestGuardrailsInDeepFolders: what is there is frozen at any depth (CFG-10);
// a name that is not there is the gate's.
func TestGuardrailsInDeepFolders(t *testing.T) {
	const deep = "a/b/c/d/e/f/g/"
	facts := inspect(t, Options{Path: repository(t, map[string]string{
		deep + ".vscode/tasks.json": "{}", deep + "CLAUDE.md": "x", "a/.github/workflows/ci.yml": "", "a/.github/README.md": "",
		"sub/.clinerules-x": "", "sub/app.code-workspace": "", "node_modules/p/.vscode/settings.json": "{}",
		"sub/AGENTS.md": "-> /etc/hostname", "b/.git/HEAD": "", "b/CLAUDE.md": "-> ../shared.md", "shared.md": "",
	})})
	for _, want := range []Guardrail{
		{Path: deep + ".vscode", Dir: true, Present: true}, {Path: deep + "CLAUDE.md", Present: true},
		{Path: "a/.github/workflows", Dir: true, Present: true}, {Path: "sub/.clinerules-x", Present: true},
		{Path: "sub/app.code-workspace", Present: true},
		{Path: "b/CLAUDE.md", Present: true, Link: true}, {Path: "shared.md", Present: true},
	} {
		rail(t, facts, want)
	}
	noRail(t, facts, "a/.github", "a/.github/README.md", "sub/AGENTS.md", "node_modules/p/.vscode", "sub/CLAUDE.md")
}

// TestImports: a text that CLAUDE.md imports is part of what the next session is
// told; what is named as code, or is part of the build, is not.
func TestImports(t *testing.T) {
	facts := inspect(t, Options{Path: repository(t, map[string]string{
		"CLAUDE.md": "See @docs/rules.md, (@README) and `@docs/code.md`; mail me@example.com.\n" +
			"@package.json\n```\n@docs/fenced.md\n```\n@../outside.md @~/home.md @absent.md\n",
		"docs/rules.md": "and @more/style.txt\n", "docs/more/style.txt": "", "docs/code.md": "", "docs/fenced.md": "",
		"README": "", "package.json": "{}", "other.md": "",
	}), Agent: claude.Agent{}, Memory: []string{"README"}})
	for _, p := range []string{"docs/rules.md", "docs/more/style.txt"} {
		rail(t, facts, Guardrail{Path: p, Present: true, Imported: true})
	}
	noRail(t, facts, "docs/code.md", "docs/fenced.md", "package.json", "other.md", "absent.md", "README")
}
