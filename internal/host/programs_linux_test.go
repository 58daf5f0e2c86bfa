package host

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"ringwall/internal/kernel/seen"
)

// TestFindPrograms: names of PATH with the files that they lead to, found again
// from the note, and anew when a folder has changed or a file is gone.
func TestFindPrograms(t *testing.T) {
	dir := t.TempDir()
	tool := func(name string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	tool("rw-nc.openbsd", 0o755)
	tool("rw-text", 0o644)
	if err := os.Symlink("rw-nc.openbsd", filepath.Join(dir, "rw-nc")); err != nil {
		t.Fatal(err)
	}
	f := Facts{Path: []string{dir, "/nowhere", dir}, StateDir: t.TempDir()}
	names := []string{"rw-nc", "rw-text", "rw-late", "rw-nowhere"}
	find := func() []string {
		var out []string
		for _, p := range f.findPrograms(names, seen.New(nil, time.Now().Add(time.Hour))) {
			out = append(out, p.Name+" "+filepath.Base(p.Real))
		}
		return out
	}
	first := []string{"rw-nc rw-nc.openbsd"}
	if got := find(); !slices.Equal(got, first) {
		t.Fatalf("%q", got)
	}
	note := f.programsFile(seen.Key(append([]string{dir, "/nowhere"}, systemPath...)...))
	before, err := os.Stat(note)
	if err != nil {
		t.Fatal(err)
	}
	if got := find(); !slices.Equal(got, first) {
		t.Errorf("from the note: %q", got)
	}
	if after, _ := os.Stat(note); !os.SameFile(before, after) {
		t.Error("the folders were searched although nothing changed")
	}
	time.Sleep(20 * time.Millisecond) // the clock of a file system is coarse
	tool("rw-late", 0o755)
	if got := find(); !slices.Equal(got, []string{"rw-late rw-late", "rw-nc rw-nc.openbsd"}) {
		t.Errorf("after a change: %q", got)
	}
	for what, change := range map[string]func() error{
		"what a name leads to is gone": func() error { return os.Remove(filepath.Join(dir, "rw-nc.openbsd")) },
		"a program is none now":        func() error { return os.Chmod(tool("rw-nc.openbsd", 0o644), 0o644) },
	} {
		time.Sleep(20 * time.Millisecond)
		if err := change(); err != nil {
			t.Fatal(err)
		}
		if got := find(); !slices.Equal(got, []string{"rw-late rw-late"}) {
			t.Errorf("%s: %q", what, got)
		}
	}
}
