package cli

import (
	"context"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"

	"ringwall/internal/evidence"
	"ringwall/internal/review"
	"ringwall/internal/stage"
)

// decide accepts or drops all that is held and selected.
func (e *env) decide(s *subject, d review.Decision, f reviewFlags) error {
	all := s.chosen(d)
	if len(all) == 0 {
		return withHint("ringwall review --list "+s.run.Run, "nothing that is held is meant: there is nothing to %s", string(d))
	}
	if err := e.confirm(review.Summary(all, 20), "Carry this out?", f.yes); err != nil {
		return err
	}
	return e.settle(s, all)
}

// chosen are the changes that are held and selected, with the folders that go
// with them.
func (s *subject) chosen(d review.Decision) []review.Decided {
	meant := map[entryKey]bool{}
	for _, c := range s.run.Changes() {
		meant[entryKey{c.Iteration, c.Path, c.State}] = true
	}
	all := []review.Decided{}
	for _, c := range s.whole.Changes() {
		x := review.Decided{Change: c}
		if c.Open() && meant[entryKey{c.Iteration, c.Path, c.State}] {
			x.Decision = d
		}
		all = append(all, x)
	}
	return slices.DeleteFunc(review.Agree(all), func(c review.Decided) bool { return c.Decision == review.None })
}

// decide locks the project, in which nothing may be half done, and opens the
// journal of its run.
func (s *subject) decide() (j *evidence.Journal, done func(), err error) {
	lock, err := s.archive.lockProject(s.plan.Project)
	if err != nil {
		return nil, nil, err
	}
	if err = s.archive.needsRecovery(s.plan.Project); err == nil {
		j, err = s.journal()
	}
	if err != nil {
		lock.Close()
		return nil, nil, err
	}
	return j, func() { j.Close(); lock.Close() }, nil
}

// settle carries decisions out, iteration by iteration, the oldest first. Each
// stands in the run's journal before it is done.
func (e *env) settle(s *subject, all []review.Decided) error {
	j, done, err := s.decide()
	if err != nil {
		return err
	}
	defer done()
	failed := 0
	for _, it := range s.its {
		for _, d := range []review.Decision{review.Accept, review.Drop} {
			n, err := e.settleIteration(s, it, d, all, j)
			if err != nil {
				return fmt.Errorf("%s in iteration %d: %w", d, it.n, err)
			}
			failed += n
		}
	}
	if failed > 0 {
		return exit(exitFindings, withHint("ringwall review "+s.run.Run, "not all could be accepted: %s held", plural(failed, "change")+" stay"))
	}
	return nil
}

// journal goes on with the run's journal. One that is damaged takes nothing
// more: what it says could not be believed.
func (s *subject) journal() (*evidence.Journal, error) {
	j, _, err := evidence.Open(filepath.Join(s.archive.runDir(s.run.Run), "journal.jsonl"))
	var broken *evidence.ChainError
	if errors.As(err, &broken) {
		return nil, exit(exitTampered, withHint("ringwall report "+s.run.Run, "nothing is done under a journal that is damaged: %w", err))
	}
	return j, err
}

// settleIteration carries out one kind of decision in one iteration, and returns
// how many changes it could not apply.
func (e *env) settleIteration(s *subject, it iteration, d review.Decision, all []review.Decided, j *evidence.Journal) (int, error) {
	names, changes, whole := s.meant(it, d, all)
	if len(changes) == 0 {
		return 0, nil
	}
	switch {
	case whole:
		names = nil
	case len(names) == 0: // the stage would take it for all
		return 0, errors.New("nothing of it can be done without what was not decided")
	}
	o, err := optionsFor(s.plan, s.run.Run, it.kept)
	if err != nil {
		return 0, err
	}
	rec := forIteration{j, it.n}
	if err := rec.Record(evidence.Event{Reviewed: &evidence.Reviewed{Decision: string(d), Changes: changes}}); err != nil {
		return 0, err
	}
	if d == review.Drop {
		n, err := s.archive.stage.drop(context.Background(), o, names, rec)
		if err == nil {
			fmt.Fprintf(e.out, "iteration %d: dropped %s\n", it.n, plural(n, "change"))
		}
		return 0, err
	}
	res, err := s.archive.stage.accept(context.Background(), o, names, rec)
	if err != nil {
		return 0, err
	}
	fmt.Fprintf(e.out, "iteration %d: accepted %s\n", it.n, plural(res.Applied, "change"))
	e.tellConflicts(res.Held)
	return len(res.Held), nil
}

// meant are the entries of an iteration that a decision is about. Whole: it is
// one that is kept whole, and all of it is meant.
func (s *subject) meant(it iteration, d review.Decision, all []review.Decided) (names []stage.Name, changes []evidence.Change, whole bool) {
	for _, c := range all {
		if c.Iteration != it.n || c.Decision != d {
			continue
		}
		if c.Whole() {
			whole = true
		} else {
			names = append(names, s.entries[entryKey{c.Iteration, c.Path, c.State}].Path)
		}
		changes = append(changes, evidence.Change{Name: c.Name(), Action: c.Action, Class: c.Class, Detail: c.Why, Size: c.Size})
	}
	return exactly(names, it.Held), changes, whole
}

// exactly leaves out each name that would take along what was not decided: the
// stage takes a name for all that is held below it, and brings the new folders
// that a name needs by itself.
func exactly(names []stage.Name, held []stage.Held) []stage.Name {
	meant := map[stage.Name]bool{}
	for _, n := range names {
		meant[n] = true
	}
	more := map[stage.Name]bool{} // has something below it that is not meant
	for _, h := range held {
		if meant[h.Path] {
			continue
		}
		for at := path.Dir(string(h.Path)); at != "." && at != "/"; at = path.Dir(at) {
			more[stage.Name(at)] = true
		}
	}
	return slices.DeleteFunc(names, func(n stage.Name) bool { return more[n] })
}

// tellConflicts names what could not be done, and why.
func (e *env) tellConflicts(held []stage.Held) {
	for i, h := range held {
		if i == 20 {
			fmt.Fprintf(e.out, "  and %d more\n", len(held)-i)
			return
		}
		why := string(h.Class)
		if h.Detail != "" {
			why += ": " + evidence.Printable(h.Detail)
		}
		fmt.Fprintf(e.out, "  not done: %s (%s)\n", h.Path, why)
	}
}
