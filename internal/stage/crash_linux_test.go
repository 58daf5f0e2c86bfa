package stage

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
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

// deed is something that can be cut short: applying, rolling back and so on.
type deed struct {
	before func(w *world) // what comes first, whole
	run    func(w *world) error
	// tail is what may end differently: the state that Look reports.
	done State
}

func deeds() map[string]deed {
	ctx := context.Background()
	apply := func(w *world) { w.apply() }
	return map[string]deed{
		"apply": {func(*world) {}, func(w *world) error {
			_, err := Apply(ctx, w.o, w.read(), w)
			return err
		}, Applied},
		"apply, with conflicts": {func(w *world) {
			w.set = w.read()
			w.interfere()
		}, func(w *world) error {
			_, err := Apply(ctx, w.o, w.set, w)
			return err
		}, Applied},
		"rollback, with conflicts": {func(w *world) {
			w.apply()
			w.interfere()
		}, func(w *world) error {
			_, err := Rollback(ctx, w.o, w)
			return err
		}, RolledBack},
		"rollback": {apply, func(w *world) error {
			_, err := Rollback(ctx, w.o, w)
			return err
		}, RolledBack},
		"accept": {apply, func(w *world) error {
			_, err := Accept(ctx, w.o, nil, w)
			return err
		}, Applied},
		"rollback of accepted": {func(w *world) {
			w.apply()
			_, err := Accept(ctx, w.o, nil, w)
			must(w.t, err)
		}, func(w *world) error {
			_, err := Rollback(ctx, w.o, w)
			return err
		}, RolledBack},
		"drop": {apply, func(w *world) error {
			_, err := Drop(ctx, w.o, nil, w)
			return err
		}, Applied},
	}
}

// interfere is what a person does in the project meanwhile.
func (w *world) interfere() {
	p := func(rel string) string { return filepath.Join(w.project, rel) }
	writeFile(w.t, p("src/a.go"), "a person's a", 0o644)
	writeFile(w.t, p("new/one"), "a person's one", 0o644)
	writeFile(w.t, p("new/sub/three"), "a person's three", 0o644)
	writeFile(w.t, p("src/deep/d.go"), "a person's d", 0o644)
	must(w.t, os.RemoveAll(p("src/b.go")))
}

// ways are how project and store may lie to each other.
func ways() map[string]func(*world) {
	return map[string]func(*world){"rename": func(*world) {}, "copy": func(w *world) { w.o.copy = true }}
}

// TestCrashAtEveryStep stops each deed before each of its changes in turn, then
// its recovery once more a little later. The project must end as it was before
// or as it is after, and nothing that the agent made may be lost.
func TestCrashAtEveryStep(t *testing.T) {
	for name, d := range deeds() {
		for way, set := range ways() {
			t.Run(name+"/"+way, func(t *testing.T) {
				whole := crashWorld(t)
				set(whole)
				d.before(whole)
				before := snapshot(t, whole.project)
				var ops []string
				whole.o.hook = func(op string) error { ops = append(ops, op); return nil }
				must(t, d.run(whole))
				after := snapshot(t, whole.project)
				if name != "drop" && (len(ops) < 5 || len(diff(before, after)) < 2) || len(ops) < 3 {
					t.Fatalf("%d steps, the test tests nothing: %v", len(ops), diff(before, after))
				}
				for k := range ops {
					crashOnce(t, d, set, k, ops[k], before, after)
				}
			})
		}
	}
}

// crashOnce stops a deed after k changes.
func crashOnce(t *testing.T, d deed, set func(*world), k int, op string, before, after map[string]string) {
	t.Helper()
	ctx := context.Background()
	w := crashWorld(t)
	set(w)
	d.before(w)
	had := contents(t, w)
	hooked := w.o
	w.o.hook = crashAfter(k)
	if err := d.run(w); !errors.Is(err, errCrash) {
		t.Fatalf("step %d, %s: %v", k, op, err)
	}
	_, err := recoverIter(ctx, w.o.Dirs.Iter, Options{copy: hooked.copy, hook: crashAfter(3)})
	if err != nil && !errors.Is(err, errCrash) {
		t.Fatalf("step %d, %s, first recovery: %v", k, op, err)
	}
	r, err := recoverIter(ctx, w.o.Dirs.Iter, Options{copy: hooked.copy})
	if err != nil {
		t.Fatalf("step %d, %s, recovery: %v", k, op, err)
	}
	kept, err := Look(w.o.Dirs.Iter)
	must(t, err)
	now := snapshot(t, w.project)
	a, b := diff(before, now), diff(after, now)
	if len(a) > 0 && len(b) > 0 || len(b) > 0 && kept.State == d.done && r.Outcome == Finished {
		t.Errorf("step %d, %s: neither as before %v\nnor as after %v", k, op, a, b)
	}
	for path := range now {
		if strings.Contains(path, tempPrefix) {
			t.Errorf("step %d, %s: %s is left in the project", k, op, path)
		}
	}
	if kept.State == Open {
		t.Errorf("step %d, %s: still %s: %s", k, op, kept.State, kept.Why)
	}
	has := contents(t, w)
	for c := range had {
		if !has[c] && len(kept.Dropped) == 0 {
			t.Errorf("step %d, %s: lost %q", k, op, c)
		}
	}
	w.o = hooked
	if len(b) > 0 && kept.State != KeptWhole { // it was not begun: it can be done now
		must(t, d.run(w))
		if b := diff(after, snapshot(t, w.project)); len(b) > 0 {
			t.Errorf("step %d, %s, once more: %v", k, op, b)
		}
	}
}

// contents is all that is anywhere: in the project and in the iteration.
func contents(t *testing.T, w *world) map[string]bool {
	out := map[string]bool{}
	for _, root := range []string{w.project, w.o.Dirs.Iter} {
		for path, what := range snapshot(t, root) {
			if strings.HasSuffix(path, ".json") {
				continue
			}
			kind, content, file := strings.Cut(what, " ")
			if file && (strings.HasPrefix(kind, "-") || kind == "link") {
				out[content] = true
			}
		}
	}
	return out
}

// TestCutJournal: a journal that was not written whole is none, wherever it
// ends, and the changes are kept.
func TestCutJournal(t *testing.T) {
	w := crashWorld(t)
	path := filepath.Join(w.o.Dirs.Iter, applyName)
	w.o.hook = func(op string) error {
		if op == "exchange" {
			return errCrash
		}
		return nil
	}
	before := snapshot(t, w.project)
	if _, err := Apply(context.Background(), w.o, w.read(), w); !errors.Is(err, errCrash) {
		t.Fatal(err)
	}
	full, err := os.ReadFile(path)
	must(t, err)
	for cut := 0; cut < len(full); cut += 97 {
		must(t, os.MkdirAll(filepath.Join(w.o.Dirs.Work, workName), 0o700))
		must(t, os.Chmod(filepath.Join(w.o.Dirs.Work, workName), 0)) // as overlayfs leaves it
		must(t, os.WriteFile(path, full[:cut], 0o600))
		_ = os.Remove(filepath.Join(w.o.Dirs.Iter, keptName))
		r, err := Recover(context.Background(), w.o.Dirs.Iter)
		must(t, err)
		if d := diff(before, snapshot(t, w.project)); len(d) > 0 || r.Outcome != Unapplied {
			t.Fatalf("cut at %d of %d: %s %v", cut, len(full), r.Outcome, d)
		}
	}
	if _, err := os.Lstat(w.o.Dirs.Work); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the overlay's own folder stays beside what is kept: %v", err)
	}
	w.o.hook = nil
	res, err := Accept(context.Background(), w.o, nil, w)
	must(t, err)
	if res.Applied < 10 || len(res.Held) < 4 {
		t.Errorf("accepted %+v", res)
	}
	w.has("src/a.go", "agent's a")
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

// TestNoJournalNoRollback: what cannot be recorded is not begun, and recovering
// does it once it can be.
func TestNoJournalNoRollback(t *testing.T) {
	w := crashWorld(t)
	_, err := Apply(context.Background(), w.o, w.read(), w)
	must(t, err)
	before := snapshot(t, w.project)
	w.o.hook = func(op string) error {
		if op == "record undo" {
			return errCrash
		}
		return nil
	}
	if _, err := Rollback(context.Background(), w.o, w); !errors.Is(err, errCrash) {
		t.Errorf("rolled back without a journal: %v", err)
	}
	if d := diff(before, snapshot(t, w.project)); len(d) > 0 {
		t.Errorf("and changed the project:\n%s", strings.Join(d, "\n"))
	}
	r, err := Recover(context.Background(), w.o.Dirs.Iter)
	if d := diff(before, snapshot(t, w.project)); err != nil || r.Outcome != Undone || len(d) == 0 {
		t.Errorf("recovered: %+v, %v; %d names changed", r, err, len(d))
	}
}
