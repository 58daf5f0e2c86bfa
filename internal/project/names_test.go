package project

import (
	"os"
	"testing"
)

// TestAbsent: only what no file system could find in the folder is taken for
// absent without a look.
func TestAbsent(t *testing.T) {
	for _, c := range []struct {
		there, asked string
		want         bool
	}{
		{"Makefile", ".claude/settings.json", true},
		{"Makefile", "makefile", false},           // case may not count
		{".GITHUB/x", ".github/workflows", false}, // nor in a folder's name
		{"claude.md\u212a", "CLAUDE.md", false},   // a Kelvin sign is a k to some
		{"Makefile", "\u212a", false},
		{"Makefile", ".", false},
		{"Makefile", "../Makefile", false},
	} {
		dir := repository(t, map[string]string{c.there: ""})
		root, err := os.OpenRoot(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer root.Close()
		if in := (&inspector{root: root}); in.absent(c.asked) != c.want {
			t.Errorf("%q beside %q: absent %v", c.asked, c.there, !c.want)
		}
	}
}

// BenchmarkInspect is a start on a project of a few files.
func BenchmarkInspect(b *testing.B) {
	dir := b.TempDir()
	for name, content := range map[string]string{
		".git/HEAD": "ref: refs/heads/main\n", ".git/config": "[core]\n\tbare = false\n",
		".git/objects/": "", ".git/refs/": "", ".git/hooks/": "", "ringwall.toml": "version = 1\n", "main.go": "package main\n",
	} {
		write(b, dir, name, content)
	}
	opts := Options{Path: dir, Home: b.TempDir()}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Inspect(opts); err != nil {
			b.Fatal(err)
		}
	}
}
