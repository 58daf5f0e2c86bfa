package project

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ringwall/internal/agent"
	"ringwall/internal/agent/claude"
)

// repository makes a minimal git repository with some files. A name that ends
// in a slash is a folder; a content that begins with "-> " is a link.
func repository(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]string{
		".git/HEAD": "ref: refs/heads/main\n", ".git/config": "[core]\n\tbare = false\n",
		".git/objects/": "", ".git/refs/": "", ".git/hooks/": "",
	} {
		write(t, dir, name, content)
	}
	for name, content := range files {
		write(t, dir, name, content)
	}
	return dir
}

func write(t testing.TB, dir, name, content string) {
	t.Helper()
	path := filepath.Join(dir, name)
	var err error
	switch target, link := strings.CutPrefix(content, "-> "); {
	case strings.HasSuffix(name, "/"):
		err = os.MkdirAll(path, 0o755)
	case link:
		err = errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.Symlink(target, path))
	default:
		err = errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(content), 0o644))
	}
	if err != nil {
		t.Fatal(err)
	}
}

func inspect(t *testing.T, opts Options) Facts {
	t.Helper()
	facts, err := Inspect(opts)
	if err != nil {
		t.Fatal(err)
	}
	return facts
}

// refused demands an error of that kind, with a hint.
func refused(t *testing.T, opts Options, kind Kind) *Error {
	t.Helper()
	_, err := Inspect(opts)
	var e *Error
	if !errors.As(err, &e) || e.Kind != kind {
		t.Fatalf("got %v, want an error of kind %s", err, kind)
	}
	return e
}

func guardrail(facts Facts, path string) (Guardrail, bool) {
	i := slices.IndexFunc(facts.Guardrails, func(g Guardrail) bool { return g.Path == path })
	if i < 0 {
		return Guardrail{}, false
	}
	return facts.Guardrails[i], true
}

func TestInspectPlainProject(t *testing.T) {
	dir := repository(t, map[string]string{
		"go.mod": "module x\n", "Makefile": "test:\n", "CLAUDE.md": "be good", ".claude/settings.json": "{}",
		"CONSTITUTION.md": "rules\n", ".env": "A=b", "config/server.key": "k", ".env.example": "A=",
		".github/workflows/ci.yml": "on: push",
	})
	facts := inspect(t, Options{Path: dir, Agent: claude.Agent{}, Builds: true})
	if facts.Path != real(dir) || facts.Ino == 0 || !facts.Git.Present || facts.ReadOnly || facts.Incomplete != "" {
		t.Errorf("%+v", facts)
	}
	var chains []string
	for _, c := range facts.Toolchains {
		chains = append(chains, c.Name+" "+c.Found+" "+c.Tests)
	}
	if want := []string{"git .git ", "make Makefile make test", "go go.mod go test ./..."}; !slices.Equal(chains, want) {
		t.Errorf("toolchains %q", chains)
	}
	if !slices.Equal(facts.Agents, []string{"claude"}) {
		t.Errorf("agents %q", facts.Agents)
	}
	if want := []Secret{{Path: ".env", Reason: "environment file"}, {Path: "config/server.key", Reason: "private key"}}; !slices.Equal(facts.Secrets, want) {
		t.Errorf("secrets %v", facts.Secrets)
	}
	i, ok := facts.Instruction(Constitution)
	if !ok || i.Content != "rules\n" || len(i.SHA256) != 64 {
		t.Errorf("instruction %+v", i)
	}
}

func TestGuardrails(t *testing.T) {
	dir := repository(t, map[string]string{
		"CLAUDE.md": "x", ".claude/settings.json": "{}", ".clinerules-a": "x", ".clinerules-b/x.md": "y",
		"app.code-workspace": "{}", ".vscode": "a file, not a folder",
		"vendor/lib/.git/config": "", "vendor/lib/.git/HEAD": "",
		".git/modules/grp/sub/HEAD": "", ".git/modules/grp/sub/config": "", ".git/modules/grp/sub/refs/": "",
		".git/modules/grp/sub/objects/": "", "testdata/bare/HEAD": "", "testdata/bare/config": "",
		"testdata/bare/objects/": "", "testdata/bare/refs/": "", "notbare/HEAD": "", "notbare/config": "",
	})
	facts := inspect(t, Options{Path: dir, Agent: claude.Agent{}})
	for _, want := range []Guardrail{
		{Path: "CLAUDE.md", Present: true},
		{Path: ".claude", Dir: true, Present: true},
		{Path: ".mcp.json"},       // the chosen agent's, absent
		{Path: "CLAUDE.local.md"}, // the same
		{Path: "ringwall.toml"},
		{Path: ".git/hooks", Dir: true, Present: true},
		{Path: ".git/config", Present: true},
		{Path: ".git/config.worktree"},
		{Path: ".clinerules-a", Present: true},
		{Path: ".clinerules-b", Dir: true, Present: true},
		{Path: "app.code-workspace", Present: true},
		{Path: ".vscode", Present: true}, // as it is, not as the table has it
		{Path: "vendor/lib/.git/config", Present: true},
		{Path: "vendor/lib/.git/hooks", Dir: true},
		{Path: ".git/modules/grp/sub/config", Present: true},
		{Path: ".git/modules/grp/sub/hooks", Dir: true},
		{Path: "testdata/bare/config", Present: true},
		{Path: "testdata/bare/hooks", Dir: true},
	} {
		got, ok := guardrail(facts, want.Path)
		if want.Reason = got.Reason; !ok || got != want || got.Reason == "" {
			t.Errorf("%s: got %+v (%v), want %+v", want.Path, got, ok, want)
		}
	}
	for _, not := range []string{
		"AGENTS.md", ".git", ".git/commondir", ".git/HEAD", ".claude/settings.json", "notbare/config", ".cursor",
	} {
		if g, ok := guardrail(facts, not); ok {
			t.Errorf("%+v has no business in the list", g)
		}
	}
	if facts := inspect(t, Options{Path: dir}); slices.ContainsFunc(facts.Guardrails, func(g Guardrail) bool { return g.Path == ".mcp.json" }) {
		t.Error("without an agent, an absent .mcp.json is frozen")
	}
}

func TestGuardrailsThatGitsConfigurationNames(t *testing.T) {
	dir := repository(t, map[string]string{
		".git/config": "[core]\n\thooksPath = tools/hooks\n[include]\n\tpath = ../extra.gitconfig\n" +
			"[includeIf \"gitdir:/x/\"] path = \"../other\"\n[alias]\n\tpath = ../notme\n[core]\nhooksPath = /outside\n",
		"tools/hooks/pre-commit": "#!/bin/sh\n", "extra.gitconfig": "", "notme": "",
	})
	facts := inspect(t, Options{Path: dir})
	for path, present := range map[string]bool{"tools/hooks": true, "extra.gitconfig": true, "other": false} {
		if g, ok := guardrail(facts, path); !ok || g.Present != present {
			t.Errorf("%s: %+v %v", path, g, ok)
		}
	}
	if _, ok := guardrail(facts, "notme"); ok {
		t.Error("a key of another section was taken")
	}
}

func TestLinksInFrozenFolders(t *testing.T) {
	dir := repository(t, map[string]string{
		".git/hooks/pre-commit": "-> ../../scripts/check.sh", "scripts/check.sh": "#!/bin/sh\n",
		".git/hooks/pre-push": "-> ../../scripts/absent.sh", ".git/hooks/post-merge": "-> /usr/bin/true",
		".claude/skills": "-> ../skills", "skills/a": "-> ../deep/a.md", "deep/a.md": "x",
		".claude/loop": "-> loop",
	})
	facts := inspect(t, Options{Path: dir, Agent: claude.Agent{}})
	for path, present := range map[string]bool{"scripts/check.sh": true, "scripts/absent.sh": false, "skills": true, "deep/a.md": true} {
		if g, ok := guardrail(facts, path); !ok || g.Present != present {
			t.Errorf("%s: %+v %v", path, g, ok)
		}
	}
	if facts.Incomplete != "" {
		t.Error(facts.Incomplete)
	}
	write(t, dir, ".claude/all", "-> ..")
	if facts := inspect(t, Options{Path: dir, Agent: claude.Agent{}}); facts.Incomplete == "" {
		t.Error("a link to the whole project went unnoticed")
	}
}

func TestGuardrailThatCannotBeFrozen(t *testing.T) {
	for what, files := range map[string]map[string]string{
		"link in circles":     {"CLAUDE.md": "-> AGENTS.md", "AGENTS.md": "-> CLAUDE.md"},
		"link to the project": {".claude": "-> ."},
		"link above, out":     {".github": "-> ../elsewhere"},
		"absolute link out":   {"PROMPT.md": "-> /etc/hostname"},
		"link of links, out":  {"CLAUDE.md": "-> a/b.md", "a": "-> x", "x/b.md": "-> ../../y"},
	} {
		t.Run(what, func(t *testing.T) {
			if e := refused(t, Options{Path: repository(t, files)}, Link); e.Hint() == "" {
				t.Error(e)
			}
		})
	}
	t.Run("link out of the project", func(t *testing.T) {
		dir := repository(t, map[string]string{".vscode": "-> " + t.TempDir()})
		refused(t, Options{Path: dir}, Link)
	})
	t.Run("hard link", func(t *testing.T) {
		dir := repository(t, map[string]string{"other.md": "x", ".claude/settings.json": "{}"})
		inspect(t, Options{Path: dir})
		if err := os.Link(filepath.Join(dir, "other.md"), filepath.Join(dir, "AGENTS.md")); err != nil {
			t.Fatal(err)
		}
		if e := refused(t, Options{Path: dir}, HardLink); e.Path != "AGENTS.md" || e.Hint() == "" {
			t.Error(e)
		}
	})
	t.Run("hard link in a folder", func(t *testing.T) {
		dir := repository(t, map[string]string{".claude/settings.json": "{}"})
		if err := os.Link(filepath.Join(dir, ".claude/settings.json"), filepath.Join(dir, "handle")); err != nil {
			t.Fatal(err)
		}
		refused(t, Options{Path: dir}, HardLink)
	})
}

func TestFreeze(t *testing.T) {
	dir := repository(t, map[string]string{
		"Makefile": "x", "deploy/a/b.yml": "y", "deploy/c.yml": "z", "x/one.tf": "", "y/two.tf": "", "sub/Makefile": "x",
	})
	facts := inspect(t, Options{Path: dir, Freeze: []string{"Makefile", "deploy/**", "*.tf", "absent.txt", "gone/"}})
	for _, want := range []Guardrail{
		{Path: "Makefile", Present: true, Asked: "Makefile"}, {Path: "deploy", Dir: true, Present: true, Asked: "deploy/**"},
		{Path: "x/one.tf", Present: true, Asked: "*.tf"}, {Path: "y/two.tf", Present: true, Asked: "*.tf"},
		{Path: "absent.txt", Asked: "absent.txt"}, {Path: "gone", Dir: true, Asked: "gone/"},
	} {
		got, ok := guardrail(facts, want.Path)
		if want.Reason = got.Reason; !ok || got != want {
			t.Errorf("%s: got %+v (%v)", want.Path, got, ok)
		}
	}
	for _, not := range []string{"deploy/c.yml", "sub/Makefile"} {
		if _, ok := guardrail(facts, not); ok {
			t.Errorf("%s is listed", not)
		}
	}
	for _, bad := range []string{".", "../x", "/etc/passwd", "", "[x"} {
		refused(t, Options{Path: dir, Freeze: []string{bad}}, BadPattern)
	}
}

func TestHomeFilesKeepPlaceholdersOutOfCommits(t *testing.T) {
	dir := repository(t, nil)
	facts := inspect(t, Options{Path: dir, Agent: claude.Agent{}, Freeze: []string{"odd name.txt"}})
	home := facts.HomeFiles()
	for _, line := range []string{"/.mcp.json\n", "/CLAUDE.md\n", `/odd\ name.txt` + "\n"} {
		if !strings.Contains(facts.GitIgnore(), line) {
			t.Errorf("%q is missing in %q", line, facts.GitIgnore())
		}
	}
	if strings.Contains(facts.GitIgnore(), ".git/") || !strings.Contains(home[".claude.json"], facts.Path) {
		t.Errorf("%q", home)
	}
	write(t, dir, ".mcp.json", "{}")
	facts = inspect(t, Options{Path: dir, Agent: claude.Agent{}})
	if strings.Contains(facts.GitIgnore(), ".mcp.json") {
		t.Error("a file that is there is ignored")
	}
	if d, ok := facts.AgentDescription(); !ok || d.Name != "claude" {
		t.Error("the agent is not in the facts")
	}
	var none Facts
	if _, ok := none.AgentDescription(); ok || len(none.HomeFiles()) != 0 {
		t.Error("facts without an agent")
	}
}

// TestAgentsAreKnownByTheSameName ties the traces to the catalogue.
func TestAgentsAreKnownByTheSameName(t *testing.T) {
	if d := (agent.Agent)(claude.Agent{}).Describe(); !slices.ContainsFunc(traces, func(tr trace) bool { return tr.agent == d.Name }) {
		t.Errorf("%s has no traces", d.Name)
	}
}
