package stage

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"ringwall/internal/evidence"
)

// Apply carries the entries that are to be applied into the project and keeps
// all others in the held folder. It announces itself to the journal first, then
// writes down what it is about to do, so that Recover can finish it after a
// crash at any point. What it replaces or removes it keeps, for Rollback. Where
// the project's own version changed since it was read, that one stays and the
// agent's is held.
//
// An error leaves the rest undone and nothing lost: Recover goes on from there.
func Apply(ctx context.Context, o Options, c *Changeset, rec evidence.Recorder) (Result, error) {
	if c.Incomplete != "" {
		if err := Keep(o.Dirs, c.Incomplete); err != nil {
			return Result{}, fmt.Errorf("keep the changeset: %w", err)
		}
		return Result{}, fmt.Errorf("%w: %s", ErrIncomplete, c.Incomplete)
	}
	if !plainRun(o.Run) {
		return Result{}, fmt.Errorf("run %q: not letters, digits and dashes", o.Run)
	}
	if len(c.Entries) == 0 {
		return Result{}, nothing(o.Dirs, rec)
	}
	log := newJournal(newHeader(o.Run, o.Project, o.ProjectID))
	log.ops = compile(c)
	a, err := newApplier(o, applyNames(), log)
	if err != nil {
		return Result{}, err
	}
	defer a.close()
	if err := rec.Record(evidence.Event{Apply: &evidence.Apply{Count: a.count()}}); err != nil {
		return Result{}, fmt.Errorf("record that changes are applied: %w", err)
	}
	if err := a.begin(ctx, c); err != nil {
		return Result{}, fmt.Errorf("apply: %w", err)
	}
	res, err := a.run(ctx)
	if err != nil {
		return res, fmt.Errorf("apply: %w", err)
	}
	done := evidence.Applied{Applied: res.Applied, Held: heldChanges(res.Held), HeldDir: res.HeldDir,
		Rejected: rejectedChanges(res.Rejected)}
	if err := rec.Record(evidence.Event{Applied: &done}); err != nil {
		return res, fmt.Errorf("record what was applied: %w", err)
	}
	return res, nil
}

// nothing is Apply of a changeset without entries: there is nothing that a crash
// could leave half done, so nothing but the journal is written.
func nothing(d Dirs, rec evidence.Recorder) error {
	for _, e := range []evidence.Event{{Apply: &evidence.Apply{}}, {Applied: &evidence.Applied{}}} {
		if err := rec.Record(e); err != nil {
			return fmt.Errorf("record that nothing is applied: %w", err)
		}
	}
	return Discard(d)
}

// plainRun tells whether a run's name can be part of a file name.
func plainRun(run string) bool {
	return run != "" && len(run) <= 64 && strings.IndexFunc(run, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-'
	}) < 0
}

func newHeader(run, project string, id ID) header {
	b := make([]byte, 8)
	_, _ = rand.Read(b) // never fails: crypto/rand ends the program instead
	return header{Version: recordVersion, Run: run, Project: Name(project), ProjectID: id, Nonce: hex.EncodeToString(b)}
}

// tempName is the temporary name of an operation. It holds what nobody can have
// known in advance.
func tempName(h header, n int) string {
	return tempPrefix + h.Run + "-" + h.Nonce + "-" + strconv.Itoa(n)
}

// count is how many entries are to be applied.
func (a *applier) count() int {
	n := 0
	for i := range a.log.ops {
		if o := &a.log.ops[i]; o.Do != keepBack && o.Do != reject && o.Do != bring {
			n += o.entries()
		}
	}
	return n
}

// begin refuses a second start, makes the files above what they shall be in the
// project and durable, and then writes the journal. Nothing of the project has
// changed before that is on the disk.
func (a *applier) begin(ctx context.Context, c *Changeset) error {
	for _, name := range []string{applyName, appliedName} {
		if there, err := a.iter.exists(name); err != nil || there {
			return orConflict(err, "this iteration was applied before, or has to be recovered")
		}
	}
	// From here on a crash means that the changes are kept: they were about to
	// be applied.
	if err := a.log.open(a.iter, a.names.journal); err != nil {
		return err
	}
	if err := a.step("dress"); err != nil {
		return err
	}
	if err := a.hashRejected(ctx); err != nil {
		return err
	}
	if err := a.dress(c); err != nil {
		return err
	}
	if err := a.settleData(c); err != nil {
		return err
	}
	if err := a.step("record"); err != nil {
		return err
	}
	return a.log.write(a.iter, a.names.journal)
}

// run carries all operations out: what goes in, parents first; then what goes
// out, children first; then the modes of folders, children first, since a mode
// may forbid what comes before; then what is held.
func (a *applier) run(ctx context.Context) (Result, error) {
	if err := a.pass(ctx, false, a.bring, bring); err != nil {
		return Result{}, err
	}
	up := []verb{moveIn, exchange, makeFolder, setMode, setAttrs}
	if err := a.pass(ctx, false, a.openFolder, setMode); err != nil {
		return Result{}, err
	}
	if err := a.pass(ctx, false, a.place, up...); err != nil {
		return Result{}, err
	}
	if err := a.pass(ctx, true, a.takeAway, moveOut, dropFolder); err != nil {
		return Result{}, err
	}
	if err := a.pass(ctx, true, a.finish, makeFolder, setMode, setAttrs); err != nil {
		return Result{}, err
	}
	if err := a.holdAll(ctx); err != nil {
		return Result{}, err
	}
	a.at.close()
	return a.end(ctx)
}

// pass goes through the operations of some kinds, forwards or backwards. Where
// one is replaced by others, it goes on with these.
func (a *applier) pass(ctx context.Context, back bool, do func(*op) error, kinds ...verb) error {
	i, step := 0, 1
	if back {
		i, step = len(a.log.ops)-1, -1
	}
	for i >= 0 && i < len(a.log.ops) {
		if err := ctx.Err(); err != nil {
			return err
		}
		o, was := &a.log.ops[i], len(a.log.ops)
		if !slices.Contains(kinds, o.Do) || a.why[o.N] != "" {
			i += step
			continue
		}
		err := a.try(o, do)
		switch {
		case errors.Is(err, errExpanded) && back:
			i += len(a.log.ops) - was // the last of those that took its place
		case errors.Is(err, errExpanded):
		case err != nil:
			return err
		default:
			i += step
		}
	}
	return nil
}

// place is the first half of an operation that is not a removal.
func (a *applier) place(o *op) error {
	if a.heldBefore(o) {
		return conflict{"held by an earlier attempt"}
	}
	switch {
	case o.Do == makeFolder:
		return a.makeDir(o)
	case (o.Do == setMode || o.Do == setAttrs) && o.Entry.Type == Dir:
		return nil // with the folders
	case o.Do == setMode:
		return a.mode(o)
	case a.copy:
		return a.across(o)
	case o.Do == exchange:
		return a.swap(o)
	}
	return a.in(o)
}

// takeAway is an operation that removes.
func (a *applier) takeAway(o *op) error {
	switch {
	case o.Do == dropFolder:
		return a.removeFolder(o)
	case a.copy:
		return a.across(o)
	}
	return a.out(o)
}

// finish is the second half for folders.
func (a *applier) finish(o *op) error {
	if o.Entry.Type != Dir && o.Do != makeFolder {
		return nil
	}
	return a.finishFolder(o)
}

// try does one operation; a conflict is noted, another error is returned. Where
// store and project turn out to be on different file systems, it is tried again
// by copying, and so are all others from then on.
func (a *applier) try(o *op, do func(*op) error) error {
	err := do(o)
	if errors.Is(err, errAcross) && !a.copy {
		a.copy = true
		if err := a.log.note(line{Copy: true}); err != nil {
			return err
		}
		err = do(o)
	}
	var c conflict
	switch err = asConflict(err); {
	case err == nil || errors.Is(err, errExpanded):
		return err
	case errors.As(err, &c) && o.Put.Type == Dir && o.Entry.Below > 0 && !a.undo && !a.accept:
		return a.holdParts(o, c.why)
	case errors.As(err, &c):
		a.why[o.N] = c.why
		return nil
	}
	return fmt.Errorf("%s: %w", o.Entry.Path, err)
}
