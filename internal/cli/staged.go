package cli

import (
	"context"
	"io"
	"os"
	"path/filepath"

	"ringwall/internal/agent"
	"ringwall/internal/evidence"
	"ringwall/internal/plan"
	"ringwall/internal/review"
	"ringwall/internal/stage"
)

// This file and staged_linux.go are all that ties review, rollback and prune to
// package stage.

// stager is what they need of it.
type stager interface {
	look(iterDir string) (*kept, error)
	accept(ctx context.Context, o stage.Options, names []stage.Name, rec evidence.Recorder) (stage.Result, error)
	drop(ctx context.Context, o stage.Options, names []stage.Name, rec evidence.Recorder) (int, error)
	rollback(ctx context.Context, o stage.Options, rec evidence.Recorder) (stage.Result, error)
	// parts lists a changeset that is kept whole.
	parts(ctx context.Context, o stage.Options) ([]stage.Entry, error)
	// inside lists what lies in a folder that was applied as one entry, at most
	// so many.
	inside(k *kept, e stage.Entry, most int) ([]stage.Entry, error)
}

// sides opens what stood in the project before an entry, and what the agent made
// of it; fs.ErrNotExist where there is none. No link is followed.
type sides interface {
	Old(e stage.Entry) (io.ReadCloser, error)
	New(e stage.Entry) (io.ReadCloser, error)
}

// kept is what an iteration's folder still holds.
type kept struct {
	dir       string
	State     state
	Why       string
	Applied   []stage.Entry
	Held      []stage.Held
	Dropped   []stage.Held // by the owner
	Project   string
	ProjectID stage.ID
	sides     sides
}

// state is where an iteration stands.
type state string

const (
	stateNothing    state = "nothing" // nothing was changed, or it was pruned
	stateOpen       state = "open"    // at work, or cut short
	stateApplied    state = "applied"
	stateRolledBack state = "rolled-back"
	stateKept       state = "kept" // whole, and not applied
	stateDropped    state = "dropped"
)

// waits is how many decisions an iteration waits for.
func (k *kept) waits() int {
	if k.State == stateKept && len(k.Held) == 0 {
		return 1
	}
	return len(k.Held)
}

// stage is what stands behind the commands; tests put another in.
func (e *env) stage() stager {
	if e.staged != nil {
		return e.staged
	}
	return realStage{}
}

// more fills in what entries tell beyond their change: an old name, why it runs
// on the host, how much a folder stands for.
func more(c *review.Change, e stage.Entry) {
	c.From, c.Below = e.From.String(), e.Below
	if e.Runs != "" {
		c.Runs = "runs on the host: " + evidence.Printable(e.Runs)
	}
}

// idle tells an iteration that is open from one that changed nothing: that has
// no upper directory any more.
func (k *kept) idle() bool {
	return k.State == stateOpen && k.Why == "" && !present(filepath.Join(k.dir, "upper")) && !present(filepath.Join(k.dir, "apply.json"))
}

// optionsFor says which iteration of which project is meant.
func optionsFor(p plan.Plan, run string, k *kept) (stage.Options, error) {
	o := stage.Options{Project: k.Project, ProjectID: k.ProjectID, Run: run, Rules: stage.RulesFromPlan(p), Dirs: stage.Dirs{
		Iter: k.dir, Upper: filepath.Join(k.dir, "upper"), Work: filepath.Join(k.dir, "work"), Held: filepath.Join(k.dir, "held")}}
	o.Rules.GuardrailNames, o.Rules.TopNames = agent.GuardrailNames(), agent.TopNames()
	o.Stubs = stubs(p)
	if o.Project == "" {
		o.Project = p.Project
	}
	var err error
	if o.ProjectID == (stage.ID{}) {
		o.ProjectID, err = stage.Pin(o.Project)
	}
	return o, err
}

// forIteration numbers the events of what is done about an iteration.
type forIteration struct {
	to evidence.Recorder
	n  int
}

func (r forIteration) Record(e evidence.Event) error {
	e.Iteration = r.n
	return r.to.Record(e)
}

// sized is stage.Size of a path that may lead through a link of the owner's.
func sized(dir string) (int64, bool) {
	n, whole, err := stage.Size(realPath(dir))
	return n, whole && err == nil
}

// present tells whether a name of the state directory is there.
func present(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
