// Package loop runs an agent iteration after iteration until the work is done
// or an end is reached. Everything that it counts lies outside the sandbox:
// nothing that the agent writes can change a counter, the prompt or the plan.
package loop

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"ringwall/internal/backend"
	"ringwall/internal/evidence"
	"ringwall/internal/plan"
	"ringwall/internal/stage"
)

// IO is what one iteration's command reads and writes.
type IO struct {
	Stdin, Stdout, Stderr *os.File
}

// Session is what stays the same over the iterations of a run.
type Session struct {
	Plan    plan.Plan
	Run     string // name of the run
	Dir     string // of the run, outside the project
	Project stage.ID
	Rules   stage.Rules
	// Stubs are the names that the sandbox makes in the workspace to freeze
	// what does not exist.
	Stubs []string
	// Copy takes the overlay's place where none can be had; nil elsewhere.
	Copy *stage.Copy
	// Direct watches the project in direct mode, where the agent works in it
	// itself; nil elsewhere.
	Direct *stage.Direct
	// Checks is the workspace of a check, whose changes are dropped: never the
	// project itself.
	Checks   plan.Workspace
	Recorder evidence.Recorder
	// Backend makes the backend of one iteration. Number 0 is not used.
	Backend func(iterDir string, io IO) backend.Backend
	// Over makes one that works over what an iteration left, which stays as it is.
	Over func(iterDir string, io IO) backend.Backend
	// while, if set, is the context of the agent's own command, and lets it go.
	while func(context.Context) (context.Context, func())
	// Checking, if set, tells that a command of the policy's begins.
	Checking func(command string)
}

// Outcome is what one iteration came to.
type Outcome struct {
	backend.Result
	Changes *stage.Changeset
	Applied stage.Result
	Direct  bool   // they are in the project; what was held was taken out of it
	Kept    string // where the changes lie, if none was applied
	Took    time.Duration

	Findings []evidence.Finding
	Failed   *evidence.Finding // the one for which nothing was applied
	Dropped  bool              // nothing was applied, and nothing is kept
}

// Tampered tells whether a value that must not leave was on its way out, or
// something was held back or rejected that no honest work contains.
func (o Outcome) Tampered() bool {
	if o.Alarm != nil {
		return true
	}
	for _, h := range o.Applied.Held {
		if dishonest(h.Entry) {
			return true
		}
	}
	return slices.ContainsFunc(o.Applied.Rejected, dishonest)
}

// dishonest leaves out instructions that an installed package brought along:
// they are kept back, but an agent that installs what it needs is no reason to
// end a loop.
func dishonest(e stage.Entry) bool {
	return e.Class == stage.Guardrail && !e.Brought() || e.Class == stage.Escape || e.Class == stage.Secret
}

// ForReview tells whether a gate kept something for a person to look at, other
// than what no honest work contains. What is merely too large, or was changed by
// somebody else meanwhile, does not count: the work can go on without it.
func (o Outcome) ForReview() bool {
	if o.Failed != nil {
		return !o.Dropped
	}
	return slices.ContainsFunc(o.Applied.Held, func(h stage.Held) bool { return h.Fate == stage.ToHold })
}

// Dir is where iteration n keeps what belongs to it.
func (s *Session) IterDir(n int) string {
	return filepath.Join(s.Dir, "iterations", strconv.Itoa(n))
}

// Once runs the command once and settles its changes: what is ordinary is
// applied to the project, the rest is held. It is a transaction: nothing
// reaches the project while any process of the iteration lives.
func (s *Session) Once(ctx context.Context, n int, io IO) (Outcome, error) {
	began := time.Now()
	rec := numbered{s.Recorder, n}
	dirs, err := stage.Prepare(s.IterDir(n))
	if err != nil {
		return Outcome{}, err
	}
	opt, err := s.begin(ctx, dirs, began)
	if err != nil {
		stage.Discard(dirs)
		return Outcome{}, &backend.StartError{Control: "isolation.workspace", Err: err}
	}
	var out Outcome
	out.Result, err = s.command(ctx, dirs.Iter, io, rec)
	if err != nil && s.Direct == nil {
		stage.Discard(dirs)
		return out, err
	}
	err = errors.Join(err, s.conclude(ctx, &out, opt, rec))
	out.Took = time.Since(began)
	return out, err
}

// command runs the agent's own command, which may end for what it took.
func (s *Session) command(ctx context.Context, iter string, io IO, rec evidence.Recorder) (backend.Result, error) {
	if s.while != nil {
		var release func()
		ctx, release = s.while(ctx)
		defer release()
	}
	r, err := s.Backend(iter, io).Run(ctx, s.Plan, rec)
	endedFor(ctx, &r)
	return r, err
}

// begin makes what the agent works in ready, and says how its changes are to be
// read.
func (s *Session) begin(ctx context.Context, dirs stage.Dirs, began time.Time) (stage.Options, error) {
	opt := stage.Options{Project: s.Plan.Project, ProjectID: s.Project, Dirs: dirs, Run: s.Run,
		Stubs: s.Stubs, Rules: s.Rules, Since: began}
	var err error
	switch {
	case s.Direct != nil:
		err = s.Direct.Begin(ctx, opt)
	case s.Copy != nil:
		opt.Since, err = s.Copy.Begin(ctx)
	}
	return opt, err
}

// conclude settles the changes of an iteration that is over.
func (s *Session) conclude(run context.Context, out *Outcome, opt stage.Options, rec evidence.Recorder) error {
	ctx, cancel := context.WithTimeout(context.Background(), settleTime)
	defer cancel()
	if s.Direct != nil {
		return s.settleDirect(ctx, out, opt, rec)
	}
	if s.Copy != nil {
		if err := s.Copy.Export(ctx, opt.Dirs); err != nil {
			where, kept := s.Copy.KeepWhole(opt.Dirs)
			return keep(opt.Dirs, where, errors.Join(err, kept))
		}
	}
	if why := unsound(out.Reason); why != "" {
		out.Kept = opt.Dirs.Upper
		return putAside(opt.Dirs, why, rec)
	}
	return s.settle(run, out, opt, rec)
}

// settleDirect lists what was changed in the project itself, and takes out of it
// what must not stay there.
func (s *Session) settleDirect(ctx context.Context, out *Outcome, opt stage.Options, rec evidence.Recorder) error {
	out.Direct = true
	var err error
	if out.Changes, err = s.Direct.Changes(ctx, opt); err != nil {
		return err
	}
	if err := rec.Record(evidence.Event{Changeset: &evidence.Changeset{Changes: out.Changes.Events()}}); err != nil {
		return err
	}
	out.Applied, err = s.Direct.Withdraw(ctx, opt, out.Changes, rec)
	return err
}

// unsound says why the changes of a run that ended so are not applied: they
// are not the work of an iteration, and nothing is known of how they came
// about, or of where they would have stopped.
func unsound(reason string) string {
	switch reason {
	case backend.Lost:
		return "a layer was lost while they were made"
	case backend.Alarmed:
		return "a value that must not leave was on its way out while they were made"
	case backend.OverDisk:
		return "they are more than limits.disk"
	case backend.OverInodes:
		return "they are more than limits.inodes"
	}
	return ""
}

// putAside keeps the changes as they are, for a person to look at.
func putAside(dirs stage.Dirs, why string, rec evidence.Recorder) error {
	if err := stage.Keep(dirs, why); err != nil {
		return err
	}
	return rec.Record(evidence.Event{Warning: &evidence.Warning{
		Message: "the changes were not applied, since " + why + "; they are kept in " + dirs.Upper}})
}

// settle reads what was changed, asks the gates and applies it. But for the
// policy's checks it goes on after an interruption: a transaction that was begun
// is finished, within its own time.
func (s *Session) settle(run context.Context, out *Outcome, opt stage.Options, rec evidence.Recorder) error {
	dirs := opt.Dirs
	if err := read(out, opt, rec); err != nil {
		return keep(dirs, dirs.Upper, err)
	}
	if err := s.pass(run, out, opt, rec); err != nil {
		return keep(dirs, dirs.Upper, err)
	}
	if out.Failed != nil {
		if err := withdraw(out, dirs, rec); err != nil {
			return keep(dirs, dirs.Upper, err)
		}
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), settleTime)
	defer cancel()
	var err error
	if out.Applied, err = stage.Apply(ctx, opt, out.Changes, rec); err != nil {
		return keep(dirs, dirs.Upper, err)
	}
	return nil // Apply has taken the overlay's directories away
}

// read reads the changeset and records it.
func read(out *Outcome, opt stage.Options, rec evidence.Recorder) error {
	ctx, cancel := context.WithTimeout(context.Background(), settleTime)
	defer cancel()
	var err error
	if out.Changes, err = stage.Read(ctx, opt); err != nil {
		return err
	}
	return rec.Record(evidence.Event{Changeset: &evidence.Changeset{Changes: out.Changes.Events()}})
}

const settleTime = 10 * time.Minute

// keep marks the changes, which lie in a folder, as not to be thrown away:
// something went wrong, and a person has to look.
func keep(dirs stage.Dirs, where string, why error) error {
	return keptError{errors.Join(why, stage.Keep(dirs, why.Error())), where}
}

// keptError tells where the changes are that did not reach the project.
type keptError struct {
	error
	dir string
}

func (e keptError) Unwrap() error { return e.error }

// Hint implements the interface of errors with a way out.
func (e keptError) Hint() string { return fmt.Sprintf("the changes are kept in %q", e.dir) }

// checkPlan is the plan with a workspace of which the changes can be dropped.
func (s *Session) checkPlan() plan.Plan {
	p := s.Plan
	// What an iteration left in its home must not speak for its work.
	p.Controls = slices.DeleteFunc(slices.Clone(p.Controls), func(c plan.Control) bool { return c.Want.Kept != nil })
	if s.Direct == nil {
		return p
	}
	for i, c := range p.Controls {
		if c.Want.Workspace != nil {
			p.Controls[i].Want.Workspace = &s.Checks
		}
	}
	return p
}

// numbered adds the iteration's number to each event.
type numbered struct {
	to evidence.Recorder
	n  int
}

func (r numbered) Record(e evidence.Event) error {
	e.Iteration = r.n
	return r.to.Record(e)
}
