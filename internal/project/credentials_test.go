package project

import (
	"fmt"
	"strings"
	"testing"
)

// TestGitCredentials: git's configuration, in whatever repository of the
// project, is shown without the credentials in it, and else as it is (GIT-11).
func TestGitCredentials(t *testing.T) {
	const with, without = "[remote \"o\"]\n\turl = https://u:secret@h.example/r\n", "[remote \"o\"]\n\turl = https://h.example/r\n"
	files := gitIn("lib/.git/", map[string]string{"lib/.git/config": with, ".git/config": with,
		"clean/.git/config": without, ".git/config.worktree": "[http]\n\textraheader = Authorization: basic x\n"})
	gitIn("clean/.git/", files)
	facts := inspect(t, Options{Path: repository(t, files)})
	got := map[string]Secret{}
	for _, s := range facts.Secrets {
		got[s.Path] = s
	}
	for _, p := range []string{".git/config", "lib/.git/config"} {
		if s := got[p]; s.Shown != without || !s.Part || s.Reason == "" {
			t.Errorf("%s: %+v", p, s)
		}
		if _, frozen := guardrail(facts, p); !frozen {
			t.Errorf("%s is not frozen", p)
		}
	}
	if s := got[".git/config.worktree"]; strings.Contains(s.Shown, "basic") || !s.Part {
		t.Errorf("%+v", s)
	}
	if s, hidden := got["clean/.git/config"]; hidden {
		t.Errorf("%+v", s)
	}
}

// TestCommonCredentials: the same for the repository of a linked worktree.
func TestCommonCredentials(t *testing.T) {
	base := real(t.TempDir())
	for name, content := range gitIn("main/.git/", map[string]string{
		"main/.git/config":                 "[remote \"o\"]\n\turl = https://u:secret@h.example/r\n",
		"main/.git/worktrees/wt/gitdir":    base + "/wt/.git\n",
		"main/.git/worktrees/wt/commondir": "../..\n",
		"wt/.git":                          "gitdir: " + base + "/main/.git/worktrees/wt\n",
	}) {
		write(t, base, name, content)
	}
	g := inspect(t, Options{Path: base + "/wt"}).Git
	if len(g.Configs) != 1 || g.Configs[0].Path != base+"/main/.git/config" || strings.Contains(g.Configs[0].Shown, "secret") {
		t.Errorf("%+v", g.Configs)
	}
}

// TestSecretsByContent: what a file of data holds tells, wherever it lies;
// source, and what is made up for tests, stays.
func TestSecretsByContent(t *testing.T) {
	got := map[string]Secret{}
	for _, s := range inspect(t, Options{Path: repository(t, map[string]string{
		"deploy/prod.yml": secretKey, "deploy/dev.yml": "key: none\n", "main.go": "// " + secretKey, "testdata/x.yml": secretKey,
		"node_modules/p/x.json": secretKey, ".npmrc": "registry=https://r.example/\n//r.example/:_authToken=abc\n",
		"conf/settings.xml": "<settings><password>abc</password></settings>",
	})}).Secrets {
		got[s.Path] = s
	}
	if len(got) != 3 || got["deploy/prod.yml"].Reason != "GitHub token" || !got[".npmrc"].Part ||
		!strings.Contains(got["conf/settings.xml"].Shown, "<settings/>") {
		t.Errorf("%+v", got)
	}
}

// TestShownIsBounded: what stands in the place of secrets is memory.
func TestShownIsBounded(t *testing.T) {
	files := map[string]string{}
	rest := strings.Repeat("# a comment\n", 5000)
	for i := range 80 {
		files[fmt.Sprintf("p%d/.npmrc", i)] = "//r.example/:_authToken=abc\n" + rest
	}
	total, notes := 0, 0
	facts := inspect(t, Options{Path: repository(t, files)})
	for _, s := range facts.Secrets {
		total += len(s.Shown)
		if s.Shown == "" && !s.Part {
			notes++
		}
	}
	if len(facts.Secrets) != 80 || total > maxShown || total < maxShown/2 || notes == 0 {
		t.Errorf("%d secrets, %d bytes, %d notes", len(facts.Secrets), total, notes)
	}
}
