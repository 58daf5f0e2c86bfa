package stage

import (
	"strings"
	"testing"

	"ringwall/internal/plan"
)

// testRules guard what the tests below try to change.
func testRules() Rules {
	p := plan.Plan{Controls: []plan.Control{
		{ID: "g1", Want: plan.Op{Guardrail: &plan.Guardrail{Path: "ringwall.toml", Present: true}}},
		{ID: "g2", Want: plan.Op{Guardrail: &plan.Guardrail{Path: ".github/workflows", Dir: true}}},
		{ID: "g3", Want: plan.Op{Guardrail: &plan.Guardrail{Path: "tools/run/steps.txt"}}, Status: plan.Unavailable, Why: "x"},
		{ID: "m1", Want: plan.Op{Mask: &plan.Mask{Path: "conf/.env", Reason: "x"}}},
		{ID: "other", Want: plan.Op{NoNewPrivs: &plan.NoNewPrivs{}}},
	}}
	r := RulesFromPlan(p)
	r.GuardrailNames = []string{"CLAUDE.md", ".claude/settings.json", ".claude/hooks/", ".vscode", "*.code-workspace", ".cursor/rules/*.mdc"}
	r.TopNames = []string{".vscode", "*.code-workspace"}
	return r
}

func TestJudge(t *testing.T) {
	m, err := newMatcher(testRules())
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		path string
		kind Type
		want Class
	}{
		{"ringwall.toml", File, Guardrail},
		{"Ringwall.TOML", File, Guardrail},
		{"sub/ringwall.toml", File, Ordinary},
		{".github/workflows/ci.yml", File, Guardrail},
		{".github/workflows", Dir, Guardrail},
		{".github", Dir, Ordinary},
		{".github", Symlink, Guardrail},
		{".github", Absent, Ordinary}, // its content is looked at instead
		{".github/CODEOWNERS", File, Ordinary},
		{"tools/run/steps.txt", File, Guardrail},
		{"tools/run/other.txt", File, Ordinary},
		{"tools/run", File, Guardrail},
		{"conf/.env", File, Secret},
		{"conf/.ENV ", File, Secret},
		{"conf/env", File, Ordinary},

		{"CLAUDE.md", File, Guardrail},
		{"a/b/c/d/e/f/g/h/claude.md", File, Guardrail},
		{"CLAUDE.md ", File, Guardrail},
		{"CLAUDE.md/x", File, Guardrail},
		{"MYCLAUDE.md", File, Ordinary},
		{".Claude/settings.json", File, Guardrail},
		{"x/.claude/SETTINGS.json", File, Guardrail},
		{".claude", Symlink, Guardrail},
		{".claude", File, Guardrail},
		{".claude", Dir, Ordinary},
		{".claude/todo.txt", File, Ordinary},

		{"node_modules/x/.vscode/tasks.json", File, Ordinary},
		{"a/vendor/x/all.code-workspace", File, Ordinary},
		{"node_modules/x/CLAUDE.md", File, Guardrail},
		{"node_modules/x/.claude/settings.json", File, Guardrail},
		{"node_modules/x/.git/config", File, Guardrail},
		{"node_modulesx/.vscode/tasks.json", File, Guardrail},
		{".vscode/node_modules/x", File, Guardrail},
		{"src/.vscode/tasks.json", File, Guardrail},
		{".github/workflows/node_modules/x.yml", File, Guardrail},
		{".claude/hooks", Dir, Guardrail},
		{".claude/hooks/deep/x.sh", File, Guardrail},
		{"settings.json", File, Ordinary},
		{"n/.vscode/tasks.json", File, Guardrail},
		{"p/My.Code-Workspace", File, Guardrail},
		{".cursor/rules/a.mdc", File, Guardrail},
		{".cursor/rules/a.txt", File, Ordinary},

		{"a\nb", File, Escape},
		{"d/\xff/x", File, Escape},
		{"CLAUDE.md\x1b", File, Escape},
		{"src/main.go", File, Ordinary},
	}
	for _, tt := range tests {
		got := m.judge(tt.path, tt.kind)
		if got.class == "" {
			got.class = Ordinary
		}
		if got.class != tt.want {
			t.Errorf("judge(%q, %s) = %s (%s), want %s", tt.path, tt.kind, got.class, got.detail, tt.want)
		}
	}
}

func TestJudgeGit(t *testing.T) {
	m, err := newMatcher(Rules{})
	if err != nil {
		t.Fatal(err)
	}
	guarded := []string{
		"config", "config.worktree", "commondir", "gitdir", "hooks", "hooks/pre-commit", "hooks/sub/x", "info/attributes", "info/grafts",
		"objects/info/alternates", "modules/lib/config", "modules/a/b/config", "modules/lib/hooks/post-checkout",
		"worktrees/w/commondir", "worktrees/w/locked", "worktrees/w", "rebase-merge/git-rebase-todo", "Config", "HOOKS/x", "config.",
	}
	ordinary := []string{
		"HEAD", "index", "index.lock", "objects/ab/cdef", "objects/pack/pack-1.pack", "objects/info/packs", "refs/heads/config",
		"refs/heads/hooks", "logs/HEAD", "COMMIT_EDITMSG", "packed-refs", "ORIG_HEAD", "info/exclude", "modules/lib/HEAD", "description",
		"worktrees/w/HEAD", "worktrees/w/index", "worktrees/w/logs/HEAD",
	}
	for _, dir := range []string{".git/", "vendor/x/.git/", "a/b/c/d/e/f/.git/"} {
		for _, p := range guarded {
			if v := m.judge(dir+p, File); v.class != Guardrail {
				t.Errorf("%s%s is %q, not a guardrail", dir, p, v.class)
			}
		}
		for _, p := range ordinary {
			if v := m.judge(dir+p, File); v.class != "" {
				t.Errorf("%s%s is %s (%s), not ordinary", dir, p, v.class, v.detail)
			}
		}
	}
	for path, kind := range map[string]Type{
		".git": File, "sub/.git": Symlink, ".GIT": Dir, ".GIT/hooks/x": File, ".git ": Dir, ".gi\u200bt/objects/x": File, "old/.git": Absent,
	} {
		if v := m.judge(path, kind); v.class != Guardrail {
			t.Errorf("%q as %s is %q, not a guardrail", path, kind, v.class)
		}
	}
	for path, kind := range map[string]Type{".git": Dir, ".gitignore": File, "git/config": File, "hooks/x": File, "x.git/config": File} {
		if v := m.judge(path, kind); v.class != "" {
			t.Errorf("%q as %s is %s, not ordinary", path, kind, v.class)
		}
	}
}

func TestMalformedNameIsRefused(t *testing.T) {
	for _, n := range []string{"[", "a/[x", "", "/", "a/ /b"} {
		if _, err := newMatcher(Rules{GuardrailNames: []string{n}}); err == nil {
			t.Errorf("guardrail name %q is taken", n)
		}
	}
}

func FuzzJudge(f *testing.F) {
	for _, s := range []string{".git/hooks/x", "CLAUDE.md ", ".Claude/settings.json", "a/\xff", "..", "a//b", ".git", "x/./y"} {
		f.Add(s)
	}
	m, err := newMatcher(testRules())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, s string) {
		lower, upper := m.judge(strings.ToLower(s), File), m.judge(s, File)
		if upper.class == Guardrail && lower.class == "" {
			t.Fatalf("%q is guarded, and not in lower case", s)
		}
		if v := m.judge("deep/"+s+"/CLAUDE.md", File); v.class == "" && !strings.HasSuffix(s, "/..") {
			t.Fatalf("a guarded name below %q is ordinary", s)
		}
	})
}

// TestBrought: what a package brings along is told from what is aimed at the
// project, and from a repository.
func TestBrought(t *testing.T) {
	for path, want := range map[Name]bool{
		"node_modules/x/AGENTS.md": true, "a/vendor/b/CLAUDE.md": true,
		"CLAUDE.md": false, "src/CLAUDE.md": false, "node_modules": false, "CLAUDE.md/node_modules": false,
		"node_modules/x/.git/hooks/pre-commit": false, "node_modules/x/.GIT/config": false,
	} {
		if got := (Entry{Path: path, Class: Guardrail}).Brought(); got != want {
			t.Errorf("%s: %v", path, got)
		}
		if (Entry{Path: path, Class: Escape}).Brought() {
			t.Errorf("%s: a way out is no package's", path)
		}
	}
}
