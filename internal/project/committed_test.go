package project

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// needsGit: where everything is tested git has to be there, and a skip would read
// as a pass.
func needsGit(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("git"); err == nil {
		return
	}
	if os.Getenv("CI") != "" {
		t.Fatal("git has to be there where CI is set")
	}
	t.Skip("needs git")
}

// git runs git in a folder, with no configuration but the repository's.
func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v: %s", args, err, out)
	}
	return string(out)
}

// TestCommitted: what git's history shows anyway is not hidden, and nothing else
// is left open for it.
func TestCommitted(t *testing.T) {
	needsGit(t)
	const secret = "TOKEN=1\n"
	tests := map[string]struct {
		do      func(t *testing.T, dir string)
		hide    []string
		open    bool
		tracked bool
	}{
		"committed":   {do: func(t *testing.T, dir string) {}, open: true, tracked: true},
		"staged only": {do: func(t *testing.T, dir string) { git(t, dir, "update-ref", "-d", "HEAD") }, open: true, tracked: true},
		"changed":     {do: func(t *testing.T, dir string) { write(t, dir, ".env", "TOKEN=2\n") }, tracked: true},
		"untracked":   {do: func(t *testing.T, dir string) { git(t, dir, "rm", "-q", "--cached", ".env") }},
		"asked for":   {do: func(t *testing.T, dir string) {}, hide: []string{".env"}, tracked: true},
		"no index":    {do: func(t *testing.T, dir string) { remove(t, dir, ".git/index") }},
		"damaged":     {do: func(t *testing.T, dir string) { write(t, dir, ".git/index", "DIRC\x00\x00\x00\x02\x00\x00\x00\x09") }},
		"a link": {do: func(t *testing.T, dir string) {
			remove(t, dir, ".git/index")
			write(t, dir, ".git/index", "-> ../elsewhere")
		}},
		"claimed only": {do: claim, tracked: true},
		// Where git may know a hash and not the content, an agent may too.
		"a partial clone":    {do: func(t *testing.T, dir string) { git(t, dir, "config", "remote.o.promisor", "true") }, tracked: true},
		"an older one":       {do: func(t *testing.T, dir string) { git(t, dir, "config", "extensions.partialClone", "o") }, tracked: true},
		"a promised pack":    {do: func(t *testing.T, dir string) { write(t, dir, ".git/objects/pack/pack-1.promisor", "") }, tracked: true},
		"included elsewhere": {do: func(t *testing.T, dir string) { git(t, dir, "config", "include.path", "../more") }, tracked: true},
		"objects elsewhere":  {do: func(t *testing.T, dir string) { write(t, dir, ".git/objects/info/alternates", "/x\n") }, tracked: true},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, ".env", secret)
			write(t, dir, "main.go", "package main\n")
			git(t, dir, "init", "-q")
			git(t, dir, "add", "-A")
			git(t, dir, "commit", "-q", "-m", "all")
			c.do(t, dir)
			f := inspect(t, Options{Path: dir, Hide: c.hide})
			if open := len(f.Committed) == 1 && len(f.Secrets) == 0; open != c.open || len(f.Committed)+len(f.Secrets) != 1 {
				t.Fatalf("hidden %v, open %v", f.Secrets, f.Committed)
			}
			if !c.open && f.Secrets[0].Tracked != c.tracked {
				t.Errorf("tracked: %v", f.Secrets[0].Tracked)
			}
			if has := strings.Contains(f.GitAttributes(), `"/.env" filter=`); has != (c.tracked && !c.open) {
				t.Errorf("attributes %q", f.GitAttributes())
			}
			if has := strings.Contains(f.GitIgnore(), "/.env\n"); has == c.open {
				t.Errorf("ignored %q", f.GitIgnore())
			}
		})
	}
}

// claim is an index that an agent could have written: it has the path, and the
// hash of something that the agent knows.
func claim(t *testing.T, dir string) {
	write(t, dir, "known", "what the agent knows\n")
	id := strings.TrimSpace(git(t, dir, "hash-object", "-w", "known"))
	git(t, dir, "update-index", "--cacheinfo", "100644,"+id+",.env")
	remove(t, dir, "known")
}

func remove(t *testing.T, dir, name string) {
	t.Helper()
	if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
}

// TestGitAttributesOfOddNames: git reads the list as it is meant.
func TestGitAttributesOfOddNames(t *testing.T) {
	needsGit(t)
	names := []string{"a b.env", `quo"te.env`, `back\slash.env`, "star*.env", "[a].env", "#.env", "!x.env", "ä.env"}
	var f Facts
	dir := t.TempDir()
	for _, n := range names {
		f.Secrets = append(f.Secrets, Secret{Path: n, Tracked: true})
	}
	git(t, dir, "init", "-q")
	write(t, dir, ".git/info/attributes", f.GitAttributes())
	for _, n := range append(names, "starx.env", "a.env") {
		got := git(t, dir, "-c", "core.quotePath=false", "check-attr", "-z", "filter", "--", n)
		want := n + "\x00filter\x00ringwall-hidden\x00"
		if n == "starx.env" || n == "a.env" {
			want = n + "\x00filter\x00unspecified\x00"
		}
		if got != want {
			t.Errorf("%s: %q", n, got)
		}
	}
}
