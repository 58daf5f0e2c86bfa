package stage

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// Copy is a tree in which the agent works where no overlay can be had: the
// project, copied. It knows the state of every file as it was copied, so that
// what changed since, on either side, is found without reading any.
type Copy struct {
	o     TreeOptions
	known map[string]known
	usage Usage
	fresh bool
	began time.Time // of the last Update
}

// known is one name of the copy, as both sides were when it was made.
type known struct{ source, copy signature }

// NewCopy makes nothing yet: Update does.
func NewCopy(o TreeOptions) *Copy { return &Copy{o: o} }

// Path is the folder that stands for the project.
func (c *Copy) Path() string { return filepath.Join(c.o.Dir, copyName) }

// Usage is what the copy took when it was last made or updated.
func (c *Copy) Usage() Usage { return c.usage }

// tick is longer than the grain of the file system's clock. A file that is
// changed sooner than that after it was copied could keep its signature.
const tick = 11 * time.Millisecond

// Update makes the copy what the project is now. The first call copies all of
// it; a later one only what changed in the project, or in the copy. No process
// may work in the copy meanwhile.
func (c *Copy) Update(ctx context.Context) error {
	c.fresh, c.began = false, time.Now()
	if err := makeOwn(c.Path()); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("copy the project: %w", err)
	}
	u := &updater{Copy: c, next: make(map[string]known, len(c.known)), links: map[ID][]string{}, told: time.Now()}
	err := u.run(ctx)
	c.known, c.usage = u.next, u.usage
	if err != nil {
		return fmt.Errorf("copy the project to %s: %w", printable(c.Path()), err)
	}
	if u.copied > 0 {
		time.Sleep(tick)
	}
	c.fresh = true
	return nil
}

// Begin makes the copy ready to be worked in, unless Update just has. It returns
// the time before which it stands for the project: what changes there later is
// not in it.
func (c *Copy) Begin(ctx context.Context) (time.Time, error) {
	if !c.fresh {
		if err := c.Update(ctx); err != nil {
			return time.Time{}, err
		}
	}
	c.fresh = false
	return c.began, nil
}

// KeepWhole moves all of the copy to an iteration's folder, where its changes
// could not be taken out of it. The next Update begins anew.
func (c *Copy) KeepWhole(d Dirs) (string, error) {
	to := filepath.Join(d.Iter, copyName)
	c.known = nil
	return to, unix.Rename(c.Path(), to)
}

// Remove takes the copy away. No process may work in it.
func (c *Copy) Remove() error { return DropCopy(c.o.Dir) }

// DropCopy removes the copy of a run that was cut short, if there is one.
func DropCopy(runDir string) error {
	t, err := openTree(runDir)
	if errors.Is(err, unix.ENOENT) {
		return nil
	}
	if err != nil {
		return err
	}
	defer t.close()
	return (&dir{t.fd}).remove(copyName)
}

// updater is one call of Update.
type updater struct {
	*Copy
	project *tree
	tree    *upperTree
	next    map[string]known
	usage   Usage
	links   map[ID][]string // a file of the project with several names, to those in the copy
	queue   []string
	folders []copiedFolder
	seen    int
	copied  int
	bytes   int64
	told    time.Time
}

// copiedFolder is one whose own attributes are set when all is in it.
type copiedFolder struct {
	rel string
	st  unix.Stat_t // of the project's
	set bool
}

func (u *updater) run(ctx context.Context) error {
	var err error
	if u.project, err = openProject(u.o.Project, u.o.ProjectID); err != nil {
		return err
	}
	defer u.project.close()
	if u.tree, err = openUpper(u.Path()); err != nil {
		return err
	}
	defer u.tree.close()
	top, err := (&dir{u.project.fd}).self()
	if err != nil {
		return err
	}
	u.folders = []copiedFolder{{st: top, set: true}}
	u.queue = []string{""}
	for len(u.queue) > 0 {
		rel := u.queue[len(u.queue)-1]
		u.queue = u.queue[:len(u.queue)-1]
		if err := errors.Join(ctx.Err(), u.folder(ctx, rel)); err != nil {
			return fmt.Errorf("%s: %w", printable(join(rel, ".")), err)
		}
	}
	return u.finishFolders()
}

// folder goes over one folder of the project. One that is closed to whoever
// calls stays empty, and so does one on which something is mounted.
func (u *updater) folder(ctx context.Context, rel string) error {
	names, more, err := u.project.list(rel, maxTree-u.seen)
	if err == unix.EACCES || err == unix.EXDEV || err == unix.ENOENT {
		names, err = nil, nil
	}
	if u.seen += len(names); err == nil && (more || levels(rel) > maxLevel) {
		err = fmt.Errorf("more than %d names, or folders deeper than %d", maxTree, maxLevel)
	}
	if err != nil {
		return err
	}
	to, err := u.tree.dir(rel)
	if err != nil {
		return err
	}
	defer to.close()
	if err := u.dropOthers(rel, to, names); err != nil || len(names) == 0 {
		return err
	}
	from, err := u.project.dir(rel)
	if err != nil {
		return err
	}
	defer from.close()
	for _, n := range names {
		if err := u.name(ctx, from, to, rel, n); err != nil {
			return fmt.Errorf("%s: %w", printable(n), err)
		}
	}
	return nil
}

// dropOthers removes from a folder of the copy what the project has not.
func (u *updater) dropOthers(rel string, to *dir, names []string) error {
	if len(u.known) == 0 {
		return nil
	}
	have, _, err := u.tree.list(rel, maxTree)
	if err != nil {
		return err
	}
	keep := make(map[string]bool, len(names))
	for _, n := range names {
		keep[n] = true
	}
	for _, n := range have {
		if !keep[n] {
			if err := to.removeAny(n); err != nil {
				return err
			}
		}
	}
	return nil
}
