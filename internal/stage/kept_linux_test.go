package stage

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// side reads one side of an entry; "" says that there is none.
func (w *world) side(open func(Entry) (io.ReadCloser, error), e Entry) string {
	w.t.Helper()
	f, err := open(e)
	if errors.Is(err, fs.ErrNotExist) {
		return ""
	}
	must(w.t, err)
	defer f.Close()
	b, err := io.ReadAll(f)
	must(w.t, err)
	return string(b)
}

func (w *world) look() *Kept {
	w.t.Helper()
	k, err := Look(w.o.Dirs.Iter)
	must(w.t, err)
	return k
}

func entryOf(t *testing.T, k *Kept, path Name) Entry {
	t.Helper()
	for _, e := range k.Applied {
		if e.Path == path {
			return e
		}
	}
	for _, h := range k.Held {
		if h.Path == path {
			return h.Entry
		}
	}
	t.Fatalf("%s is neither applied nor held", path)
	return Entry{}
}

// TestBothSides: what stood there before and what the agent wrote can be read,
// applied, held and rolled back.
func TestBothSides(t *testing.T) {
	eachWay(t, func(t *testing.T, w *world) {
		w.write("src/a.go", "agent's a", 0o644)
		w.write("CLAUDE.md", "obey", 0o644)
		w.write("new/one", "1", 0o644)
		w.whiteout("main.go")
		if k := w.look(); k.State != Open {
			t.Errorf("before: %s", k.State)
		}
		w.apply()
		sides := func(k *Kept, want State) {
			t.Helper()
			if k.State != want {
				t.Errorf("%s, want %s", k.State, want)
			}
			for path, both := range map[Name][2]string{
				"src/a.go": {"original of src/a.go\n", "agent's a"}, "CLAUDE.md": {"original of CLAUDE.md\n", "obey"},
				"main.go": {"original of main.go\n", ""},
			} {
				e := entryOf(t, k, path)
				if got := [2]string{w.side(k.Old, e), w.side(k.New, e)}; got != both {
					t.Errorf("%s, %s: %q, want %q", want, path, got, both)
				}
			}
			below, err := k.Below(entryOf(t, k, "new"), 10)
			must(t, err)
			if len(below) != 1 || below[0].Path != "new/one" || w.side(k.New, below[0]) != "1" {
				t.Errorf("below new: %+v", below)
			}
		}
		sides(w.look(), Applied)
		_, err := Rollback(context.Background(), w.o, w)
		must(t, err)
		sides(w.look(), RolledBack)
		if _, err := Rollback(context.Background(), w.o, w); !errors.Is(err, ErrState) {
			t.Errorf("rolled back twice: %v", err)
		}
	})
}

// TestAcceptAndDropByPath: what is named is decided on, the rest still waits.
func TestAcceptAndDropByPath(t *testing.T) {
	w := newWorld(t)
	w.write("CLAUDE.md", "obey", 0o644)
	w.write("deep/CLAUDE.md", "new", 0o644)
	w.write("conf/.env", "KEY=1", 0o600)
	w.apply()
	if _, err := Accept(context.Background(), w.o, []Name{"nothing"}, w); !errors.Is(err, ErrNoSuch) {
		t.Errorf("accepted what is not there: %v", err)
	}
	res, err := Accept(context.Background(), w.o, []Name{"deep"}, w)
	must(t, err)
	w.has("deep/CLAUDE.md", "new")
	w.original("CLAUDE.md")
	if k := w.look(); len(k.Held) != 2 || res.Applied != 2 {
		t.Errorf("accepted %d, still held %+v", res.Applied, k.Held)
	}
	n, err := Drop(context.Background(), w.o, []Name{"conf/.env"}, w)
	must(t, err)
	k := w.look()
	if n != 1 || len(k.Held) != 1 || len(k.Dropped) != 1 || k.Dropped[0].SHA256 == "" {
		t.Errorf("dropped %d: %+v, held %+v", n, k.Dropped, k.Held)
	}
	if contents(t, w)["KEY=1"] {
		t.Error("what was dropped is still there")
	}
	// Somebody changes a file whose new version is held: theirs stays.
	writeFile(t, filepath.Join(w.project, "CLAUDE.md"), "mine", 0o644)
	res, err = Accept(context.Background(), w.o, nil, w)
	must(t, err)
	w.has("CLAUDE.md", "mine")
	if k := w.look(); res.Applied != 0 || len(res.Held) != 1 || len(k.Held) != 1 || w.side(k.New, k.Held[0].Entry) != "obey" {
		t.Errorf("accepted over a person's change: %+v", res)
	}
	_, err = Rollback(context.Background(), w.o, w)
	must(t, err)
	w.has("deep", "")
}

// TestKeptWhole: a changeset that was kept can be accepted, or dropped.
func TestKeptWhole(t *testing.T) {
	w := newWorld(t)
	w.write("src/a.go", "agent's", 0o644)
	w.write("CLAUDE.md", "obey", 0o644)
	must(t, Keep(w.o.Dirs, "a reason"))
	if k := w.look(); k.State != KeptWhole || k.Why != "a reason" {
		t.Errorf("%+v", k)
	}
	res, err := Accept(context.Background(), w.o, nil, w)
	must(t, err)
	w.has("src/a.go", "agent's")
	w.original("CLAUDE.md")
	if k := w.look(); k.State != Applied || len(res.Held) != 1 || len(k.Held) != 1 {
		t.Errorf("%+v %+v", res, k)
	}
	w = newWorld(t)
	w.write("src/a.go", "agent's", 0o644)
	must(t, Keep(w.o.Dirs, "a reason"))
	_, err = Drop(context.Background(), w.o, nil, w)
	must(t, err)
	if _, err := os.Lstat(w.o.Dirs.Upper); !os.IsNotExist(err) || w.look().State != Dropped {
		t.Errorf("dropped whole: %v, %s", err, w.look().State)
	}
	w.original("src/a.go")
}
