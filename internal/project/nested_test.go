package project

import (
	"path/filepath"
	"strings"
	"testing"
)

// gitIn are the parts of a repository, in a folder of the project or beside it.
func gitIn(repo string, files map[string]string) map[string]string {
	for name, content := range map[string]string{"HEAD": "ref: refs/heads/main\n", "config": "[core]\n", "objects/": "", "refs/": ""} {
		if _, ok := files[repo+name]; !ok {
			files[repo+name] = content
		}
	}
	return files
}

// TestNestedRepositories: what git would run from, or be led by, in those that
// are there (CFG-10, CFG-15, GIT-01, GIT-02).
func TestNestedRepositories(t *testing.T) {
	files := gitIn("lib/.git/", map[string]string{
		"lib/.git/config": "[core]\n\thooksPath = tools/h\n", "lib/tools/h/pre-commit": "",
		"lib/.git/commondir": "../x\n", "lib/.git/info/attributes": "", "lib/.git/objects/info/alternates": "/x\n",
		"sub/.git": "gitdir: ../.git/modules/sub\n", "sub/file": "",
		".git/modules/sub/config": "[core]\n\tworktree = ../../../sub\n",
		"ln/.git":                 "-> ../repos/ln.git", "out/.git": "gitdir: /elsewhere/.git/worktrees/out\n",
	})
	gitIn(".git/modules/sub/", gitIn("repos/ln.git/", files))
	facts := inspect(t, Options{Path: repository(t, files)})
	for _, want := range []Guardrail{
		{Path: "lib/.git/config", Present: true}, {Path: "lib/.git/hooks", Dir: true}, {Path: "lib/tools/h", Dir: true, Present: true},
		{Path: "lib/.git/commondir", Present: true}, {Path: "lib/.git/info/attributes", Present: true},
		{Path: "lib/.git/objects/info/alternates", Present: true},
		{Path: "sub/.git", Present: true}, {Path: ".git/modules/sub/config", Present: true}, {Path: ".git/modules/sub/hooks", Dir: true},
		{Path: "ln/.git", Present: true, Link: true}, {Path: "repos/ln.git/config", Present: true}, {Path: "repos/ln.git/hooks", Dir: true},
		{Path: "out/.git", Present: true},
	} {
		rail(t, facts, want)
	}
}

// TestWorktreesOfTheProject: what leads git is frozen, and one outside is not
// taken for abandoned (GIT-06, GIT-07).
func TestWorktreesOfTheProject(t *testing.T) {
	dir := repository(t, nil)
	for name, content := range map[string]string{
		".git/worktrees/in/gitdir": real(dir) + "/wt/in/.git\n", ".git/worktrees/in/commondir": "../..\n", ".git/worktrees/in/HEAD": "",
		".git/worktrees/out/gitdir": "/elsewhere/.git\n", ".git/worktrees/out/HEAD": "",
		"wt/in/.git": "gitdir: " + real(dir) + "/.git/worktrees/in\n",
	} {
		write(t, dir, name, content)
	}
	facts := inspect(t, Options{Path: dir})
	for _, want := range []Guardrail{
		{Path: ".git/worktrees/in/gitdir", Present: true}, {Path: ".git/worktrees/in/commondir", Present: true},
		{Path: ".git/worktrees/in/config.worktree"}, {Path: ".git/worktrees/out/gitdir", Present: true},
		{Path: ".git/worktrees/out/locked"}, {Path: "wt/in/.git", Present: true},
	} {
		rail(t, facts, want)
	}
	noRail(t, facts, ".git/worktrees/in", ".git/worktrees/in/HEAD", ".git/worktrees/in/locked")
}

// TestLinkedRepository: a worktree's or submodule's repository is believed when
// it knows the project, and only then (CFG-15).
func TestLinkedRepository(t *testing.T) {
	type made struct{ project, repo, part string }
	build := func(t *testing.T, kind string) made {
		base := real(t.TempDir())
		m := made{project: base + "/work", repo: base + "/main/.git"}
		for name, content := range gitIn("", map[string]string{}) {
			write(t, m.repo, name, content)
		}
		m.part = m.repo + "/worktrees/work"
		if kind == "worktree" {
			write(t, m.part, "commondir", "../..\n")
			write(t, m.part, "gitdir", m.project+"/.git\n")
		} else {
			m.repo += "/modules/s"
			m.part = m.repo
			for name, content := range gitIn("", map[string]string{"config": "[core]\n\tworktree = ../../../../work\n"}) {
				write(t, m.part, name, content)
			}
		}
		write(t, m.project, ".git", "gitdir: "+m.part+"\n")
		return m
	}
	for _, kind := range []string{"worktree", "submodule"} {
		t.Run(kind, func(t *testing.T) {
			m := build(t, kind)
			facts := inspect(t, Options{Path: m.project})
			if g := facts.Git; !g.Present || !g.Linked || g.Dir != m.part || g.Common != m.repo {
				t.Errorf("%+v", g)
			}
			rail(t, facts, Guardrail{Path: ".git", Present: true})
		})
	}
	for what, spoil := range map[string]func(*testing.T, made){
		"does not know":           func(t *testing.T, m made) { write(t, m.part, "gitdir", filepath.Dir(m.project)+"/other/.git\n") },
		"different places":        func(t *testing.T, m made) { write(t, m.part, "commondir", "../../../../work\n") },
		"nothing there is one":    func(t *testing.T, m made) { write(t, m.part, "commondir", "..\n") },
		"in the project":          func(t *testing.T, m made) { write(t, m.part, "commondir", "../../../..\n") },
		"part of a repository":    func(t *testing.T, m made) { write(t, m.part, "commondir", "nowhere\n") },
		"git does not take":       func(t *testing.T, m made) { write(t, m.project, ".git", m.part+"\n") },
		"repository that is not ": func(t *testing.T, m made) { write(t, m.project, ".git", "gitdir: /nowhere\n") },
	} {
		t.Run(what, func(t *testing.T) {
			m := build(t, "worktree")
			spoil(t, m)
			if e := refused(t, Options{Path: m.project}, LinkedGit); !strings.Contains(e.Error(), what) || e.Hint() == "" {
				t.Errorf("%v, hint %q", e, e.Hint())
			}
		})
	}
	t.Run("home", func(t *testing.T) {
		m := build(t, "worktree")
		if e := refused(t, Options{Path: m.project, StateDir: m.repo + "/state"}, LinkedGit); !strings.Contains(e.Error(), "no place") {
			t.Error(e)
		}
	})
}

// TestHooksThatAConfigurationElsewhereNames: a worktree's repository and the
// owner's own configuration may name hooks relative to whatever project.
func TestHooksThatAConfigurationElsewhereNames(t *testing.T) {
	base := real(t.TempDir())
	for name, content := range gitIn("main/.git/", map[string]string{
		"main/.git/config":                 "[core]\n\thooksPath = tools/hooks\n[include]\n\tpath = ../../wt/shared.cfg\n",
		"main/.git/worktrees/wt/gitdir":    base + "/wt/.git\n",
		"main/.git/worktrees/wt/commondir": "../..\n",
		"wt/.git":                          "gitdir: " + base + "/main/.git/worktrees/wt\n",
		"wt/tools/hooks/pre-commit":        "", "wt/shared.cfg": "[http]\n\tproxy = http://u:p@h.example\n",
		"home/.gitconfig": "[core]\n\thooksPath = own/hooks\n\thooksPath = ~/hooks\n[include]\n\tpath = ~/more\n",
	}) {
		write(t, base, name, content)
	}
	facts := inspect(t, Options{Path: base + "/wt", Home: base + "/home"})
	rail(t, facts, Guardrail{Path: "tools/hooks", Dir: true, Present: true})
	rail(t, facts, Guardrail{Path: "shared.cfg", Present: true})
	rail(t, facts, Guardrail{Path: "own/hooks"})
	noRail(t, facts, "~/hooks", "~/more")
	if got := secrets(facts); got["shared.cfg"] == "" {
		t.Errorf("%v", got)
	}
}
