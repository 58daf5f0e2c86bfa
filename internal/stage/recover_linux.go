package stage

import (
	"context"
	"fmt"

	"golang.org/x/sys/unix"
)

// Recover looks at an iteration of an earlier run, which is over. What Apply,
// Accept, Rollback or Drop had begun is finished. What never came to be applied
// is dropped, unless Keep marked it. It is safe to call for any iteration, any
// number of times.
func Recover(ctx context.Context, iterDir string) (Report, error) {
	return recoverIter(ctx, iterDir, Options{})
}

// recoverIter is Recover; of the options only those for tests count.
func recoverIter(ctx context.Context, iterDir string, o Options) (Report, error) {
	o.Dirs = dirsOf(iterDir)
	t, err := openTree(iterDir)
	if err != nil {
		return Report{}, err
	}
	defer t.close()
	iter := &dir{t.fd}
	r, err := recoverState(ctx, o, iter)
	if err != nil {
		return Report{}, fmt.Errorf("recover %s: %w", printable(iterDir), err)
	}
	return r, nil
}

func recoverState(ctx context.Context, o Options, iter *dir) (Report, error) {
	if run, begun, err := rollbackBegun(iter); err != nil || begun {
		if err != nil {
			return Report{}, err
		}
		res, err := finishRollback(ctx, o, iter, run)
		return Report{Run: run, Outcome: Undone, Result: res}, err
	}
	if err := finishDrop(o, iter); err != nil {
		return Report{}, err
	}
	run, pending, err := lastPending(iter)
	switch {
	case err != nil:
		return Report{}, err
	case pending != nil:
		return finishApply(ctx, o, *pending)
	case run != "":
		return Report{Run: run, Outcome: Nothing}, iter.drop(workName)
	}
	if done, r, err := recoverDirect(ctx, o, iter); done || err != nil {
		return r, err
	}
	return dropOrKeep(o.Dirs.Iter, iter)
}

// transactions are those of an iteration that were begun, the earliest first.
func transactions(iter *dir) ([]names, error) {
	var out []names
	for n := 0; ; n++ {
		t := applyNames()
		if n > 0 {
			t = acceptNames(n)
		}
		j, err := openJournal(iter, t.journal)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", t.journal, err)
		}
		if j == nil {
			return out, nil
		}
		j.close()
		out = append(out, t)
	}
}

// lastPending is the transaction that was cut short, and the run that the
// iteration belongs to; empty where nothing was ever applied.
func lastPending(iter *dir) (run string, pending *names, err error) {
	all, err := transactions(iter)
	if err != nil {
		return "", nil, err
	}
	for i, t := range all {
		j, err := openJournal(iter, t.journal)
		if err != nil {
			return "", nil, err
		}
		run = j.head.Run
		j.close()
		if _, done := iter.done(t.done); !done {
			return run, &all[i], nil
		}
	}
	return run, nil, nil
}

// dropOrKeep is for an iteration that was never applied.
func dropOrKeep(iterDir string, iter *dir) (Report, error) {
	var k keptRecord
	kept, err := iter.readJSON(keptName, &k)
	if err != nil {
		return Report{}, err
	}
	if begun, err := iter.exists(applyName); err != nil {
		return Report{}, err
	} else if begun && !kept {
		k = keptRecord{Version: recordVersion, Why: "ringwall was cut short when they were about to be applied"}
		if err := iter.writeJSON(keptName, k); err != nil {
			return Report{}, err
		}
		kept = true
	}
	if err := iter.unlinkPartial(applyName); err != nil {
		return Report{}, err
	}
	if kept { // but for the overlay's own folder, which nobody may even open
		return Report{Outcome: Unapplied, What: []string{printable(iterDir) + ": " + k.Why}}, iter.drop(workName)
	}
	there, err := iter.exists(upperName)
	if err != nil {
		return Report{}, err
	}
	if err := Discard(dirsOf(iterDir)); err != nil {
		return Report{}, err
	}
	if !there {
		return Report{Outcome: Nothing}, nil
	}
	return Report{Outcome: Discarded, What: []string{printable(iterDir)}}, nil
}

// finishApply goes on where an attempt was cut short.
func finishApply(ctx context.Context, o Options, n names) (Report, error) {
	a, err := reopen(o, n)
	if err != nil {
		return Report{}, err
	}
	defer a.close()
	removed, err := a.dropTemps()
	if err != nil {
		return Report{}, err
	}
	res, err := a.run(ctx)
	if err != nil {
		return Report{}, err
	}
	return Report{Run: a.log.head.Run, Outcome: Finished, What: removed, Result: res}, nil
}

// reopen opens a transaction that was begun.
func reopen(o Options, n names) (*applier, error) {
	t, err := openTree(o.Dirs.Iter)
	if err != nil {
		return nil, err
	}
	defer t.close()
	log, err := openJournal(&dir{t.fd}, n.journal)
	if err != nil {
		return nil, err
	}
	if log == nil {
		return nil, unix.ENOENT
	}
	if err := log.resume(); err != nil {
		log.close()
		return nil, err
	}
	a, err := newApplier(o, n, log)
	if err != nil {
		return nil, err
	}
	a.resuming = true
	return a, nil
}

// dropTemps removes the copies that an attempt left unfinished. A copy that is
// noted in the journal, or may be what came out of the project, is left to the
// operation that it belongs to.
func (a *applier) dropTemps() ([]string, error) {
	var removed []string
	for i := range a.log.ops {
		o := &a.log.ops[i]
		if o.Do != moveIn && o.Do != exchange && o.Do != makeFolder {
			continue
		}
		if _, noted := a.log.put[o.N]; noted || !a.copy && o.Do != makeFolder {
			continue
		}
		s, err := a.look(o)
		if err != nil {
			continue // gone or closed: it has none
		}
		st, err := s.project.stat(a.temp(o))
		if err != nil || st.Type == Absent {
			continue
		}
		if err := a.step("remove copy"); err != nil {
			return removed, err
		}
		if err := s.project.removeAny(a.temp(o)); err != nil {
			return removed, err
		}
		removed = append(removed, printable(join(parent(o.path()), a.temp(o))))
	}
	return removed, nil
}
