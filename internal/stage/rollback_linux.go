package stage

import (
	"context"
	"fmt"
	"slices"

	"golang.org/x/sys/unix"

	"ringwall/internal/evidence"
)

// Rollback puts the project back to what it was before the iteration in
// o.Dirs.Iter was applied, and before held entries of it were accepted. It needs
// only o.Dirs. Later iterations must be rolled back first. What a person changed
// since stays as it is and is named in the result; the old version is kept.
// What the agent made is kept too, in the place of what it had replaced.
//
// An error leaves the rest undone and nothing lost: Recover goes on from there.
func Rollback(ctx context.Context, o Options, rec evidence.Recorder) (Result, error) {
	t, err := openTree(o.Dirs.Iter)
	if err != nil {
		return Result{}, err
	}
	defer t.close()
	iter := &dir{t.fd}
	all, run, err := canRollBack(iter)
	if err != nil {
		return Result{}, fmt.Errorf("roll back: %w", err)
	}
	count := 0
	for _, n := range all {
		r, _ := iter.done(n.done)
		count += r.Applied
	}
	if err := rec.Record(evidence.Event{Rollback: &evidence.Rollback{Count: count}}); err != nil {
		return Result{}, fmt.Errorf("record that changes are rolled back: %w", err)
	}
	if err := o.step("rollback"); err != nil {
		return Result{}, err
	}
	if err := iter.writeJSON(rollbackName, markRecord{recordVersion, run}); err != nil {
		return Result{}, fmt.Errorf("roll back: %w", err)
	}
	res, err := finishRollback(ctx, o, iter, run)
	if err != nil {
		return res, fmt.Errorf("roll back: %w", err)
	}
	done := evidence.RolledBack{Restored: res.Applied, Stayed: heldChanges(res.Held), KeptDir: res.HeldDir}
	if err := rec.Record(evidence.Event{RolledBack: &done}); err != nil {
		return res, fmt.Errorf("record what was rolled back: %w", err)
	}
	return res, nil
}

func (o Options) step(op string) error {
	if o.hook == nil {
		return nil
	}
	return o.hook(op)
}

// canRollBack lists what is to be undone, and the run that it belongs to.
func canRollBack(iter *dir) ([]names, string, error) {
	for _, name := range []string{rollbackName, rolledBackName} {
		if there, err := iter.exists(name); err != nil || there {
			return nil, "", orState(err, "it was rolled back before, or has to be recovered")
		}
	}
	run, pending, err := lastPending(iter)
	switch {
	case err != nil:
		return nil, "", err
	case pending != nil:
		return nil, "", orState(nil, "it has to be recovered")
	case run == "":
		return nil, "", orState(nil, "nothing of it was applied")
	}
	all, err := transactions(iter)
	return all, run, err
}

func orState(err error, why string) error {
	if err != nil {
		return err
	}
	return fmt.Errorf("%w: %s", ErrState, why)
}

// rollbackBegun tells whether rolling back was begun and not ended.
func rollbackBegun(iter *dir) (run string, begun bool, err error) {
	var m markRecord
	there, err := iter.readJSON(rollbackName, &m)
	if err != nil || !there {
		return "", false, err
	}
	_, ended := iter.done(rolledBackName)
	return m.Run, !ended, nil
}

// finishRollback undoes what was applied and accepted, the last first.
func finishRollback(ctx context.Context, o Options, iter *dir, run string) (Result, error) {
	all, err := transactions(iter)
	if err != nil {
		return Result{}, err
	}
	var sum Result
	for _, n := range slices.Backward(all) {
		res, err := undo(ctx, o, iter, n)
		if err != nil {
			return sum, err
		}
		sum.Applied += res.Applied
		if sum.Held = append(sum.Held, res.Held...); len(sum.Held) > 0 {
			sum.HeldDir = o.Dirs.Iter
		}
	}
	if err := o.step("rolled back"); err != nil {
		return sum, err
	}
	done := doneRecord{Version: recordVersion, Applied: sum.Applied, Held: len(sum.Held), Stayed: sum.Held}
	return sum, iter.writeMark(rolledBackName, done)
}

// undo undoes one transaction, or goes on with it.
func undo(ctx context.Context, o Options, iter *dir, n names) (Result, error) {
	if r, ok := iter.done(n.undo().done); ok {
		return Result{Applied: r.Applied, Held: r.Stayed}, nil
	}
	a, err := reopen(o, n.undo())
	if err == unix.ENOENT {
		a, err = beginUndo(o, iter, n)
	}
	if err != nil {
		return Result{}, err
	}
	defer a.close()
	if _, err := a.dropTemps(); err != nil {
		return Result{}, err
	}
	return a.run(ctx)
}

// beginUndo writes down what is to be undone.
func beginUndo(o Options, iter *dir, n names) (*applier, error) {
	was, err := openJournal(iter, n.journal)
	if err != nil {
		return nil, err
	}
	defer was.close()
	done, _ := iter.done(n.done)
	log := newJournal(newHeader(was.head.Run, string(was.head.Project), was.head.ProjectID))
	log.head.Undo = n.journal
	for _, op := range was.ops {
		if back, ok := was.undone(op); ok && !slices.Contains(done.Skipped, op.N) {
			back.N = len(log.ops)
			log.ops = append(log.ops, back)
		}
	}
	if err := iter.unlinkPartial(n.undo().journal); err != nil {
		return nil, err
	}
	a, err := newApplier(o, n.undo(), log)
	if err != nil {
		return nil, err
	}
	if err = a.step("record undo"); err == nil {
		err = log.create(iter, n.undo().journal)
	}
	if err != nil {
		a.close()
		return nil, err
	}
	return a, nil
}

// undone is the inverse of an operation, with the files that it came to.
func (j *journal) undone(o op) (op, bool) {
	if n, ok := j.put[o.N]; ok {
		o.Put, o.PutMarks = n.Stat, n.Marks
	} else if o.Do == makeFolder {
		return o, false // somebody else's
	}
	if n, ok := j.took[o.N]; ok {
		o.Take, o.TakeMarks = n.Stat, n.Marks
	}
	back, ok := o.inverse()
	back.Put.Ctime, back.Take.Ctime = 0, 0
	return back, ok
}

// unlinkPartial removes a journal that was never whole.
func (d *dir) unlinkPartial(name string) error {
	if err := unix.Unlinkat(d.fd, name, 0); err != nil && err != unix.ENOENT {
		return err
	}
	return nil
}
