package stage

import (
	"context"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
)

// Recover looks at an iteration of an earlier run, which is over. What Apply
// had begun is finished. What never came to be applied is dropped, unless Keep
// marked it. It is safe to call for any iteration, any number of times.
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
	var r applyRecord
	begun, err := iter.readJSON(applyName, &r)
	if err != nil {
		return Report{}, err
	}
	ended, err := iter.exists(appliedName)
	switch {
	case err != nil:
		return Report{}, err
	case ended:
		return Report{Run: r.Run, Outcome: Nothing}, Discard(o.Dirs)
	case begun:
		return finishApply(ctx, o, r)
	}
	return dropOrKeep(iterDir, iter)
}

// dropOrKeep is for an iteration that was never applied.
func dropOrKeep(iterDir string, iter *dir) (Report, error) {
	var k keptRecord
	kept, err := iter.readJSON(keptName, &k)
	if err != nil {
		return Report{}, err
	}
	if kept {
		return Report{Outcome: Kept, What: []string{printable(iterDir) + ": " + k.Why}}, nil
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
func finishApply(ctx context.Context, o Options, r applyRecord) (Report, error) {
	iterDir := o.Dirs.Iter
	if r.Version != recordVersion || !plainRun(r.Run) {
		return Report{}, fmt.Errorf("recover %s: the record is not one of this version", printable(iterDir))
	}
	a, err := newApplier(o, r)
	if err != nil {
		return Report{}, fmt.Errorf("recover %s: %w", printable(iterDir), err)
	}
	defer a.close()
	a.resuming = true
	removed, err := a.dropTemps()
	if err != nil {
		return Report{}, fmt.Errorf("recover %s: %w", printable(iterDir), err)
	}
	res, err := a.run(ctx)
	if err != nil {
		return Report{}, fmt.Errorf("recover %s: %w", printable(iterDir), err)
	}
	return Report{Run: r.Run, Outcome: Finished, What: removed, Result: res}, nil
}

// dropTemps removes the run's temporary files from the folders in which it
// made any. Only a name that holds the run's own can be one.
func (a *applier) dropTemps() ([]string, error) {
	var removed []string
	last := "/"
	for _, e := range a.rec.Entries {
		rel := parent(string(e.Path))
		if rel == last || !e.Applies() || e.Type == Dir || e.Action == Deleted {
			continue
		}
		last = rel
		names, err := a.dropTempsIn(rel)
		if err != nil {
			return removed, err
		}
		removed = append(removed, names...)
	}
	return removed, nil
}

// dropTempsIn does it for one folder; one that is gone or closed has none.
func (a *applier) dropTempsIn(rel string) ([]string, error) {
	names, _, err := a.project.list(rel, DefaultMaxEntries)
	if err != nil {
		return nil, nil
	}
	d, err := a.project.dir(rel)
	if err != nil {
		return nil, nil
	}
	defer d.close()
	var removed []string
	for _, n := range names {
		if !strings.HasPrefix(n, tempPrefix+a.rec.Run+"-") {
			continue
		}
		if err := unix.Unlinkat(d.fd, n, 0); err != nil && err != unix.EISDIR && err != unix.ENOENT {
			return removed, err
		}
		removed = append(removed, printable(join(rel, n)))
	}
	return removed, nil
}
