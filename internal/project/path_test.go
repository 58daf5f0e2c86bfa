package project

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPathsThatAreNoProject(t *testing.T) {
	home := t.TempDir()
	write(t, home, "file", "x")
	write(t, home, "state/runs/", "")
	write(t, home, "bad\xff/.git/HEAD", "")
	for name, path := range map[string]string{
		"the root":           "/",
		"tmp":                "/tmp",
		"etc":                "/etc",
		"below usr":          "/usr/bin",
		"proc":               "/proc/self",
		"home":               home,
		"above home":         filepath.Dir(home),
		"state":              home + "/state",
		"above state":        home,
		"in state":           home + "/state/runs",
		"a file":             home + "/file",
		"absent":             home + "/absent",
		"empty":              "",
		"not UTF-8":          home + "/bad\xff",
		"through a dot-dot":  home + "/state/..",
		"with a slash at it": "/tmp/",
	} {
		t.Run(name, func(t *testing.T) {
			opts := Options{Path: path, Home: home}
			if strings.Contains(name, "state") {
				opts = Options{Path: path, StateDir: home + "/state"}
			}
			e := refused(t, opts, BadPath)
			if strings.Contains(e.Error(), "\xff") {
				t.Errorf("the message holds raw bytes: %q", e.Error())
			}
		})
	}
}

func TestPathsThatAre(t *testing.T) {
	dir := repository(t, nil)
	odd := filepath.Join(filepath.Dir(dir), "odd name\nwith 'quotes', a:colon")
	if err := os.Rename(dir, odd); err != nil {
		t.Fatal(err)
	}
	if facts := inspect(t, Options{Path: odd, Home: "/nowhere/home"}); facts.Path != real(odd) {
		t.Errorf("%q", facts.Path)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(odd, link); err != nil {
		t.Fatal(err)
	}
	if facts := inspect(t, Options{Path: link}); facts.Path != real(odd) {
		t.Errorf("a link is resolved: %q", facts.Path)
	}
	// Home lies in no project here, though its name begins alike.
	inspect(t, Options{Path: odd, Home: odd + "-home", StateDir: odd + "-state"})
}

func TestGitFolder(t *testing.T) {
	t.Run("none", func(t *testing.T) {
		if e := refused(t, Options{Path: t.TempDir()}, NoGit); e.Hint() != "git init" {
			t.Errorf("hint %q", e.Hint())
		}
	})
	t.Run("below one", func(t *testing.T) {
		dir := repository(t, map[string]string{"sub/x": ""})
		if e := refused(t, Options{Path: dir + "/sub"}, NoGit); !strings.Contains(e.Hint(), real(dir)) {
			t.Errorf("hint %q", e.Hint())
		}
	})
	for what, text := range map[string]string{
		"not there": "gitdir: /x/.git/worktrees/w\n", "does not take": "not for git\n", "part of the system": "gitdir: /usr/share\n",
	} {
		t.Run(what, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, ".git", text)
			if e := refused(t, Options{Path: dir}, LinkedGit); !strings.Contains(e.Error(), what) || e.Hint() == "" {
				t.Errorf("%v, hint %q", e, e.Hint())
			}
		})
	}
	t.Run("link", func(t *testing.T) {
		dir := t.TempDir()
		write(t, dir, ".git", "-> "+repository(t, nil)+"/.git")
		refused(t, Options{Path: dir}, LinkedGit)
	})
	t.Run("commondir", func(t *testing.T) {
		refused(t, Options{Path: repository(t, map[string]string{".git/commondir": "/x/.git\n"})}, LinkedGit)
	})
	t.Run("broken", func(t *testing.T) {
		dir := t.TempDir()
		write(t, dir, ".git/config", "")
		refused(t, Options{Path: dir}, NoGit)
	})
}
