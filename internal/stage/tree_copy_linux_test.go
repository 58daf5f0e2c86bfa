package stage

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// newCopy is a copy of a world's project, made.
func (w *world) newCopy() *Copy {
	w.t.Helper()
	dir := filepath.Dir(filepath.Dir(w.o.Dirs.Iter))
	c := NewCopy(TreeOptions{Project: w.project, ProjectID: w.o.ProjectID, Dir: dir})
	must(w.t, c.Update(context.Background()))
	return c
}

// inCopy plays a scene in a copy and takes its changes out.
func (w *world) inCopy(scene func(string) error) *Copy {
	w.t.Helper()
	c := w.newCopy()
	must(w.t, scene(c.Path()))
	must(w.t, c.Export(context.Background(), w.o.Dirs))
	return c
}

// comparable is a changeset without what differs between two projects that are
// the same: times, and the numbers of files.
func comparable(c *Changeset) []string {
	var out []string
	for _, e := range c.Entries {
		out = append(out, fmt.Sprintf("%s %s %s %o %d %q %s %q below %s %o %d", e.Path, e.Action, e.Type, e.Mode, e.Size,
			e.Target, e.Class, e.Detail, e.Lower.Type, e.Lower.Mode, e.Lower.Size))
	}
	return out
}

// TestCopyEqualsOverlay plays every scene in an overlay and in a copy: the
// changesets must be the same, and so must the project afterwards.
func TestCopyEqualsOverlay(t *testing.T) {
	all := scenes()
	for seed := range seeds(t, 10) {
		all[fmt.Sprint("random ", seed)] = func(dir string) error { return randomScene(dir, seed) }
	}
	for name, scene := range all {
		t.Run(name, func(t *testing.T) { compareForms(t, name, scene) })
	}
}

func compareForms(t *testing.T, name string, scene func(string) error) {
	t.Helper()
	over, copied := newWorld(t), newWorld(t)
	var seed uint64
	kind := name
	if n, _ := fmt.Sscanf(name, "random %d", &seed); n == 1 {
		kind = "random"
	}
	over.inOverlay(kind, seed)
	before := snapshot(t, copied.project)
	copied.inCopy(scene)
	if d := diff(before, snapshot(t, copied.project)); len(d) > 0 {
		t.Fatalf("the project changed behind the copy: %v", d)
	}
	a, b := comparable(over.read()), comparable(copied.read())
	if !slices.Equal(a, b) {
		t.Errorf("overlay:\n%s\ncopy:\n%s", strings.Join(a, "\n"), strings.Join(b, "\n"))
	}
	over.apply()
	copied.apply()
	if d := diff(snapshot(t, over.project), snapshot(t, copied.project)); len(d) > 0 {
		t.Errorf("the projects differ: %v", d)
	}
}

// TestCopyIsWhole: modes, times, links, names of one file, attributes and holes
// are in the copy as in the project.
func TestCopyIsWhole(t *testing.T) {
	w := newWorld(t)
	at := func(rel string) string { return filepath.Join(w.project, rel) }
	must(t, os.Link(at("src/a.go"), at("src/same")))
	must(t, os.Chmod(at("docs"), 0o555))
	must(t, unix.Mkfifo(at("pipe"), 0o640))
	must(t, os.Symlink("/nowhere/at all", at("dangling")))
	must(t, os.WriteFile(at("holes"), []byte("begin"), 0o600))
	must(t, os.Truncate(at("holes"), 64<<20))
	attributes := unix.Setxattr(at("main.go"), "user.mine", []byte("v"), 0) == nil
	old := time.Date(2001, 2, 3, 4, 5, 6, 789, time.UTC)
	must(t, os.Chtimes(at("main.go"), old, old))
	must(t, os.Chtimes(at("empty"), old, old))
	c := w.newCopy()
	in := func(rel string) string { return filepath.Join(c.Path(), rel) }
	if d := diff(snapshot(t, w.project), snapshot(t, c.Path())); len(d) > 0 {
		t.Errorf("%v", d)
	}
	for _, rel := range []string{"main.go", "empty"} {
		if info, err := os.Lstat(in(rel)); err != nil || !info.ModTime().Equal(old) {
			t.Errorf("%s: %v %v", rel, info.ModTime(), err)
		}
	}
	a, _ := os.Stat(in("src/a.go"))
	b, _ := os.Stat(in("src/same"))
	if !os.SameFile(a, b) {
		t.Error("two names of one file became two files")
	}
	var st unix.Stat_t
	must(t, unix.Stat(in("holes"), &st))
	if st.Size != 64<<20 || st.Blocks*512 > 1<<20 {
		t.Errorf("the hole was filled: %d bytes take %d", st.Size, st.Blocks*512)
	}
	v := make([]byte, 8)
	if n, err := unix.Getxattr(in("main.go"), "user.mine", v); attributes && (err != nil || string(v[:n]) != "v") {
		t.Errorf("the attribute is lost: %v", err)
	}
}

// TestCopyIsUpdated: what was applied, what a person changed, and what the agent
// did besides, are all found without copying the rest again.
func TestCopyIsUpdated(t *testing.T) {
	w := newWorld(t)
	must(t, os.Link(filepath.Join(w.project, "src/a.go"), filepath.Join(w.project, "src/same")))
	c := w.inCopy(do(put("new", "agent", 0o644), rm("docs"), chmod("src/deep", 0o700), put("main.go", "agent's", 0o644)))
	w.apply()
	must(t, os.WriteFile(filepath.Join(w.project, "run.sh"), []byte("a person's"), 0o755))
	must(t, os.RemoveAll(filepath.Join(w.project, "conf")))
	must(t, os.WriteFile(filepath.Join(c.Path(), "src/b.go"), []byte("left from a check"), 0o600))
	must(t, os.WriteFile(filepath.Join(c.Path(), "src/extra"), nil, 0o600))
	must(t, os.Chmod(filepath.Join(c.Path(), "lib"), 0))
	untouched := inode(t, filepath.Join(c.Path(), "src/deep/c.go"))
	must(t, c.Update(context.Background()))
	if d := diff(snapshot(t, w.project), snapshot(t, c.Path())); len(d) > 0 {
		t.Errorf("%v", d)
	}
	if got := inode(t, filepath.Join(c.Path(), "src/deep/c.go")); got != untouched {
		t.Error("a file that did not change was copied again")
	}
	w.o.Dirs, _ = Prepare(filepath.Join(filepath.Dir(w.o.Dirs.Iter), "2"))
	must(t, c.Export(context.Background(), w.o.Dirs))
	w.wantClasses()
}

// inode is a file's number.
func inode(t *testing.T, path string) uint64 {
	t.Helper()
	var st unix.Stat_t
	must(t, unix.Lstat(path, &st))
	return st.Ino
}

// TestCopyFollowsNothing: a link in a folder's place, and another file system
// inside the project, lead nowhere.
func TestCopyFollowsNothing(t *testing.T) {
	w := newWorld(t)
	outside := filepath.Join(filepath.Dir(w.project), "outside")
	writeFile(t, filepath.Join(outside, "secret"), "s", 0o600)
	c := w.newCopy()
	// The agent puts a link where the next Update wants to write.
	must(t, os.RemoveAll(filepath.Join(c.Path(), "docs")))
	must(t, os.Symlink(outside, filepath.Join(c.Path(), "docs")))
	must(t, os.Remove(filepath.Join(c.Path(), "main.go")))
	must(t, os.Symlink(filepath.Join(outside, "secret"), filepath.Join(c.Path(), "main.go")))
	must(t, c.Update(context.Background()))
	if b, err := os.ReadFile(filepath.Join(outside, "secret")); err != nil || string(b) != "s" {
		t.Errorf("written through a link: %q %v", b, err)
	}
	if names, err := os.ReadDir(outside); err != nil || len(names) != 1 {
		t.Errorf("written through a link: %v %v", names, err)
	}
	if d := diff(snapshot(t, w.project), snapshot(t, c.Path())); len(d) > 0 {
		t.Errorf("%v", d)
	}
	must(t, c.Remove())
	if _, err := os.Lstat(c.Path()); !os.IsNotExist(err) {
		t.Errorf("the copy is left: %v", err)
	}
}
