package stage

import (
	"golang.org/x/sys/unix"
)

// in moves what the store has into the project, where nothing may be.
func (a *applier) in(o *op) error {
	s, err := a.look(o)
	if err != nil {
		return err
	}
	switch {
	case !o.Put.is(s.kept):
		if a.resuming || o.Put.is(s.now) {
			return nil // done by an earlier attempt, and perhaps changed since
		}
		return conflict{"no longer where it was kept"}
	case s.now.Type != Absent:
		return a.occupied(o, s)
	}
	if err := a.step("move in"); err != nil {
		return err
	}
	a.touch(o)
	err = rename(s.store, s.name, s.project, s.name)
	if err == unix.EEXIST {
		return a.occupied(o, s)
	}
	return err
}

// occupied is for a name that somebody made meanwhile. Of two folders the
// contents come together.
func (a *applier) occupied(o *op, s sides) error {
	if now, err := s.project.stat(s.name); err == nil && now.Type == Dir && o.Put.Type == Dir {
		return a.merge(o)
	}
	return conflict{"something was made there in the project meanwhile"}
}

// out moves what is in the project to the store. It is looked at once more when
// it is there: between looking and moving somebody may have changed it.
func (a *applier) out(o *op) error {
	s, err := a.look(o)
	if gone(err) {
		a.nothing[o.N] = true
		return nil // gone with its folder
	}
	if err != nil {
		return err
	}
	switch {
	case o.Take.is(s.kept):
		return a.checkOut(o, s)
	case s.now.Type == Absent && s.kept.Type == Absent:
		a.nothing[o.N] = true
		return nil
	case s.kept.Type != Absent && s.now.Type == Absent && a.resuming:
		return a.checkOut(o, s)
	case !a.unchanged(s.now, o.Take):
		return changed()
	}
	if err := a.whole(o, s); err != nil {
		return err
	}
	if s.store, err = a.makeRoom(o); err != nil {
		return err
	}
	if err := a.step("move out"); err != nil {
		return err
	}
	a.touch(o)
	if err := rename(s.project, s.name, s.store, s.name); err != nil {
		return err
	}
	return a.checkOut(o, s)
}

// checkOut compares what came out of the project with what was read, and puts
// anything else back.
func (a *applier) checkOut(o *op, s sides) error {
	ok, err := a.matches(s.store, s.name, o.Take, o.TakeMarks)
	if err != nil || ok {
		return err
	}
	if err := a.step("move back"); err != nil {
		return err
	}
	err = rename(s.store, s.name, s.project, s.name)
	if err == unix.EEXIST {
		return conflict{"changed twice in the project meanwhile; the first version is kept in " + a.names.store}
	}
	if err != nil {
		return err
	}
	return changed()
}

// swap exchanges the two. What comes out is compared with what was read; if it
// is anything else, the exchange is taken back.
func (a *applier) swap(o *op) error {
	s, err := a.look(o)
	if err != nil {
		return err
	}
	switch {
	case o.Take.is(s.kept), s.kept.Type != Absent && !o.Put.is(s.kept) && o.Put.is(s.now):
		return a.checkSwap(o, s)
	case !o.Put.is(s.kept):
		return conflict{"no longer where it was kept"}
	case !a.unchanged(s.now, o.Take):
		return changed()
	}
	if err := a.whole(o, s); err != nil {
		return err
	}
	if err := a.step("exchange"); err != nil {
		return err
	}
	a.touch(o)
	a.moved[o.Take.id()] = true
	if err := swapNames(s.store, s.name, s.project, s.name); err != nil {
		return err
	}
	return a.checkSwap(o, s)
}

// checkSwap is the look at what came out. Whoever keeps changing the file may
// meet the way back as well: it is gone until ours has come out.
func (a *applier) checkSwap(o *op, s sides) error {
	ok, err := a.matches(s.store, s.name, o.Take, o.TakeMarks)
	if err != nil || ok {
		return err
	}
	for range 100 {
		now, err := s.project.stat(s.name)
		if err != nil {
			return err
		}
		if !o.Put.is(now) {
			return changed() // theirs stands there, whatever we put there before
		}
		if err := a.step("exchange back"); err != nil {
			return err
		}
		if err := swapNames(s.store, s.name, s.project, s.name); err != nil {
			return err
		}
		if out, err := s.store.stat(s.name); err != nil || o.Put.is(out) {
			return orConflict(err, changed().why)
		}
		// Something newer came out: the older must not stand in its place.
		if err := swapNames(s.store, s.name, s.project, s.name); err != nil {
			return err
		}
	}
	return changed()
}

// unchanged tells whether what is in the project is still what was read.
func (a *applier) unchanged(now, read Stat) bool {
	if !now.same(read) {
		return false
	}
	known := read.Ctime != 0 && now.Type != Dir && !a.resuming && !a.moved[now.id()]
	return !known || now.Ctime == read.Ctime
}

// whole compares a folder of the project with what is known of its content.
// Applying has just read it; undoing may come much later.
func (a *applier) whole(o *op, s sides) error {
	if !a.undo || o.Take.Type != Dir {
		return nil
	}
	ok, err := a.matches(s.project, s.name, o.Take, o.TakeMarks)
	if err != nil || ok {
		return err
	}
	return a.part(o)
}

// matches tells whether a name is a file as it was, or a folder with all that
// was in it and nothing else.
func (a *applier) matches(d *dir, name string, want Stat, m marks) (bool, error) {
	now, err := d.stat(name)
	if err != nil || !now.same(want) {
		return false, err
	}
	if now.Type != Dir {
		a.moved[now.id()] = true
		return true, nil
	}
	got, err := d.marksOf(name, m.count()+1)
	if err != nil {
		return false, err
	}
	return got.equal(m), nil
}

// makeRoom opens the folder in the store that is to take an operation's name,
// and takes away the mark that stands for the deleted one.
func (a *applier) makeRoom(o *op) (*dir, error) {
	d, err := a.storeDir(parent(o.path()))
	if err != nil {
		return nil, err
	}
	if d == nil {
		if err := a.makeStore(parent(o.path())); err != nil {
			return nil, err
		}
		if d, err = a.storeDir(parent(o.path())); err != nil || d == nil {
			return nil, orConflict(err, "there is no folder to keep it in")
		}
	}
	st, err := d.raw(base(o.path()))
	if err == unix.ENOENT {
		return d, nil
	}
	if err != nil || !isWhiteout(st) {
		return nil, orConflict(err, "its place in "+a.names.store+" is taken")
	}
	if err := a.step("unlink whiteout"); err != nil {
		return nil, err
	}
	return d, unix.Unlinkat(d.fd, base(o.path()), 0)
}

// makeStore makes a folder in the store, and those above it.
func (a *applier) makeStore(rel string) error {
	if rel == "" {
		return nil
	}
	if err := a.makeStore(parent(rel)); err != nil {
		return err
	}
	d, err := a.store.dir(parent(rel))
	if err != nil {
		return err
	}
	defer d.close()
	st, err := d.raw(base(rel))
	if err == nil && isWhiteout(st) {
		if err := unix.Unlinkat(d.fd, base(rel), 0); err != nil {
			return err
		}
	} else if err == nil || err != unix.ENOENT {
		return err
	}
	if err := a.step("mkdir store"); err != nil {
		return err
	}
	return unix.Mkdirat(d.fd, base(rel), 0o700)
}

func gone(err error) bool { return err == unix.ENOENT || err == unix.ENOTDIR }
