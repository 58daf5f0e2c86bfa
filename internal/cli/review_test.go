//go:build unix

package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ringwall/internal/evidence"
	"ringwall/internal/plan"
	"ringwall/internal/stage"
)

// fakeStage notes what it is asked to do.
type fakeStage struct {
	its   map[string]*kept // by folder name
	calls []string
	held  []stage.Held // what an action could not do
	err   error
	// seen is asked at the start of each action.
	seen func()
}

func (f *fakeStage) look(dir string) (*kept, error) {
	k := *f.its[filepath.Base(dir)]
	k.dir, k.sides = dir, f
	return &k, nil
}

func (f *fakeStage) note(what string, o stage.Options, names []stage.Name) {
	raw := make([]string, len(names)) // as the kernel has them
	for i, n := range names {
		raw[i] = string(n)
	}
	f.calls = append(f.calls, fmt.Sprintf("%s %s %q", what, filepath.Base(o.Dirs.Iter), raw))
	if f.seen != nil {
		f.seen()
	}
}

func (f *fakeStage) accept(_ context.Context, o stage.Options, names []stage.Name, rec evidence.Recorder) (stage.Result, error) {
	f.note("accept", o, names)
	return stage.Result{Applied: len(names), Held: f.held}, errors.Join(f.err, rec.Record(evidence.Event{Apply: &evidence.Apply{Count: 1}}))
}

func (f *fakeStage) drop(_ context.Context, o stage.Options, names []stage.Name, _ evidence.Recorder) (int, error) {
	f.note("drop", o, names)
	return len(names), f.err
}

func (f *fakeStage) rollback(_ context.Context, o stage.Options, _ evidence.Recorder) (stage.Result, error) {
	f.note("rollback", o, nil)
	return stage.Result{Applied: 1, Held: f.held}, f.err
}

func (f *fakeStage) Old(stage.Entry) (io.ReadCloser, error) { return nil, fs.ErrNotExist }

func (f *fakeStage) New(e stage.Entry) (io.ReadCloser, error) {
	return io.NopCloser(strings.NewReader("text of " + string(e.Path) + "\n")), nil
}

func (f *fakeStage) parts(context.Context, stage.Options) ([]stage.Entry, error) {
	return []stage.Entry{entry("part.txt", stage.Ordinary)}, nil
}

func (f *fakeStage) inside(_ *kept, e stage.Entry, most int) ([]stage.Entry, error) {
	if e.Type != stage.Dir {
		return nil, nil
	}
	return []stage.Entry{entry(string(e.Path)+"/in it", stage.Ordinary)}[:min(most, 1)], f.err
}

func entry(path string, class stage.Class) stage.Entry {
	return stage.Entry{Path: stage.Name(path), Action: stage.Added, Type: stage.File, Class: class, Size: 5, Mode: 0o644}
}

const oldRun = "20261122-181051-77be84"

// desk is a project with a run to be reviewed.
type desk struct {
	*testing.T
	env     *env
	stage   *fakeStage
	out     bytes.Buffer
	project string
	state   string
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{T: t, project: realPath(t.TempDir())}
	home := t.TempDir()
	d.state = filepath.Join(home, "ringwall")
	hostile := "we\nird\x1b[31m"
	d.stage = &fakeStage{its: map[string]*kept{
		"1": {State: stateApplied, Project: d.project, Applied: []stage.Entry{entry("a.go", stage.Ordinary)},
			Held: []stage.Held{{Entry: entry("AGENTS.md", stage.Guardrail)}, {Entry: entry(hostile, stage.Escape)}}},
		"2": {State: stateApplied, Project: d.project, Applied: []stage.Entry{entry("b.go", stage.Ordinary)},
			Held: []stage.Held{{Entry: entry("AGENTS.md", stage.Conflict)}}},
		"3": {State: stateKept, Project: d.project, Why: "a layer was lost"},
		"4": {State: stateApplied, Project: d.project, Applied: []stage.Entry{entry("c.go", stage.Ordinary)}},
	}}
	null, err := os.Open(os.DevNull)
	d.must(err)
	t.Cleanup(func() { null.Close() })
	d.env = &env{in: null, out: &d.out, err: &d.out, dir: d.project, staged: d.stage,
		vars: []string{"HOME=" + home, "XDG_STATE_HOME=" + home}}
	d.record()
	return d
}

func (d *desk) must(err error) {
	d.Helper()
	if err != nil {
		d.Fatal(err)
	}
}

// record writes what a run leaves.
func (d *desk) record() {
	d.Helper()
	dir := filepath.Join(d.state, "runs", oldRun)
	for n := range d.stage.its {
		d.must(os.MkdirAll(filepath.Join(dir, "iterations", n), 0o700))
	}
	p := plan.Plan{Project: d.project}
	b, err := p.Canonical()
	d.must(err)
	d.must(os.WriteFile(filepath.Join(dir, "plan.json"), b, 0o600))
	j, err := evidence.Create(filepath.Join(dir, "journal.jsonl"))
	d.must(err)
	d.must(j.Record(evidence.Event{RunStarted: &evidence.RunStarted{Run: oldRun, Kind: "loop", Project: d.project, Command: []string{"sh"}}}))
	d.must(j.Record(evidence.Event{RunEnded: &evidence.RunEnded{Outcome: "tampered", ExitCode: exitTampered, Iterations: 4}}))
	d.must(j.Close())
	place := placeOf(d.state, d.project)
	d.must(os.MkdirAll(place, 0o700))
	d.must(mark(filepath.Join(place, latestMark), oldRun))
}

// run is `ringwall ARGUMENTS`.
func (d *desk) run(args ...string) (code int, out string) {
	d.out.Reset()
	root := d.env.root(args)
	root.SetArgs(args)
	root.SetOut(&d.out)
	root.SetErr(&d.out)
	return d.env.fail(root.Execute()), d.out.String()
}

func (d *desk) events() []evidence.Event {
	d.Helper()
	f, err := os.Open(filepath.Join(d.state, "runs", oldRun, "journal.jsonl"))
	d.must(err)
	defer f.Close()
	var out []evidence.Event
	_, err = evidence.Read(f, func(e evidence.Event) error { out = append(out, e); return nil })
	d.must(err)
	return out
}

func (d *desk) called(want ...string) {
	d.Helper()
	if got := strings.Join(d.stage.calls, "\n"); got != strings.Join(want, "\n") {
		d.Errorf("the stage was asked:\n%s\nwant:\n%s", got, strings.Join(want, "\n"))
	}
}

// TestAcceptIsRecordedFirst: when the stage is asked, the decision stands in the
// run's journal already, and the chain goes on from its end.
func TestAcceptIsRecordedFirst(t *testing.T) {
	d := newDesk(t)
	d.stage.seen = func() {
		all := d.events()
		last := all[len(all)-1]
		if last.Reviewed == nil || last.Reviewed.Decision != "accept" || last.Iteration == 0 || last.Reviewed.Changes[0].Name != "AGENTS.md" {
			t.Errorf("the last event is %+v", last)
		}
	}
	code, out := d.run("review", "--accept", "AGENTS.md", "--yes")
	if code != exitDone {
		t.Fatal(code, out)
	}
	d.called(`accept 1 ["AGENTS.md"]`, `accept 2 ["AGENTS.md"]`)
	for _, want := range []string{"accept 2 changes", "guardrail: It steers agents", "iteration 2: accepted 1 change"} {
		if !strings.Contains(out, want) {
			t.Errorf("it does not say %q:\n%s", want, out)
		}
	}
}

// TestNoMoreThanWasDecided: the stage takes a folder for all that is held in it.
// So it is named only where all of that was decided; what was not shown in the
// question is never done.
func TestNoMoreThanWasDecided(t *testing.T) {
	dir := func(path string) stage.Held {
		e := entry(path, stage.Guardrail)
		e.Type = stage.Dir
		return stage.Held{Entry: e}
	}
	file := func(path string) stage.Held { return stage.Held{Entry: entry(path, stage.Guardrail)} }
	for name, test := range map[string]struct{ args, want []string }{
		"one file":       {[]string{"--accept", "deep/AGENTS.md"}, []string{`accept 1 ["deep/AGENTS.md"]`}},
		"dropping one":   {[]string{"--drop", "deep/AGENTS.md"}, []string{`drop 1 ["deep/AGENTS.md"]`}},
		"a folder in it": {[]string{"--accept", "deep/.claude"}, []string{`accept 1 ["deep/.claude" "deep/.claude/settings.json"]`}},
		"all of it":      {[]string{"--accept", "deep"}, []string{`accept 1 ["deep" "deep/.claude" "deep/.claude/settings.json" "deep/AGENTS.md"]`}},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.stage.its = map[string]*kept{"1": {State: stateApplied, Project: d.project,
				Held: []stage.Held{dir("deep"), dir("deep/.claude"), file("deep/.claude/settings.json"), file("deep/AGENTS.md"), file("deeper")}}}
			for _, n := range []string{"2", "3", "4"} {
				d.must(os.Remove(filepath.Join(d.state, "runs", oldRun, "iterations", n)))
			}
			if code, out := d.run(append([]string{"review", "--yes"}, test.args...)...); code != exitDone {
				t.Fatal(code, out)
			}
			d.called(test.want...)
		})
	}
}

// TestDecideByName: a hostile name is chosen as it is listed, one iteration can
// be meant alone, and a whole that is kept is decided as a whole.
func TestDecideByName(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		want []string
	}{
		"escaped": {[]string{`we\nird\x1b[31m`}, []string{`drop 1 ["we\nird\x1b[31m"]`}},
		"one":     {[]string{"AGENTS.md", "--iteration", "2"}, []string{`drop 2 ["AGENTS.md"]`}},
		"run":     {[]string{oldRun, "AGENTS.md"}, []string{`drop 1 ["AGENTS.md"]`, `drop 2 ["AGENTS.md"]`}},
		"whole":   {[]string{"--iteration", "3"}, []string{`drop 3 []`}},
		"all":     {nil, []string{`drop 1 ["AGENTS.md" "we\nird\x1b[31m"]`, `drop 2 ["AGENTS.md"]`, `drop 3 []`}},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			if code, out := d.run(append([]string{"review", "--drop", "--yes"}, test.args...)...); code != exitDone {
				t.Fatal(code, out)
			}
			d.called(test.want...)
		})
	}
}

// TestNothingIsDecided: without a yes, with somebody at work, after a run that
// was cut short, under a damaged journal, or for what is not there, the stage is
// not asked. Each time the same command with that out of the way is.
func TestNothingIsDecided(t *testing.T) {
	yes := []string{"review", "--accept", "AGENTS.md", "--yes"}
	place := func(d *desk) string { return placeOf(d.state, d.project) }
	journal := func(d *desk) string { return filepath.Join(d.state, "runs", oldRun, "journal.jsonl") }
	for name, test := range map[string]struct {
		args    []string
		prepare func(*desk) (undo func())
		code    int
		says    string
	}{
		"no yes": {yes[:3], nil, exitUsage, "there is no terminal to ask on"},
		"at work": {yes, func(d *desk) func() {
			f, err := lockFile(filepath.Join(place(d), "lock"))
			d.must(err)
			return func() { f.Close() }
		}, exitFindings, "a ringwall works on the project"},
		"cut short": {yes, func(d *desk) func() {
			d.must(mark(filepath.Join(place(d), activeMark), oldRun))
			return func() { os.Remove(filepath.Join(place(d), activeMark)) }
		}, exitFindings, "hint: ringwall recover"},
		"damaged": {yes, func(d *desk) func() {
			was, err := os.ReadFile(journal(d))
			d.must(err)
			d.must(os.WriteFile(journal(d), bytes.Replace(was, []byte("loop"), []byte("pool"), 1), 0o600))
			return func() { d.must(os.WriteFile(journal(d), was, 0o600)) }
		}, exitTampered, "a journal that is damaged"},
		"not there": {[]string{"review", "--accept", "nothing", "--yes"}, nil, exitUsage, "changed nothing that is called"},
		"applied":   {[]string{"review", "--accept", "a.go", "--yes"}, nil, exitFindings, "nothing that is held is meant"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			undo := func() {}
			if test.prepare != nil {
				undo = test.prepare(d)
			}
			if code, out := d.run(test.args...); code != test.code || !strings.Contains(out, test.says) {
				t.Errorf("%d: %s", code, out)
			}
			d.called()
			undo()
			if code, out := d.run(yes...); code != exitDone || len(d.stage.calls) != 2 {
				t.Errorf("the counterpart fails: %d: %s", code, out)
			}
		})
	}
}

// TestAcceptConflicts: what could not be applied is named and changes the code.
func TestAcceptConflicts(t *testing.T) {
	d := newDesk(t)
	d.stage.held = []stage.Held{{Entry: stage.Entry{Path: "AGENTS.md\x1b", Class: stage.Conflict, Detail: "changed in the project meanwhile"}}}
	code, out := d.run("review", "--accept", "AGENTS.md", "--yes")
	if code != exitFindings || !strings.Contains(out, `not done: AGENTS.md\x1b (conflict: changed in the project meanwhile)`) || strings.Contains(out, "\x1b") {
		t.Errorf("%d: %s", code, out)
	}
}

// TestWholeIsListed: what is in a changeset that is kept whole is shown, and
// decided with it.
func TestWholeIsListed(t *testing.T) {
	d := newDesk(t)
	code, out := d.run("review", "--list")
	if code != exitDone || !strings.Contains(out, "kept whole, not applied: a layer was lost") || !strings.Contains(out, "part    ordinary  added    part.txt") {
		t.Errorf("%d: %s", code, out)
	}
	if code, out := d.run("review", "part.txt"); code != exitDone || !strings.Contains(out, "+text of part.txt") {
		t.Errorf("%d: %s", code, out)
	}
}

// TestInsideIsListed: a folder that was applied as one hides nothing of what it
// holds.
func TestInsideIsListed(t *testing.T) {
	d := newDesk(t)
	e := entry("folder", stage.Ordinary)
	e.Type = stage.Dir
	d.stage.its["4"].Applied = []stage.Entry{e}
	if code, out := d.run("review", "--list"); code != exitDone || !strings.Contains(out, "applied ordinary  added    folder/in it") {
		t.Errorf("%d: %s", code, out)
	}
	if code, out := d.run("review", "folder/in it"); code != exitDone || !strings.Contains(out, "+text of folder/in it") {
		t.Errorf("%d: %s", code, out)
	}
	d.stage.err = errors.New("gone")
	if code, out := d.run("review", "--list"); code != exitDone || !strings.Contains(out, "what is in it cannot be read: gone") {
		t.Errorf("%d: %s", code, out)
	}
}

func TestDays(t *testing.T) {
	for in, want := range map[string]string{"": "0s", "30d": "720h0m0s", "12h": "12h0m0s", "0d": "0s"} {
		if got, err := days(in); err != nil || got.String() != want {
			t.Errorf("%q is %v, %v", in, got, err)
		}
	}
	for _, in := range []string{"30", "d", "-1d", "-1h", "1.5d", "99999999999999d", "x", "1000000d"} {
		if got, err := days(in); err == nil {
			t.Errorf("%q is %v", in, got)
		}
	}
}
