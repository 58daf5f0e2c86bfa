package stage

import (
	"errors"
	"io/fs"

	"golang.org/x/sys/unix"
)

// applier carries out the operations of one journal.
type applier struct {
	o        Options
	names    names
	log      *journal
	iter     *dir
	heldAt   *dir
	store    *upperTree
	project  *tree
	root     Stat // of the project, for the owner of new files
	asRoot   bool
	inOrder  bool // all is on one file system, which keeps changes of names in order
	undo     bool // an earlier transaction is undone: nothing is held
	accept   bool // what was held is brought in
	resuming bool // an earlier attempt was cut short
	copy     bool // renaming between store and project does not work

	why     map[int]string  // by operation: a conflict
	nothing map[int]bool    // by operation: there was nothing left to do
	moved   map[ID]bool     // files whose status we changed ourselves
	touched map[string]bool // folders of the project to be synced
	at      cachedDirs      // the folders of the last operation
}

// newApplier opens everything that is needed, and changes nothing.
func newApplier(o Options, n names, log *journal) (*applier, error) {
	a := &applier{
		o: o, names: n, log: log, copy: o.copy || log.copy, asRoot: unix.Geteuid() == 0, undo: log.head.Undo != "", accept: log.head.Accept,
		why: map[int]string{}, nothing: map[int]bool{}, moved: map[ID]bool{}, touched: map[string]bool{},
	}
	if err := a.open(); err != nil {
		a.close()
		return nil, err
	}
	return a, nil
}

func (a *applier) open() error {
	iter, err := openTree(a.o.Dirs.Iter)
	if err != nil {
		return err
	}
	a.iter = &dir{iter.fd}
	if a.heldAt, err = a.iter.makeEnter(heldName); err != nil {
		return err
	}
	if err := a.openStore(); err != nil {
		return err
	}
	if a.project, err = openProject(string(a.log.head.Project), a.log.head.ProjectID); err != nil {
		return err
	}
	st, err := (&dir{a.project.fd}).self()
	a.root = toStat(st)
	if err == nil && !a.copy {
		own, err := a.iter.self()
		a.inOrder = err == nil && own.Dev == st.Dev && a.iter.ordered()
	}
	return err
}

// openStore opens the folder that the project exchanges files with. That of
// applying an iteration is called upper until all is done.
func (a *applier) openStore() error {
	name := a.names.store
	if there, err := a.iter.exists(name); err != nil {
		return err
	} else if !there && name == beforeName {
		name = upperName
	}
	t, err := (&tree{fd: a.iter.fd}).dir(name)
	if err != nil {
		return err
	}
	a.store = &upperTree{tree: &tree{fd: t.fd}}
	return nil
}

// makeEnter opens a folder of ours, and makes it where it is not there.
func (d *dir) makeEnter(name string) (*dir, error) {
	if err := unix.Mkdirat(d.fd, name, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	return d.enter(name)
}

func (a *applier) close() {
	a.at.close()
	if a.project != nil {
		a.project.close()
	}
	if a.store != nil {
		a.store.close()
	}
	a.log.close()
	a.heldAt.close()
	a.iter.close()
}

// step stands before every change, for the crash tests.
func (a *applier) step(op string) error {
	if a.o.hook == nil {
		return nil
	}
	return a.o.hook(op)
}

// cachedDirs holds the folder of the last operation open, in the store and in
// the project.
type cachedDirs struct {
	rel            string
	store, project *dir
}

func (c *cachedDirs) close() {
	c.store.close()
	c.project.close()
	*c = cachedDirs{}
}

// enter makes rel the folder whose descriptors are kept.
func (a *applier) enter(rel string) {
	if a.at.rel != rel {
		a.at.close()
		a.at.rel = rel
	}
}

// sides is where the name of one operation stands.
type sides struct {
	name    string
	project *dir
	store   *dir // nil: the store has no such folder
	now     Stat // in the project
	kept    Stat // in the store
}

// look opens the folders of an operation and says what is there.
func (a *applier) look(o *op) (sides, error) {
	rel, name := parent(o.path()), base(o.path())
	a.enter(rel)
	var err error
	if a.at.project == nil {
		if a.at.project, err = a.project.dir(rel); err != nil {
			return sides{}, err
		}
	}
	s := sides{name: name, project: a.at.project}
	if s.now, err = s.project.stat(name); err != nil {
		return s, err
	}
	if s.store, err = a.storeDir(rel); err != nil || s.store == nil {
		return s, err
	}
	s.kept, err = s.store.statKept(name)
	return s, err
}

// statKept is stat in the store, where the mark of a deleted name is nothing.
func (d *dir) statKept(name string) (Stat, error) {
	st, err := d.raw(name)
	if err == unix.ENOENT || err == nil && isWhiteout(st) {
		return Stat{}, nil
	}
	if err != nil {
		return Stat{}, err
	}
	return toStat(st), nil
}

// storeDir opens a folder in the store; nil when there is none.
func (a *applier) storeDir(rel string) (*dir, error) {
	a.enter(rel)
	if a.at.store != nil {
		return a.at.store, nil
	}
	d, err := a.store.dir(rel)
	if err == unix.ENOENT || err == unix.ENOTDIR {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	a.at.store = d
	return d, nil
}

// touch notes that names in an operation's folder change.
func (a *applier) touch(o *op) { a.touched[parent(o.path())] = true }
