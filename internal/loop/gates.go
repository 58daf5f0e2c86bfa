package loop

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"ringwall/internal/backend"
	"ringwall/internal/evidence"
	"ringwall/internal/gate"
	"ringwall/internal/plan"
	"ringwall/internal/stage"
)

// gates is what the plan wants to know of a changeset, beyond the classes of its
// entries, before any of it is applied.
type gates struct {
	rules   gate.Rules
	actions map[string]string // of a gate's findings: report, hold, reject; of what fails as a whole: hold, drop
	verify  []string
}

// Actions of a gate.
const (
	report = "report"
	hold   = "hold"
	reject = "reject"
	drop   = "drop"
)

func gatesOf(p plan.Plan) gates {
	g := gates{actions: map[string]string{}}
	for _, c := range p.Controls {
		w := c.Want.Gate
		if w == nil || c.Status == plan.Unavailable { // the owner accepted that by name
			continue
		}
		g.actions[w.Name] = w.Action
		switch w.Name {
		case plan.GateVerify:
			g.verify = append(g.verify, w.Command)
		case plan.GateFiles:
			g.rules.MaxFiles = w.Most
		case plan.GateLines:
			g.rules.MaxLines = w.Most
		case gate.TestsWeakened, gate.DependenciesAdded, gate.LockfileHosts, gate.SecretsAdded:
			g.rules.Ask = append(g.rules.Ask, w.Name)
		}
	}
	return g
}

// pass asks all gates about a changeset that was read. Entries that a finding
// is about get the fate that the policy has for it. A gate that fails for all of
// it is noted in the outcome: then nothing may be applied.
func (s *Session) pass(ctx context.Context, out *Outcome, opt stage.Options, rec evidence.Recorder) error {
	if out.Changes.Incomplete != "" || !slices.ContainsFunc(out.Changes.Entries, stage.Entry.Applies) {
		return nil // nothing would be applied
	}
	g := gatesOf(s.Plan)
	if err := s.look(g, out, opt, rec); err != nil || out.Failed != nil {
		return err
	}
	return s.verifyStaged(ctx, g, out, opt, rec)
}

// look asks the built-in gates.
func (s *Session) look(g gates, out *Outcome, opt stage.Options, rec evidence.Recorder) error {
	sides, err := stage.OpenSides(opt)
	if err != nil {
		return err
	}
	defer sides.Close()
	for _, f := range gate.Check(g.rules, changesOf(out.Changes, sides)) {
		e := evidence.Finding{Gate: f.Gate, Action: g.actions[f.Gate], What: evidence.Printable(f.What)}
		if f.Partial {
			e.Action = report
		}
		for _, p := range f.Paths {
			e.Names = append(e.Names, evidence.Printable(p))
		}
		if err := rec.Record(evidence.Event{Finding: &e}); err != nil {
			return err
		}
		out.Findings = append(out.Findings, e)
		switch {
		case len(f.Paths) == 0:
			out.Failed = &out.Findings[len(out.Findings)-1]
		case e.Action != report:
			mark(out.Changes, f, e)
		}
	}
	out.Changes.Agree()
	return nil
}

// mark gives the entries of a finding the fate that it asks for.
func mark(c *stage.Changeset, f gate.Finding, e evidence.Finding) {
	for _, p := range f.Paths {
		what := strings.TrimPrefix(e.What, evidence.Printable(p)+": ")
		c.Mark(stage.Name(p), stage.Fate(e.Action), e.Gate+": "+what)
	}
}

// changesOf are the files of a changeset that would be applied.
func changesOf(c *stage.Changeset, sides *stage.Sides) []gate.Change {
	var out []gate.Change
	for _, e := range c.Entries {
		if e.Type == stage.Dir || !e.Applies() {
			continue
		}
		out = append(out, changeOf(e, sides))
	}
	return out
}

func changeOf(e stage.Entry, sides *stage.Sides) gate.Change {
	c := gate.Change{Path: string(e.Path), Action: gate.Modified, Size: e.Size}
	switch e.Action {
	case stage.Added:
		c.Action = gate.Added
	case stage.Deleted:
		c.Action, c.Size = gate.Deleted, e.Lower.Size
	case stage.Mode:
		return c // its content is as it was
	}
	if e.Lower.Type == stage.File {
		c.Old = func(most int64) ([]byte, error) { return sides.Old(e, most) }
	}
	if e.Type == stage.File && e.Action != stage.Deleted {
		c.New = func(most int64) ([]byte, error) { return sides.New(e, most) }
	}
	return c
}

// shown bounds what is told of a command's output, in bytes.
const shown = 2 << 10

// verifyStaged runs the policy's commands over what the iteration left.
func (s *Session) verifyStaged(ctx context.Context, g gates, out *Outcome, opt stage.Options, rec evidence.Recorder) error {
	if len(g.verify) == 0 {
		return nil
	}
	iter := opt.Dirs.Iter
	// The agent's work is done: it is not lost if this is cut short.
	if err := stage.Keep(opt.Dirs, "the checks of the policy were cut short"); err != nil {
		return err
	}
	failed, err := checks(g.verify, iter, "gate", func(_ string, argv []string, io IO) (backend.Result, error) {
		switch {
		case s.Over == nil:
			return backend.Result{}, errors.New("this workspace cannot be checked before it is applied")
		case ctx.Err() != nil:
			return backend.Result{Reason: backend.Interrupted}, nil
		}
		if s.Checking != nil {
			s.Checking(argv[2])
		}
		return s.checkStaged(ctx, iter, argv, io, rec)
	})
	if err != nil {
		return fmt.Errorf("check the changes: %w", err)
	}
	if failed == nil {
		return stage.Unkeep(opt.Dirs)
	}
	f := evidence.Finding{Gate: plan.GateVerify, Action: g.actions[plan.GateVerify], What: failed.sentence(), Tail: tail(failed.log, shown)}
	if failed.saysNothing() {
		f.Action = hold
	}
	out.Alarm = failed.result.Alarm
	out.Findings = append(out.Findings, f)
	out.Failed = &out.Findings[len(out.Findings)-1]
	return rec.Record(evidence.Event{Finding: &f})
}

// saysNothing tells of a check that was cut short: it says nothing about the
// work, which is then kept whatever the policy does with failures.
func (f *failure) saysNothing() bool {
	r := f.result
	return r.Reason == backend.Interrupted || r.Reason == backend.Lost || r.Alarm != nil || r.Signal == "SIGINT" || r.Signal == "SIGTERM" ||
		r.ExitCode == 130 || r.ExitCode == 143
}

func (f *failure) sentence() string {
	command := evidence.Printable(f.command)
	switch {
	case f.result.Alarm != nil:
		return fmt.Sprintf("the check %q was ended: %s", command, evidence.Printable(f.result.Alarm.String()))
	case f.result.Reason == backend.Lost:
		return fmt.Sprintf("a layer was lost while the check %q ran", command)
	case f.saysNothing():
		return fmt.Sprintf("the check %q was interrupted", command)
	case f.result.Reason != backend.Exited:
		return fmt.Sprintf("the check %q was ended at its limit: %s", command, f.result.Reason)
	}
	return fmt.Sprintf("the check %q failed (exit %d)", command, f.result.ExitCode)
}

// withdraw is for a changeset of which nothing is applied: it is kept for review
// or dropped, as the gate that failed says. The journal has it first.
func withdraw(out *Outcome, dirs stage.Dirs, rec evidence.Recorder) error {
	f := out.Failed
	e := evidence.NotApplied{Did: "kept", Why: f.What, Dir: dirs.Upper, Count: len(out.Changes.Entries)}
	if f.Action == drop {
		e.Did, e.Dir = "dropped", ""
	}
	if err := rec.Record(evidence.Event{NotApplied: &e}); err != nil {
		return err
	}
	if f.Action == drop {
		out.Dropped = true
		return errors.Join(stage.Unkeep(dirs), stage.Discard(dirs))
	}
	out.Kept = dirs.Upper
	return stage.Keep(dirs, f.What)
}
