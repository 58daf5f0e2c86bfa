package stage

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"ringwall/internal/evidence"
)

// world is a project with one iteration of its own.
type world struct {
	t       *testing.T
	project string
	o       Options
	events  []evidence.Event
	set     *Changeset // read before
}

// Record implements evidence.Recorder.
func (w *world) Record(e evidence.Event) error {
	w.events = append(w.events, e)
	return nil
}

// newWorld makes a small project and an empty iteration.
func newWorld(t *testing.T) *world {
	t.Helper()
	return newWorldAt(t, "")
}

// newWorldAt puts the iteration into another folder than beside the project.
func newWorldAt(t *testing.T, state string) *world {
	t.Helper()
	root := t.TempDir()
	if state == "" {
		state = root
	}
	t.Cleanup(func() { openAll(root) })
	w := &world{t: t, project: filepath.Join(root, "project")}
	must(t, os.Mkdir(w.project, 0o755))
	w.fill(w.project)
	dirs, err := Prepare(filepath.Join(state, "runs", "r1", "iterations", "1"))
	must(t, err)
	id, err := Pin(w.project)
	must(t, err)
	w.o = Options{Project: w.project, ProjectID: id, Dirs: dirs, Run: "r1", Rules: testRules()}
	return w
}

// fill makes the files that the tests change.
func (w *world) fill(dir string) {
	for path, mode := range map[string]fs.FileMode{
		"main.go": 0o644, "run.sh": 0o755, "src/a.go": 0o644, "src/b.go": 0o600, "src/deep/c.go": 0o644,
		"docs/x.md": 0o644, "docs/sub/y.md": 0o644, "docs/sub/z.md": 0o444, "CLAUDE.md": 0o644, "lib/CLAUDE.md": 0o644,
		"lib/l.go": 0o644, ".git/HEAD": 0o644, ".git/config": 0o644, ".git/objects/ab/cd": 0o444, "conf/.env": 0o600,
	} {
		writeFile(w.t, filepath.Join(dir, path), "original of "+path+"\n", mode)
	}
	must(w.t, os.Symlink("src/a.go", filepath.Join(dir, "link")))
	must(w.t, os.Mkdir(filepath.Join(dir, "empty"), 0o755))
}

// up is a path in the upper directory; its folders are made as overlayfs
// copies them up, with the mode of the project's.
func (w *world) up(rel string) string {
	w.t.Helper()
	at := w.o.Dirs.Upper
	parts := strings.Split(rel, "/")
	for i, c := range parts[:len(parts)-1] {
		at = at + "/" + c
		mode := fs.FileMode(0o755)
		if st, err := os.Lstat(filepath.Join(append([]string{w.project}, parts[:i+1]...)...)); err == nil && st.IsDir() {
			mode = st.Mode().Perm()
		}
		if err := os.Mkdir(at, mode); err != nil && !os.IsExist(err) {
			w.t.Fatal(err)
		}
	}
	return at + "/" + parts[len(parts)-1]
}

func (w *world) write(rel, content string, mode fs.FileMode) {
	w.t.Helper()
	writeFile(w.t, w.up(rel), content, mode)
}

func (w *world) whiteout(rel string) {
	w.t.Helper()
	must(w.t, unix.Mknod(w.up(rel), unix.S_IFCHR, 0))
}

func (w *world) opaque(rel string) {
	w.t.Helper()
	p := w.up(rel + "/.")
	must(w.t, unix.Setxattr(filepath.Dir(p), "user.overlay.opaque", []byte("y"), 0))
}

func (w *world) symlink(target, rel string) {
	w.t.Helper()
	must(w.t, os.Symlink(target, w.up(rel)))
}

func (w *world) read() *Changeset {
	w.t.Helper()
	c, err := Read(context.Background(), w.o)
	must(w.t, err)
	return c
}

// apply reads and applies; the project must still be whole afterwards.
func (w *world) apply() Result {
	w.t.Helper()
	res, err := Apply(context.Background(), w.o, w.read(), w)
	must(w.t, err)
	w.ended()
	return res
}

// ended checks what must hold after every end: nothing temporary, and no upper
// directory once the mark is there.
func (w *world) ended() {
	w.t.Helper()
	for path := range snapshot(w.t, w.project) {
		if strings.Contains(path, tempPrefix) {
			w.t.Errorf("%s is left in the project", path)
		}
	}
	for _, p := range []string{w.o.Dirs.Upper, w.o.Dirs.Work} {
		if _, err := os.Lstat(p); err == nil {
			w.t.Errorf("%s is left", p)
		}
	}
}

// has checks a file's content in the project; "" says that it must be absent.
func (w *world) has(rel, content string) {
	w.t.Helper()
	b, err := os.ReadFile(filepath.Join(w.project, rel))
	if content == "" {
		if _, lerr := os.Lstat(filepath.Join(w.project, rel)); !os.IsNotExist(lerr) {
			w.t.Errorf("%q is in the project: %q %v", rel, b, lerr)
		}
		return
	}
	if string(b) != content {
		w.t.Errorf("%q holds %q (%v), want %q", rel, b, err, content)
	}
}

// original checks that a file of the project is as it was.
func (w *world) original(rel string) {
	w.t.Helper()
	w.has(rel, "original of "+rel+"\n")
}

// classes lists "action class path" for each entry.
func classes(c *Changeset) []string {
	var out []string
	for _, e := range c.Entries {
		out = append(out, fmt.Sprintf("%s %s %s", e.Action, e.Class, e.Path))
	}
	return out
}

func (w *world) wantClasses(want ...string) *Changeset {
	w.t.Helper()
	c := w.read()
	if got := classes(c); !slices.Equal(got, want) {
		w.t.Errorf("changeset:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	return c
}

// snapshot describes every path of a tree: kind, mode and content.
func snapshot(t *testing.T, root string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil || p == root {
			return err
		}
		st, err := os.Lstat(p)
		if err != nil {
			return err
		}
		what := st.Mode().String()
		switch {
		case st.Mode()&fs.ModeSymlink != 0:
			what, err = os.Readlink(p)
			what = "link " + what
		case st.Mode().IsRegular():
			var b []byte
			b, err = os.ReadFile(p)
			what += " " + string(b)
		}
		rel, _ := filepath.Rel(root, p)
		out[rel] = what
		return err
	})
	must(t, err)
	return out
}

// diff lists what differs between two snapshots.
func diff(a, b map[string]string) []string {
	var out []string
	for _, p := range slices.Sorted(maps.Keys(a)) {
		if b[p] != a[p] {
			out = append(out, fmt.Sprintf("%s: %q, then %q", p, a[p], b[p]))
		}
	}
	for _, p := range slices.Sorted(maps.Keys(b)) {
		if _, ok := a[p]; !ok {
			out = append(out, fmt.Sprintf("%s: not there, then %q", p, b[p]))
		}
	}
	return out
}

// openAll lets the clean-up of a test enter every folder.
func openAll(root string) {
	_ = filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if d != nil && d.IsDir() {
			_ = os.Chmod(p, 0o700)
		}
		return nil
	})
}

func writeFile(t *testing.T, path, content string, mode fs.FileMode) {
	t.Helper()
	must(t, os.MkdirAll(filepath.Dir(path), 0o755))
	must(t, os.WriteFile(path, []byte(content), 0o600))
	must(t, os.Chmod(path, mode))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
