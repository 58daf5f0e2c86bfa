package stage

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

var errCrash = errors.New("crash")

// crashAfter is a hook that lets n changes happen and then none.
func crashAfter(n int) func(string) error {
	return func(string) error {
		if n--; n < 0 {
			return errCrash
		}
		return nil
	}
}

// crashWorld is one with every kind of change in it.
func crashWorld(t *testing.T) *world {
	w := newWorld(t)
	w.write("src/a.go", "agent's a", 0o644)
	must(t, unix.Setxattr(w.up("src/a.go"), "user.overlay.origin", []byte("x"), 0))
	w.write("src/new.go", "new", 0o755)
	w.write("src/b.go", "original of src/b.go\n", 0o640) // a mode
	w.write("CLAUDE.md", "obey", 0o644)
	w.symlink("/etc/passwd", "pw")
	w.symlink("src/a.go", "src2")
	w.write("docs", "a file now", 0o644)
	w.write("main.go/x/y", "a folder now", 0o600)
	w.whiteout("src/deep")
	w.whiteout("lib")
	w.write("new/one", "1", 0o644)
	w.write("new/two", "2", 0o444)
	must(t, os.Chmod(w.o.Dirs.Upper+"/new", 0o755))
	return w
}

// heldOf lists what is held: path and content.
func heldOf(t *testing.T, d Dirs) map[string]string {
	b, err := os.ReadFile(filepath.Join(d.Held, manifest))
	must(t, err)
	var m heldRecord
	must(t, json.Unmarshal(b, &m))
	out := map[string]string{}
	for _, h := range m.Held {
		var content []byte
		if h.File != "" {
			content, err = os.ReadFile(filepath.Join(d.Held, h.File))
			must(t, err)
		}
		out[h.Path.String()] = string(h.Class) + " " + h.SHA256 + " " + string(content)
	}
	return out
}

func TestCrashAtEveryStep(t *testing.T) {
	for _, way := range []string{"rename", "copy"} {
		t.Run(way, func(t *testing.T) {
			whole := crashWorld(t)
			whole.o.copy = way == "copy"
			before := snapshot(t, whole.project)
			steps := 0
			whole.o.hook = func(string) error { steps++; return nil }
			whole.apply()
			after, held := snapshot(t, whole.project), heldOf(t, whole.o.Dirs)
			if steps < 20 || len(diff(before, after)) < 10 || len(held) < 4 {
				t.Fatalf("%d steps, %d held: the test tests nothing", steps, len(held))
			}
			for k := range steps {
				crashOnce(t, way == "copy", k, before, after, held)
			}
		})
	}
}

// crashOnce stops Apply after k changes, and Recover once more a little later,
// then lets Recover end.
func crashOnce(t *testing.T, copying bool, k int, before, after, held map[string]string) {
	t.Helper()
	w := crashWorld(t)
	w.o.copy = copying
	c := w.read()
	w.o.hook = crashAfter(k)
	if _, err := Apply(context.Background(), w.o, c, w); !errors.Is(err, errCrash) {
		t.Fatalf("step %d: %v", k, err)
	}
	_, err := recoverIter(context.Background(), w.o.Dirs.Iter, Options{copy: copying, hook: crashAfter(3)})
	if err != nil && !errors.Is(err, errCrash) {
		t.Fatalf("step %d, first recovery: %v", k, err)
	}
	r, err := recoverIter(context.Background(), w.o.Dirs.Iter, Options{copy: copying})
	if err != nil {
		t.Fatalf("step %d, recovery: %v", k, err)
	}
	w.ended()
	now := snapshot(t, w.project)
	if k == 0 { // nothing was written down yet
		if d := diff(before, now); len(d) > 0 || r.Outcome == Finished {
			t.Errorf("step %d: %s, changed: %v", k, r.Outcome, d)
		}
		return
	}
	if d := diff(after, now); len(d) > 0 {
		t.Errorf("step %d: %v", k, d)
	}
	if d := diff(held, heldOf(t, w.o.Dirs)); len(d) > 0 {
		t.Errorf("step %d, held: %v", k, d)
	}
}

func TestRecoverDropsWhatWasCutShort(t *testing.T) {
	w := newWorld(t)
	w.write("main.go", "agent's", 0o644)
	r, err := Recover(context.Background(), w.o.Dirs.Iter)
	must(t, err)
	if r.Outcome != Discarded || len(r.What) != 1 {
		t.Errorf("recovered %+v", r)
	}
	w.original("main.go")
	w.ended()
	r, err = Recover(context.Background(), w.o.Dirs.Iter)
	must(t, err)
	if r.Outcome != Nothing {
		t.Errorf("recovered again: %+v", r)
	}
}

func TestRecoverAfterTheEndDoesNothing(t *testing.T) {
	w := newWorld(t)
	w.write("main.go", "agent's", 0o644)
	w.apply()
	writeFile(t, filepath.Join(w.project, "main.go"), "mine again", 0o644)
	r, err := Recover(context.Background(), w.o.Dirs.Iter)
	must(t, err)
	if r.Outcome != Nothing || r.Run != "r1" {
		t.Errorf("recovered %+v", r)
	}
	w.has("main.go", "mine again")
}

func TestRecoverRemovesOwnTemporaryFilesOnly(t *testing.T) {
	w := newWorld(t)
	w.o.copy = true
	w.write("src/a.go", "agent's", 0o644)
	c := w.read()
	w.o.hook = func(op string) error {
		if op == "note copy" {
			return errCrash
		}
		return nil
	}
	if _, err := Apply(context.Background(), w.o, c, w); !errors.Is(err, errCrash) {
		t.Fatal(err)
	}
	other := filepath.Join(w.project, "src/.ringwall-r2-0011")
	writeFile(t, other, "another run's", 0o600)
	r, err := recoverIter(context.Background(), w.o.Dirs.Iter, Options{copy: true})
	must(t, err)
	if r.Outcome != Finished || len(r.What) != 1 {
		t.Errorf("recovered %+v", r)
	}
	w.has("src/a.go", "agent's")
	must(t, os.Remove(other))
	w.ended()
}

func TestRecoverRefusesAnotherProject(t *testing.T) {
	w := crashWorld(t)
	c := w.read()
	w.o.hook = crashAfter(5)
	if _, err := Apply(context.Background(), w.o, c, w); !errors.Is(err, errCrash) {
		t.Fatal(err)
	}
	moved := w.project + "-moved"
	must(t, os.Rename(w.project, moved))
	must(t, os.Mkdir(w.project, 0o755))
	if _, err := Recover(context.Background(), w.o.Dirs.Iter); err == nil {
		t.Error("recovered into another folder")
	}
	must(t, os.Remove(w.project))
	must(t, os.Rename(moved, w.project))
	r, err := Recover(context.Background(), w.o.Dirs.Iter)
	must(t, err)
	if r.Outcome != Finished {
		t.Errorf("recovered %+v", r)
	}
}
