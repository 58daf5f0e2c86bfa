package backendtest

import (
	"cmp"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"ringwall/internal/plan"
)

// guarded is a project with guardrails of every kind.
func guarded(t *testing.T, target Target, freeze bool) *Box {
	t.Helper()
	b := NewBox(t, target)
	b.File("CLAUDE.md", "be good\n")
	b.File(".claude/settings.json", "{}\n")
	b.File("sub/deep/CLAUDE.md", "be good\n")
	b.File("sub/other", "mine\n")
	b.File("sub/deep/mine", "mine\n")
	b.File("mine", "mine\n")
	if !freeze {
		return b
	}
	for _, g := range []plan.Guardrail{
		{Path: "CLAUDE.md", Present: true}, {Path: ".claude", Dir: true, Present: true},
		{Path: "sub/deep/CLAUDE.md", Present: true}, {Path: "AGENTS.md"}, {Path: ".cursor", Dir: true},
	} {
		b.Add("isolation.guardrail:"+g.Path, plan.Op{Guardrail: &g})
	}
	return b
}

// changes lists attempts on guardrails, with the answer while they are frozen.
// Without the freeze each of them works, but for the renaming of a folder of
// the project: an overlay has another reason for not doing that (EXDEV), and a
// program then copies it.
var changes = []struct {
	attempt, frozen string
	free            string // the answer without the freeze; empty: it works
}{
	{attempt: "write:CLAUDE.md", frozen: "EROFS"},
	{attempt: "trunc:CLAUDE.md", frozen: "EROFS"},
	{attempt: "truncate:CLAUDE.md", frozen: "EROFS"},
	{attempt: "chmod:CLAUDE.md", frozen: "EROFS"},
	{attempt: "utimes:CLAUDE.md", frozen: "EROFS"},
	{attempt: "setxattr:CLAUDE.md", frozen: "EROFS"},
	{attempt: "unlink:CLAUDE.md", frozen: "EBUSY"},
	{attempt: "rename:CLAUDE.md|aside", frozen: "EBUSY"},
	{attempt: "rename:mine|CLAUDE.md", frozen: "EBUSY"},
	{attempt: "exchange:mine|CLAUDE.md", frozen: "EBUSY"},
	{attempt: "link:CLAUDE.md|second", frozen: "EXDEV"},
	{attempt: "write:.claude/settings.json", frozen: "EROFS"},
	{attempt: "create:.claude/settings.local.json", frozen: "EROFS"},
	{attempt: "mkdir:.claude/commands", frozen: "EROFS"},
	{attempt: "unlink:.claude/settings.json", frozen: "EROFS"},
	{attempt: "rename:.claude|aside", frozen: "EBUSY", free: "EXDEV"},
	{attempt: "rename:sub|aside", frozen: "EBUSY", free: "EXDEV"},
	{attempt: "rename:sub/deep|sub/aside", frozen: "EBUSY", free: "EXDEV"},
	{attempt: "exchange:sub/deep|sub/other", frozen: "EBUSY", free: "EXDEV"},
	{attempt: "write:sub/deep/CLAUDE.md", frozen: "EROFS"},
	{attempt: "rename:sub/deep/mine|sub/deep/CLAUDE.md", frozen: "EBUSY"},
	{attempt: "create:AGENTS.md", frozen: "EEXIST"},
	{attempt: "rewrite:AGENTS.md|evil", frozen: "EROFS EACCES"},
	{attempt: "rename:mine|AGENTS.md", frozen: "EBUSY"},
	{attempt: "symlink:mine|AGENTS.md", frozen: "EEXIST"},
	{attempt: "link:mine|AGENTS.md", frozen: "EEXIST"},
	{attempt: "mkdir:.cursor", frozen: "EEXIST"},
	{attempt: "rename:sub|.cursor", frozen: "EBUSY", free: "EXDEV"},
	{attempt: "symlink:sub|.cursor", frozen: "EEXIST"},
}

// ownersAlone is the answer to what the kernel grants a file's owner alone,
// where that is not the agent.
func ownersAlone(target Target, attempt string) string {
	if op, _, _ := strings.Cut(attempt, ":"); target.beside() && (op == "chmod" || op == "utimes") {
		return "EPERM"
	}
	return ""
}

func testGuardrails(t *testing.T, target Target) {
	want := map[string]string{"create:.cursor/rules": "EROFS", "unlink:AGENTS.md": "EBUSY", "rmdir:.cursor": "EBUSY", "read:CLAUDE.md": "ok",
		"rename:.|../moved": "EBUSY EINVAL EXDEV", "create:sub/deep/new": "ok", "create:new": "ok"}
	for _, c := range changes {
		want[c.attempt] = c.frozen
	}
	b := guarded(t, target, true)
	before := contents(t, b.Project)
	b.Expect(b.Attack(keys(want)...), want)
	if after := contents(t, b.Project); after != before {
		t.Errorf("the project itself changed:\n%s\n%s", before, after)
	}
	t.Run("without", func(t *testing.T) {
		for _, c := range changes {
			b := guarded(t, target, false)
			b.Expect(b.Attack(c.attempt), map[string]string{c.attempt: cmp.Or(c.free, ownersAlone(target, c.attempt), "ok")})
		}
	})
	testShadow(t, target)
}

// contents is the project as the host has it.
func contents(t *testing.T, dir string) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		all.WriteString(path + " " + d.Type().String())
		if d.Type().IsRegular() {
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			all.WriteString(" " + string(data))
		}
		all.WriteString("\n")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

// testShadow: the project's own folder cannot be replaced by a copy.
func testShadow(t *testing.T, target Target) {
	b := guarded(t, target, true)
	r := b.Command("/bin/sh", "-c", `p=$(pwd); cp -a "$p" /tmp/copy && echo evil >/tmp/copy/CLAUDE.md; cd /; mv "$p" /tmp/away 2>/dev/null; rm -rf "$p" 2>/dev/null; mv /tmp/copy "$p" 2>/dev/null; cat "$p/CLAUDE.md" >&2`)
	if strings.TrimSpace(r.Stderr) != "be good" {
		t.Errorf("after a swap of folders the guardrail reads %q, %v", r.Stderr, r.Err)
	}
}

// testGit: git works while what it executes is frozen.
func testGit(t *testing.T, target Target) {
	git, err := exec.LookPath("git")
	if err != nil || !strings.HasPrefix(git, "/usr/") {
		t.Skip("needs git in /usr")
	}
	b := NewBox(t, target)
	init := exec.Command(git, "-c", "init.templateDir=", "init", "-q", b.Project)
	init.Env = []string{"HOME=" + t.TempDir(), "GIT_CONFIG_NOSYSTEM=1"}
	if out, err := init.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, g := range []plan.Guardrail{{Path: ".git/config", Present: true}, {Path: ".git/hooks", Dir: true}} {
		if _, err := os.Stat(filepath.Join(b.Project, g.Path)); err == nil {
			g.Present = true
		}
		b.Add("isolation.guardrail:"+g.Path, plan.Op{Guardrail: &g})
	}
	b.Add("isolation.environment", plan.Op{Env: &plan.Env{Vars: map[string]string{"HOME": Home, "PATH": "/usr/bin:/bin", "LANG": "C",
		"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.invalid", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.invalid"}}})
	b.File("file", "1\n")
	r := b.Command("/bin/sh", "-ec", `exec >&2; git add file; git commit -qm one; git checkout -qb two; echo 2 >file; git commit -qam two; git gc -q; git log --oneline | wc -l; git status --short | wc -l
		if git config core.fsmonitor evil; then echo config; fi; if echo evil >.git/hooks/pre-commit; then echo hook; fi; if mv .git g; then echo moved; fi; true`)
	text := r.Stderr
	if r.Err != nil || r.ExitCode != 0 || !strings.HasPrefix(text, "2\n0\n") {
		t.Errorf("git does not work: %+v, %v\n%s", r.Result, r.Err, text)
	}
	for _, word := range []string{"\nconfig\n", "\nhook\n", "\nmoved\n"} {
		if strings.Contains(text, word) {
			t.Errorf("%q went through", strings.TrimSpace(word))
		}
	}
	for _, why := range []string{"Device or resource busy", "Read-only file system"} {
		if !strings.Contains(text, why) {
			t.Errorf("nothing was refused as %q:\n%s", why, text)
		}
	}
	free := NewBox(t, target)
	if err := os.CopyFS(filepath.Join(free.Project, ".git"), os.DirFS(filepath.Join(b.Project, ".git"))); err != nil {
		t.Fatal(err)
	}
	r = free.Command("/bin/sh", "-ec", `git config core.fsmonitor evil; mkdir -p .git/hooks; echo evil >.git/hooks/pre-commit; mv .git g`)
	if r.Err != nil || r.ExitCode != 0 {
		t.Errorf("without the control the same is refused: %+v, %v\n%s", r.Result, r.Err, r.Stderr)
	}
}
