package stage

import (
	"golang.org/x/sys/unix"
)

// The operations where project and store are on different file systems. What
// goes in is copied to a temporary name beside its place and exchanged there;
// what comes out is then under the temporary name, and is copied to the store.
// Notes in the journal say which copy is ours. Whatever is under the temporary
// name is either that copy, or an unfinished one, or what came out.

// crossed is what stands under the names of one operation.
type crossed struct {
	sides
	tmp     string
	at      Stat // under the temporary name
	put     Stat // our copy, once it is whole
	madeIt  bool // there is such a note
	took    Stat // the copy in the store
	savedIt bool
}

func (a *applier) lookAcross(o *op) (crossed, error) {
	s, err := a.look(o)
	c := crossed{sides: s, tmp: a.temp(o)}
	if err != nil {
		return c, err
	}
	if c.at, err = s.project.stat(c.tmp); err != nil {
		return c, err
	}
	if n, ok := a.log.put[o.N]; ok {
		c.put, c.madeIt = n.Stat, n.Stat.Type != Absent
	}
	if n, ok := a.log.took[o.N]; ok {
		c.took, c.savedIt = n.Stat, true
	}
	return c, nil
}

// cameOut tells whether what is under the temporary name came out of the project.
func (c crossed) cameOut(o *op) bool {
	return c.at.Type != Absent && c.madeIt && !c.put.is(c.at) || o.Do == moveOut && c.at.Type != Absent
}

// across carries out one operation by copying.
func (a *applier) across(o *op) error {
	c, err := a.lookAcross(o)
	if gone(err) && o.Do == moveOut {
		a.nothing[o.N] = true
		return nil
	}
	if err != nil {
		return err
	}
	if c.cameOut(o) {
		return a.save(o, c)
	}
	switch {
	case o.Do == moveOut:
		return a.takeOut(o, c)
	case c.madeIt && c.put.is(c.now):
		return a.leave(o, c)
	case !o.Put.is(c.kept):
		if a.resuming {
			return nil
		}
		return conflict{"no longer where it was kept"}
	case o.Do == moveIn && c.now.Type != Absent:
		if c.now.Type == Dir && o.Put.Type == Dir && !c.madeIt {
			return a.merge(o)
		}
		return a.giveUp(o, c, conflict{"something was made there in the project meanwhile"})
	case o.Do == exchange && !a.unchanged(c.now, o.Take):
		return a.giveUp(o, c, changed())
	}
	if o.Do == exchange {
		if err := a.whole(o, c.sides); err != nil {
			return err
		}
	}
	return a.bringIn(o, c)
}

// bringIn copies what is to go in, and gives it its name.
func (a *applier) bringIn(o *op, c crossed) error {
	if !c.madeIt || !c.put.is(c.at) {
		if err := a.makeCopy(o, c); err != nil {
			return err
		}
	}
	if err := a.step("name copy"); err != nil {
		return err
	}
	a.touch(o)
	a.moved[o.Take.id()] = true
	var err error
	if o.Do == exchange {
		err = swapNames(c.project, c.tmp, c.project, c.name)
	} else {
		err = rename(c.project, c.tmp, c.project, c.name)
	}
	if err != nil && err != unix.EEXIST {
		return err
	}
	if err := c.project.sync(); err != nil {
		return err
	}
	return a.across(o)
}

// makeCopy copies what is to go in to the temporary name, and says which it is.
func (a *applier) makeCopy(o *op, c crossed) error {
	if c.madeIt { // and it is gone: what lies there next is not yet one
		if err := a.log.note(line{Put: &noted{N: o.N}}); err != nil {
			return err
		}
	}
	if err := a.dropTemp(c); err != nil {
		return err
	}
	linked, err := a.linkCopy(o, c)
	if err != nil {
		return err
	}
	if !linked {
		if err := copyTree(c.store, c.name, c.project, c.tmp, a.asRoot, a.step); err != nil {
			if a.step("remove copy") == nil {
				_ = c.project.removeAny(c.tmp) // a disk that is full shall not stay so
			}
			return err
		}
	}
	n, err := c.project.noted(o, c.tmp)
	if err != nil {
		return err
	}
	if err := a.step("note copy"); err != nil {
		return err
	}
	return a.log.note(line{Put: &n})
}

// linkCopy makes a second name for a file that was copied already under another
// of its names.
func (a *applier) linkCopy(o *op, c crossed) (bool, error) {
	if o.Put.Type != File {
		return false, nil
	}
	for i := range a.log.ops {
		b := &a.log.ops[i]
		made, ok := a.log.put[b.N]
		if !ok || b.N == o.N || b.Put.id() != o.Put.id() {
			continue
		}
		d, err := a.project.dir(parent(b.path()))
		if err != nil {
			continue
		}
		now, err := d.stat(base(b.path()))
		if err == nil && now.same(made.Stat) {
			if err = a.step("link copy"); err == nil {
				err = unix.Linkat(d.fd, base(b.path()), c.project.fd, c.tmp, 0)
			}
			d.close()
			return err == nil, err
		}
		d.close()
	}
	return false, nil
}

// noted says what is under a name, for the journal.
func (d *dir) noted(o *op, name string) (noted, error) {
	st, err := d.stat(name)
	n := noted{N: o.N, Stat: st}
	n.Stat.Ctime = 0
	if err == nil && st.Type == Dir {
		n.Marks, err = d.marksOf(name, DefaultMaxEntries)
	}
	return n, err
}

// leave removes the original of a copy that is in its place. In an exchange the
// old one has taken that place already.
func (a *applier) leave(o *op, c crossed) error {
	if o.Do == exchange || !o.Put.is(c.kept) {
		return nil
	}
	if err := a.step("remove original"); err != nil {
		return err
	}
	return c.store.removeAny(c.name)
}

// takeOut moves what is to go out to the temporary name.
func (a *applier) takeOut(o *op, c crossed) error {
	switch {
	case c.savedIt && c.took.is(c.kept):
		return nil
	case c.now.Type == Absent:
		a.nothing[o.N] = true
		return nil
	case !a.unchanged(c.now, o.Take):
		return changed()
	}
	if err := a.whole(o, c.sides); err != nil {
		return err
	}
	if err := a.step("move aside"); err != nil {
		return err
	}
	a.touch(o)
	if err := rename(c.project, c.name, c.project, c.tmp); err != nil {
		return err
	}
	return a.across(o)
}

// save copies what came out to the store, if it is what was read; anything else
// goes back.
func (a *applier) save(o *op, c crossed) error {
	if c.savedIt && c.took.is(c.kept) { // only the removal is left
		return a.removeSaved(o, c)
	}
	ok, err := a.matches(c.project, c.tmp, o.Take, o.TakeMarks)
	if err != nil {
		return err
	}
	if !ok {
		return a.goBack(o, c)
	}
	if c.store, err = a.makeRoom2(o); err != nil {
		return err
	}
	if err := c.store.removeAny(c.tmp); err != nil {
		return err
	}
	if err := copyTree(c.project, c.tmp, c.store, c.tmp, a.asRoot, a.step); err != nil {
		return err
	}
	n, err := c.store.noted(o, c.tmp)
	if err != nil {
		return err
	}
	if err := a.step("note saved"); err != nil {
		return err
	}
	if err := a.log.note(line{Took: &n}); err != nil {
		return err
	}
	if err := a.step("name saved"); err != nil {
		return err
	}
	if err := c.store.removeAny(c.name); err != nil { // the original of what went in
		return err
	}
	if err := rename(c.store, c.tmp, c.store, c.name); err != nil {
		return err
	}
	if err := c.store.sync(); err != nil {
		return err
	}
	return a.removeSaved(o, c)
}

// makeRoom2 is makeRoom where the name may still hold what went in.
func (a *applier) makeRoom2(o *op) (*dir, error) {
	if o.Do == exchange {
		return a.storeDir(parent(o.path()))
	}
	return a.makeRoom(o)
}

func (a *applier) removeSaved(o *op, c crossed) error {
	if err := a.step("remove saved"); err != nil {
		return err
	}
	return c.project.removeAny(c.tmp)
}

// goBack puts back what came out of the project and was not what was read.
func (a *applier) goBack(o *op, c crossed) error {
	if err := a.step("move back"); err != nil {
		return err
	}
	if o.Do == moveOut {
		if err := rename(c.project, c.tmp, c.project, c.name); err == unix.EEXIST {
			return conflict{"changed twice in the project meanwhile; the first version is kept as " + c.tmp}
		} else if err != nil {
			return err
		}
		return changed()
	}
	if !c.put.is(c.now) { // theirs stands there already; what came out was theirs too
		return conflict{"changed twice in the project meanwhile; the first version is kept as " + c.tmp}
	}
	if err := swapNames(c.project, c.tmp, c.project, c.name); err != nil {
		return err
	}
	return a.giveUp(o, c, changed())
}

// giveUp removes our copy after a conflict.
func (a *applier) giveUp(o *op, c crossed, why error) error {
	if at, err := c.project.stat(c.tmp); err != nil || c.madeIt && !c.put.is(at) {
		return why
	}
	if err := a.step("remove copy"); err != nil {
		return err
	}
	if err := c.project.removeAny(c.tmp); err != nil {
		return err
	}
	return why
}

// dropTemp removes an unfinished copy, or one that did not come to its place.
func (a *applier) dropTemp(c crossed) error {
	if c.at.Type == Absent {
		return nil
	}
	if err := a.step("remove copy"); err != nil {
		return err
	}
	return c.project.removeAny(c.tmp)
}

// removeAny removes a name of ours and all below it.
func (d *dir) removeAny(name string) error {
	err := unix.Unlinkat(d.fd, name, 0)
	if err == unix.EISDIR || err == unix.EPERM {
		return d.remove(name)
	}
	if err == unix.ENOENT {
		return nil
	}
	return err
}
