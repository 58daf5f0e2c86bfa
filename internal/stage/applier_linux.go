package stage

import (
	"errors"
	"io/fs"

	"golang.org/x/sys/unix"
)

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
	if err := makeOwn(o.Dirs.Held); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
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
		if e.Applies() {
			n++
		}
	}
	return n
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
