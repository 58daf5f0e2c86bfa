package stage

import (
	"context"
	"fmt"

	"ringwall/internal/evidence"
)

// recoverDirect takes out of the project what an iteration left there whose
// supervisor did not live to see its end. Of the state before nothing is known
// but the time: what changed since is looked at, and what was frozen then only a
// person can have changed.
func recoverDirect(ctx context.Context, o Options, iter *dir) (done bool, rep Report, err error) {
	var r directRecord
	found, err := iter.readJSON(directName, &r)
	if err != nil || !found {
		return false, Report{}, err
	}
	if there, err := iter.exists(upperName); err != nil || !there {
		return true, Report{Run: r.Run, Outcome: Nothing}, err // its end was seen
	}
	if r.Version != recordVersion || !plainRun(r.Run) {
		return true, Report{}, fmt.Errorf("recover %s: the record is not one of this version", printable(o.Dirs.Iter))
	}
	o.Project, o.ProjectID, o.Run, o.Rules = string(r.Project), r.ProjectID, r.Run, r.Rules
	res, err := withdrawSince(ctx, o, r)
	if err != nil {
		return true, Report{}, fmt.Errorf("recover %s: %w", printable(o.Dirs.Iter), err)
	}
	rep = Report{Run: r.Run, Outcome: Withdrawn, Result: res}
	for _, h := range res.Held {
		rep.What = append(rep.What, printable(string(h.Path)))
	}
	return true, rep, nil
}

func withdrawSince(ctx context.Context, o Options, r directRecord) (Result, error) {
	d := &Direct{kept: r.Kept}
	w, err := d.open(o)
	if err != nil {
		return Result{}, err
	}
	defer w.tree.close()
	w.since, w.frozen = r.Began, frozenBy(o.Rules)
	if err := w.tree.scanAll(ctx, w.visit); err != nil {
		return Result{}, err
	}
	w.r.finish()
	return d.Withdraw(ctx, o, w.r.set, silent{})
}

// silent records nothing: the journal of a run that was cut short is closed by
// whoever recovers it.
type silent struct{}

func (silent) Record(evidence.Event) error { return nil }
