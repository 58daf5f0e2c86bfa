package stage

import (
	"context"
	"fmt"
	"strings"

	"ringwall/internal/evidence"
)

// Apply carries the ordinary entries into the project and keeps all others in
// the held folder. It announces itself to the journal first, then writes down
// what it is about to do, so that Recover can finish it after a crash at any
// point. Where the project's own version changed since it was read, that one
// stays and the agent's is held.
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
	r := applyRecord{recordVersion, o.Run, Name(o.Project), o.ProjectID, c.Entries}
	a, err := newApplier(o, r)
	if err != nil {
		return Result{}, err
	}
	defer a.close()
	if err := rec.Record(evidence.Event{Apply: &evidence.Apply{Count: a.ordinary()}}); err != nil {
		return Result{}, fmt.Errorf("record that changes are applied: %w", err)
	}
	if err := a.begin(ctx); err != nil {
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

// begin refuses a second start, makes the agent's data durable, since a rename
// may reach the disk before the data that it names, and then writes the record.
func (a *applier) begin(ctx context.Context) error {
	for _, name := range []string{applyName, appliedName} {
		if there, err := a.iter.exists(name); err != nil || there {
			return orConflict(err, "this iteration was applied before, or has to be recovered")
		}
	}
	if err := a.hashRejected(ctx); err != nil {
		return err
	}
	if err := a.syncUpper(); err != nil {
		return err
	}
	if err := a.step("record"); err != nil {
		return err
	}
	return a.iter.writeJSON(applyName, a.rec)
}

// run does the work: what is new and changed, parents first; then what is
// gone, children first; then the modes of folders, children first, since a
// mode may forbid what comes before; then what is held.
func (a *applier) run(ctx context.Context) (Result, error) {
	passes := []func(context.Context) error{a.placeAll, a.deleteAll, a.finishFolders, a.holdAll}
	for _, pass := range passes {
		if err := pass(ctx); err != nil {
			return Result{}, err
		}
	}
	a.at.close()
	if err := a.syncProject(); err != nil {
		return Result{}, err
	}
	return a.end(ctx)
}

// end writes the manifest and the mark that all is done, then removes what is
// left of the overlay.
func (a *applier) end(ctx context.Context) (Result, error) {
	res, err := a.result(ctx)
	if err != nil {
		return res, err
	}
	if err := a.step("manifest"); err != nil {
		return res, err
	}
	if err := a.heldAt.writeJSON(manifest, heldRecord{recordVersion, res.Held}); err != nil {
		return res, err
	}
	if err := a.step("mark"); err != nil {
		return res, err
	}
	if err := a.iter.writeJSON(appliedName, appliedRecord{recordVersion, res.Applied, len(res.Held)}); err != nil {
		return res, err
	}
	if err := a.step("remove"); err != nil {
		return res, err
	}
	return res, a.iter.drop()
}
