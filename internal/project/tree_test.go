package project

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func secrets(facts Facts) map[string]string {
	out := map[string]string{}
	for _, s := range facts.Secrets {
		out[s.Path] = s.Reason
	}
	return out
}

func TestSecrets(t *testing.T) {
	dir := repository(t, map[string]string{
		"a/.env": "x", "ca.pem": "-----BEGIN CERTIFICATE-----", "k.pem": "-----BEGIN PRIVATE KEY-----",
		".npmrc": "registry=https://r.example/\n", "sub/.npmrc": "//r.example/:_authToken=t\n",
		"secrets/x/y.txt": "s", "notes.txt": "n", "real/dev.settings": "v", ".env.local": "-> real/dev.settings",
		"out/.env": "-> /etc/hostname", "chain.pem": "-> ca.pem", "node_modules/p/.env": "x", ".git/objects/id_rsa": "x",
		".env.d/x": "a folder's content is not named so",
	})
	got := secrets(inspect(t, Options{Path: dir, Hide: []string{"secrets/**"}}))
	for _, want := range []string{"a/.env", "k.pem", "sub/.npmrc", "secrets/x/y.txt", "real/dev.settings", "node_modules/p/.env"} {
		if got[want] == "" {
			t.Errorf("%s is not hidden", want)
		}
		delete(got, want)
	}
	if len(got) != 0 {
		t.Errorf("hidden without need: %q", got)
	}
	if got := secrets(inspect(t, Options{Path: dir})); got["secrets/x/y.txt"] != "" {
		t.Error("hidden although no pattern says so")
	}
	refused(t, Options{Path: dir, Hide: []string{"a/[b"}}, BadPattern)
}

func TestSecretUnderAnotherName(t *testing.T) {
	dir := repository(t, map[string]string{"a/.env": "x", "b/plain": "y"})
	if err := os.Link(filepath.Join(dir, "a/.env"), filepath.Join(dir, "copy.txt")); err != nil {
		t.Fatal(err)
	}
	got := secrets(inspect(t, Options{Path: dir}))
	if !strings.Contains(got["copy.txt"], "a/.env") || got["b/plain"] != "" {
		t.Errorf("%q", got)
	}
}

func TestIncompleteIsSaid(t *testing.T) {
	t.Run("too deep", func(t *testing.T) {
		dir := repository(t, map[string]string{strings.Repeat("d/", maxDepth+1) + ".env": "x"})
		if facts := inspect(t, Options{Path: dir}); !strings.Contains(facts.Incomplete, "deeper") {
			t.Errorf("%q", facts.Incomplete)
		}
		dir = repository(t, map[string]string{strings.Repeat("d/", maxDepth-1) + ".env": "x"})
		if facts := inspect(t, Options{Path: dir}); facts.Incomplete != "" || len(facts.Secrets) != 1 {
			t.Errorf("%q %v", facts.Incomplete, facts.Secrets)
		}
	})
	t.Run("too many", func(t *testing.T) {
		dir := repository(t, map[string]string{"a/1": "", "a/2": "", "a/3": "", "b/.env": ""})
		if facts := inspect(t, Options{Path: dir, limit: 4}); !strings.Contains(facts.Incomplete, "more than 4 files and folders") {
			t.Errorf("%q", facts.Incomplete)
		}
		index := filepath.Join(t.TempDir(), "index")
		for range 2 { // what was found in part is no ground for the next
			if facts := inspect(t, Options{Path: dir, limit: 4, Index: index, now: later}); facts.Incomplete == "" {
				t.Error("with an index it is complete")
			}
		}
		if facts := inspect(t, Options{Path: dir, Index: index, now: later}); facts.Incomplete != "" || secrets(facts)["b/.env"] == "" {
			t.Errorf("%q", facts.Incomplete)
		}
		for range 2 { // the bound counts what the index spares
			if facts := inspect(t, Options{Path: dir, limit: 4, Index: index, now: later}); facts.Incomplete == "" {
				t.Error("with an index it is complete")
			}
		}
	})
	t.Run("too many to hide", func(t *testing.T) {
		files := map[string]string{}
		for i := range maxSecrets + 1 {
			files[fmt.Sprintf("s/%d", i)] = ""
		}
		dir := repository(t, files)
		facts := inspect(t, Options{Path: dir, Hide: []string{"s/**"}})
		if facts.Incomplete == "" || len(facts.Secrets) != maxSecrets {
			t.Errorf("%q, %d secrets", facts.Incomplete, len(facts.Secrets))
		}
	})
	t.Run("a folder that cannot be read", func(t *testing.T) {
		if os.Getuid() == 0 {
			t.Skip("root reads every folder; an ordinary user is needed")
		}
		dir := repository(t, map[string]string{"closed/.env": "x"})
		if err := os.Chmod(dir+"/closed", 0); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.Chmod(dir+"/closed", 0o755) })
		if facts := inspect(t, Options{Path: dir}); !strings.Contains(facts.Incomplete, "closed") {
			t.Errorf("%q", facts.Incomplete)
		}
	})
}

func TestInstructionsAreBounded(t *testing.T) {
	fits := repository(t, map[string]string{Task: strings.Repeat("x", MaxInstruction)})
	if facts := inspect(t, Options{Path: fits}); len(facts.Instructions) != 1 {
		t.Errorf("%d instructions", len(facts.Instructions))
	}
	for _, bad := range []string{strings.Repeat("x", MaxInstruction+1), "\xff"} {
		refused(t, Options{Path: repository(t, map[string]string{Task: bad})}, BadText)
	}
	refused(t, Options{Path: repository(t, map[string]string{Playbook + "/x": "a folder"})}, BadText)
}

func FuzzGitConfig(f *testing.F) {
	f.Add("[core]\n\thooksPath = x\n[include] path = ../../y\n")
	f.Add("[\n]=[include]\npath=\"\n")
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 4096 {
			return
		}
		dir := repository(t, map[string]string{".git/config": text})
		root, err := os.OpenRoot(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer root.Close()
		in := &inspector{root: root, facts: Facts{Path: dir}}
		for _, p := range in.gitNamed(".git", ".") {
			if p != "" && !filepath.IsLocal(p) {
				t.Errorf("%q leads out of the project", p)
			}
		}
	})
}
