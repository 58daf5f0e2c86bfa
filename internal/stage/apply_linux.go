package stage

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"

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
	r := applyRecord{recordVersion, o.Run, Name(o.Project), o.ProjectID, c.Entries}
	a, err := newApplier(o, r)
	if err != nil {
		return Result{}, err
	}
	defer a.close()
	if err := rec.Record(evidence.Event{Apply: &evidence.Apply{Count: a.ordinary()}}); err != nil {
		return Result{}, fmt.Errorf("record that changes are applied: %w", err)
	}
	if err := a.begin(); err != nil {
		return Result{}, fmt.Errorf("apply: %w", err)
	}
	res, err := a.run(ctx)
	if err != nil {
		return res, fmt.Errorf("apply: %w", err)
	}
	done := evidence.Applied{Applied: res.Applied, Held: heldChanges(res.Held), HeldDir: res.HeldDir}
	if err := rec.Record(evidence.Event{Applied: &done}); err != nil {
		return res, fmt.Errorf("record what was applied: %w", err)
	}
	return res, nil
}

// plainRun tells whether a run's name can be part of a file name.
func plainRun(run string) bool {
	return run != "" && len(run) <= 64 && strings.IndexFunc(run, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-'
	}) < 0
}

// applier is one attempt at carrying out an applyRecord.
type applier struct {
	rec      applyRecord
	iter     *dir
	heldAt   *dir
	upper    *upperTree
	project  *tree
	root     Stat // of the project, for the owner of new files
	asRoot   bool
	resuming bool // an earlier attempt was cut short
	copy     bool // renaming from the upper directory does not work
	hook     func(string) error
	heldDir  string

	done    []bool           // by entry: nothing left to do
	held    map[int]conflict // by entry: kept back while applying
	theirs  map[int]bool     // new folders that someone else made
	touched map[string]bool  // folders of the project to be synced
	at      cachedDirs       // the folders of the last entry
}

// newApplier opens everything that is needed, and changes nothing.
func newApplier(o Options, r applyRecord) (*applier, error) {
	a := &applier{
		rec: r, hook: o.hook, copy: o.copy, heldDir: o.Dirs.Held, asRoot: unix.Geteuid() == 0,
		done: make([]bool, len(r.Entries)), held: map[int]conflict{}, theirs: map[int]bool{},
		touched: map[string]bool{},
	}
	if err := a.open(o); err != nil {
		a.close()
		return nil, err
	}
	return a, nil
}

func (a *applier) open(o Options) error {
	iter, err := openTree(o.Dirs.Iter)
	if err != nil {
		return err
	}
	a.iter = &dir{iter.fd}
	held, err := openTree(o.Dirs.Held)
	if err != nil {
		return err
	}
	a.heldAt = &dir{held.fd}
	if a.upper, err = openUpper(o.Dirs.Upper); err != nil {
		return err
	}
	if a.project, err = openProject(string(a.rec.Project), a.rec.ProjectID); err != nil {
		return err
	}
	st, err := (&dir{a.project.fd}).self()
	a.root = toStat(st)
	return err
}

func (a *applier) close() {
	a.at.close()
	if a.project != nil {
		a.project.close()
	}
	if a.upper != nil {
		a.upper.close()
	}
	a.heldAt.close()
	a.iter.close()
}

// begin refuses a second start, makes the agent's data durable, since a rename
// may reach the disk before the data that it names, and then writes the record.
func (a *applier) begin() error {
	for _, name := range []string{applyName, appliedName} {
		if there, err := a.iter.exists(name); err != nil || there {
			return orConflict(err, "this iteration was applied before, or has to be recovered")
		}
	}
	if err := a.syncUpper(); err != nil {
		return err
	}
	if err := a.step("record"); err != nil {
		return err
	}
	return a.iter.writeJSON(applyName, a.rec)
}

// syncUpper waits for the disk once, which for many files is cheaper than
// syncing each.
func (a *applier) syncUpper() error {
	fd, err := a.upper.open("", unix.O_RDONLY|unix.O_DIRECTORY)
	if err != nil {
		return err
	}
	defer (&dir{fd}).close()
	return unix.Syncfs(fd)
}

// step stands before every change, for the crash tests.
func (a *applier) step(op string) error {
	if a.hook == nil {
		return nil
	}
	return a.hook(op)
}

// ordinary counts what is to be applied.
func (a *applier) ordinary() int {
	n := 0
	for _, e := range a.rec.Entries {
		if e.Class == Ordinary {
			n++
		}
	}
	return n
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
	return res, errors.Join(a.iter.remove(workName), a.iter.remove(upperName))
}

// syncProject makes the names in the touched folders durable. With many of
// them one sync of the file system is cheaper.
func (a *applier) syncProject() error {
	if len(a.touched) > 200 {
		fd, err := a.project.open("", unix.O_RDONLY|unix.O_DIRECTORY)
		if err != nil {
			return err
		}
		defer (&dir{fd}).close()
		return unix.Syncfs(fd)
	}
	for rel := range a.touched {
		fd, err := a.project.open(rel, unix.O_RDONLY|unix.O_DIRECTORY)
		if err != nil {
			continue // gone with its parent, or closed by its own new mode
		}
		err = unix.Fsync(fd)
		(&dir{fd}).close()
		if err != nil {
			return err
		}
	}
	return nil
}

// cachedDirs holds the folder of the last entry open, above and in the project.
type cachedDirs struct {
	rel         string
	up, project *dir
}

func (c *cachedDirs) close() {
	c.up.close()
	c.project.close()
	*c = cachedDirs{}
}
