package stage

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ringwall/internal/plan"
)

// directly plays a scene in the project itself, and takes out of it what must
// not stay.
func (w *world) directly(scene func(string) error) (*Changeset, Result) {
	w.t.Helper()
	d := &Direct{}
	must(w.t, d.Begin(context.Background(), w.o))
	must(w.t, scene(w.project))
	c, err := d.Changes(context.Background(), w.o)
	must(w.t, err)
	res, err := d.Withdraw(context.Background(), w.o, c, w)
	must(w.t, err)
	w.ended()
	return c, res
}

// TestDirectIsSeen: what was done in the project itself is listed as an overlay
// would have shown it.
func TestDirectIsSeen(t *testing.T) {
	w := newWorld(t)
	c, res := w.directly(do(put("n.txt", "n", 0o640), put("src/a.go", "longer than it was, and new", 0o644), rm("main.go"),
		chmod("run.sh", 0o700), rm("docs"), mkdir("docs", 0o755)))
	want := []string{"modified ordinary src/a.go", "added ordinary n.txt", "deleted ordinary main.go", "mode ordinary run.sh",
		"deleted ordinary docs/sub", "deleted ordinary docs/sub/y.md", "deleted ordinary docs/sub/z.md", "deleted ordinary docs/x.md"}
	got := classes(c)
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
	if res.Applied != len(want) || len(res.Held) > 0 {
		t.Errorf("%+v", res)
	}
	w.has("n.txt", "n")
}

// TestDirectWithdraws: guardrails, and what leads out, are taken out of the
// project and held; the rest stays.
func TestDirectWithdraws(t *testing.T) {
	for _, scene := range []string{"guardrails", "escapes"} {
		w := newWorld(t)
		steps := scenes()[scene]
		if scene == "guardrails" { // those that are there were frozen
			steps = do(put("src/CLAUDE.md", "obey", 0o644), mkdir(".claude", 0o755), put(".claude/settings.json", "{}", 0o644),
				mkdir(".git/hooks", 0o755), put(".git/hooks/pre-commit", "#!", 0o755), mkdir("deep", 0o755),
				put("deep/CLAUDE.md", "obey", 0o644), put("deep/work", "x", 0o644), put("plain", "x", 0o644))
		}
		before := snapshot(t, w.project)
		_, res := w.directly(steps)
		after := snapshot(t, w.project)
		for _, p := range []string{"plain", "deep", "deep/work"} {
			delete(after, p)
		}
		if d := diff(before, after); len(d) > 0 {
			t.Errorf("%s: %v", scene, d)
		}
		w.has("plain", "x")
		if len(res.Held) < 4 || res.HeldDir == "" {
			t.Errorf("%s: held %+v", scene, res.Held)
		}
		for _, h := range res.Held {
			if h.Type == File && h.File == "" {
				t.Errorf("%s: the content of %s is lost", scene, h.Path)
			}
		}
	}
}

// TestDirectPutsBack: guardrails deep in the tree, which no mount freezes, are
// what they were again, and what was made of them is held.
func TestDirectPutsBack(t *testing.T) {
	w := newWorld(t)
	w.o.Rules.Guardrails = append(w.o.Rules.Guardrails, plan.Guardrail{Path: "CLAUDE.md", Present: true})
	writeFile(t, filepath.Join(w.project, "src/CLAUDE.md"), "original of src/CLAUDE.md\n", 0o640)
	before := snapshot(t, w.project)
	_, res := w.directly(do(put("src/CLAUDE.md", "obey", 0o644), move("lib", "moved"), put("moved/l.go", "work", 0o644)))
	after := snapshot(t, w.project)
	w.has("moved/l.go", "work")
	for _, p := range []string{"moved", "moved/l.go", "lib/l.go"} {
		delete(after, p)
		delete(before, p)
	}
	if d := diff(before, after); len(d) > 0 {
		t.Errorf("%v", d)
	}
	var held []string
	for _, h := range res.Held {
		held = append(held, string(h.Action)+" "+string(h.Path))
	}
	for _, want := range []string{"modified src/CLAUDE.md", "deleted lib/CLAUDE.md", "added moved/CLAUDE.md"} {
		if !slices.Contains(held, want) {
			t.Errorf("%s is not among %q", want, held)
		}
	}
	if _, err := os.Lstat(filepath.Join(w.o.Dirs.Iter, stashName)); !os.IsNotExist(err) {
		t.Errorf("the copies are left: %v", err)
	}
}

// TestDirectBitsArePutBack: a bit on a file that was there is taken away, and
// the file stays.
func TestDirectBitsArePutBack(t *testing.T) {
	w := newWorld(t)
	_, res := w.directly(do(chmod("run.sh", 0o4755)))
	if len(res.Held) != 1 || res.Held[0].Class != Escape {
		t.Errorf("%+v", res.Held)
	}
	if info, err := os.Stat(filepath.Join(w.project, "run.sh")); err != nil || info.Mode() != 0o755 {
		t.Errorf("%v %v", info.Mode(), err)
	}
}

// TestDirectRecovers: without the supervisor that saw the beginning, the same is
// taken out at the next start, and a person's own change of a frozen file stays.
func TestDirectRecovers(t *testing.T) {
	w := newWorld(t)
	w.o.Rules.Guardrails = append(w.o.Rules.Guardrails, plan.Guardrail{Path: "CLAUDE.md", Present: true})
	must(t, (&Direct{}).Begin(context.Background(), w.o))
	must(t, do(put("src/CLAUDE.md", "obey", 0o644), put("plain", "x", 0o644), put("CLAUDE.md", "a person's", 0o644))(w.project))
	r, err := Recover(context.Background(), w.o.Dirs.Iter)
	must(t, err)
	if r.Outcome != Withdrawn || !slices.Contains(r.What, "src/CLAUDE.md") {
		t.Errorf("%+v", r)
	}
	w.has("src/CLAUDE.md", "")
	w.has("plain", "x")
	w.has("CLAUDE.md", "a person's")
	if r, err = Recover(context.Background(), w.o.Dirs.Iter); err != nil || r.Outcome != Nothing {
		t.Errorf("a second time: %+v %v", r, err)
	}
}

// TestDirectAcrossFileSystems: the state directory may lie elsewhere.
func TestDirectAcrossFileSystems(t *testing.T) {
	state, err := os.MkdirTemp("/dev/shm", "ringwall-test-")
	if err != nil {
		t.Skip("no second file system to write to")
	}
	defer os.RemoveAll(state)
	w := newWorldAt(t, state)
	_, res := w.directly(do(mkdir(".claude", 0o755), put(".claude/settings.json", "{}", 0o400), symlink("/etc", "out"),
		func(d string) error { return os.Chtimes(d+"/.claude/settings.json", time.Unix(1, 0), time.Unix(1, 0)) }))
	var names []string
	for _, h := range res.Held {
		names = append(names, string(h.Path))
	}
	if got := strings.Join(names, " "); got != ".claude .claude/settings.json out" {
		t.Errorf("held %s", got)
	}
	w.has(".claude", "")
	w.has("out", "")
}
