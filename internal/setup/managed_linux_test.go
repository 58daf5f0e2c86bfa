package setup

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ringwall/internal/host"
)

const managedPath = "/etc/tool/deep/managed.json"

func files(content string) []ManagedFile {
	return []ManagedFile{{Agent: "tool", Title: "Tool", Path: managedPath, Content: content, Opens: true}}
}

func (r *rig) manage(content string) {
	r.Helper()
	steps, err := Managed(Options{Root: r.root}, files(content))
	r.must(steps, err)
}

func (r *rig) must(steps []Step, err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
	for _, s := range steps {
		if err := s.Do(); err != nil {
			r.Fatal(s.What, err)
		}
	}
}

func (r *rig) exists(name string) bool {
	_, err := os.Lstat(filepath.Join(r.root, name))
	return err == nil
}

func TestManagedIsWrittenAndTakenBack(t *testing.T) {
	r := machineOf(t)
	before := tree(t, r.root)
	r.manage("one\n")
	r.manage("two\n")
	if got := r.read(managedPath); got != "two\n" {
		t.Errorf("content %q", got)
	}
	for name, mode := range map[string]os.FileMode{managedPath: 0o644, "/etc/tool": 0o755, "/etc/tool/deep": 0o755} {
		if info, err := os.Stat(filepath.Join(r.root, name)); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v %v", name, info.Mode(), err)
		}
	}
	if steps, err := Managed(Options{Root: r.root}, files("two\n")); err != nil || len(steps) != 0 {
		t.Errorf("written twice: %v %v", steps, err)
	}
	r.must(RemoveManaged(Options{Root: r.root}, "other"))
	if !r.exists(managedPath) {
		t.Error("another agent's files were removed")
	}
	r.must(RemoveManaged(Options{Root: r.root}, "tool"))
	if after := tree(t, r.root); after != before {
		t.Errorf("left:\n%s\nwas:\n%s", after, before)
	}
}

// TestFoldersGoWithTheLastFile: two files in folders that one of them made, in
// either order, and one without the other.
func TestFoldersGoWithTheLastFile(t *testing.T) {
	deep := ManagedFile{Agent: "deep", Path: "/etc/tool/policies/a", Content: "a\n"}
	flat := ManagedFile{Agent: "flat", Path: "/etc/tool/b", Content: "b\n"}
	for _, order := range [][]ManagedFile{{deep, flat}, {flat, deep}} {
		for _, agents := range [][]string{{""}, {"deep", "flat"}, {"flat", "deep"}} {
			r := machineOf(t)
			before := tree(t, r.root)
			r.must(Managed(Options{Root: r.root}, order))
			for _, agent := range agents {
				r.must(RemoveManaged(Options{Root: r.root}, agent))
			}
			if after := tree(t, r.root); after != before {
				t.Errorf("%s first, removed %q: left:\n%s\nwas:\n%s", order[0].Path, agents, after, before)
			}
		}
	}
}

// tree lists all files with their mode.
func tree(t *testing.T, dir string) string {
	var b strings.Builder
	err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err == nil {
			b.WriteString(path + " " + info.Mode().String() + "\n")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// What is not ringwall's is left alone, at its writing and at its removal.
func TestManagedLeavesOthersAlone(t *testing.T) {
	for name, prepare := range map[string]func(r *rig){
		"somebody's file": func(r *rig) {
			os.MkdirAll(filepath.Join(r.root, filepath.Dir(managedPath)), 0o755)
			r.write(managedPath, "theirs\n")
		},
		"changed since": func(r *rig) {
			r.manage("one\n")
			r.write(managedPath, "one, and theirs\n")
		},
		"a link": func(r *rig) {
			os.MkdirAll(filepath.Join(r.root, filepath.Dir(managedPath)), 0o755)
			os.Symlink("/etc/passwd", filepath.Join(r.root, managedPath))
		},
		"a folder that is a link": func(r *rig) {
			os.Symlink("/tmp", filepath.Join(r.root, "/etc/tool"))
		},
		"a folder that others can write": func(r *rig) {
			os.Mkdir(filepath.Join(r.root, "/etc/tool"), 0o755)
			os.Chmod(filepath.Join(r.root, "/etc/tool"), 0o775)
		},
	} {
		r := machineOf(t)
		prepare(r)
		before := r.read(managedPath)
		if steps, err := Managed(Options{Root: r.root}, files("two\n")); err == nil {
			t.Errorf("%s: %v", name, steps)
		}
		r.must(RemoveManaged(Options{Root: r.root}, ""))
		if after := r.read(managedPath); after != before {
			t.Errorf("%s: %q, was %q", name, after, before)
		}
		if r.read(host.SetupFile) != "" {
			t.Errorf("%s: a record is left", name)
		}
	}
}

// A write that was cut short is known by its record, before and after.
func TestManagedAfterACrash(t *testing.T) {
	r := machineOf(t)
	r.manage("one\n")
	m, err := open(Options{Root: r.root})
	if err != nil {
		t.Fatal(err)
	}
	m.record.Managed[0].Before, m.record.Managed[0].SHA256 = sumOf([]byte("one\n")), sumOf([]byte("two\n"))
	if err := m.save(); err != nil { // and here the power went
		t.Fatal(err)
	}
	r.manage("two\n")
	if got := r.read(managedPath); got != "two\n" {
		t.Errorf("%q", got)
	}
	r.must(Undo(Options{Root: r.root}))
	if r.exists("/etc/tool") || r.exists("/etc/ringwall") {
		t.Error("something is left")
	}
}
