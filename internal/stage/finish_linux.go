package stage

import (
	"golang.org/x/sys/unix"
)

// makeDir makes a new folder, open to its owner only until all is in it. One
// that someone else made meanwhile is used as it is. Which of the two it is, a
// note tells that is written before the folder has its name.
func (a *applier) makeDir(o *op) error {
	s, err := a.look(o)
	if err != nil {
		return err
	}
	switch {
	case a.ours(o, s.now):
		return nil
	case s.now.Type == Dir:
		_ = unix.Unlinkat(s.project.fd, a.temp(o), unix.AT_REMOVEDIR) // of an earlier attempt
		return nil
	case s.now.Type != Absent:
		return changed()
	}
	tmp := a.temp(o)
	if err := a.step("mkdir"); err != nil {
		return err
	}
	if err := unix.Mkdirat(s.project.fd, tmp, 0o700); err != nil && err != unix.EEXIST {
		return err
	}
	st, err := s.project.stat(tmp)
	if err != nil {
		return err
	}
	if err := a.step("note folder"); err != nil {
		return err
	}
	if err := a.log.note(line{Put: &noted{o.N, st, nil}}); err != nil {
		return err
	}
	if err := a.step("name folder"); err != nil {
		return err
	}
	a.touch(o)
	err = rename(s.project, tmp, s.project, s.name)
	if err == unix.EEXIST {
		_ = unix.Unlinkat(s.project.fd, tmp, unix.AT_REMOVEDIR)
		return a.makeDir(o)
	}
	return err
}

// temp is a name in the project that nobody can have made in advance.
func (a *applier) temp(o *op) string {
	return tempName(a.log.head, o.N)
}

// ours tells whether a folder is the one that makeDir made.
func (a *applier) ours(o *op, now Stat) bool {
	made, ok := a.log.put[o.N]
	return ok && made.Stat.is(now)
}

// finishFolder gives a folder its owner, attributes, time and mode. On a second
// attempt it may be closed to us by its own new mode: then it is finished.
func (a *applier) finishFolder(o *op) error {
	fd, err := a.project.open(o.path(), unix.O_PATH|unix.O_DIRECTORY)
	if err == unix.EACCES && a.resuming {
		return nil
	}
	if err != nil {
		return err
	}
	d := &dir{fd}
	defer d.close()
	st, err := d.self()
	if err != nil {
		return err
	}
	now := toStat(st)
	if o.Do == setMode || o.Do == setAttrs {
		if err := a.folderAttrs(o, now); err != nil {
			return err
		}
		return a.folderMode(o, fd)
	}
	if !a.ours(o, now) {
		return nil
	}
	if err := a.step("finish folder"); err != nil {
		return err
	}
	if err := a.dressFolder(o, fd); err != nil {
		return err
	}
	if err := setMtime(fd, o.Entry.Mtime); err != nil {
		return err
	}
	return unix.Chmod(procFd(fd), o.Entry.Mode)
}

// dressFolder gives a new folder its owner and the attributes of the one above,
// if that is still there.
func (a *applier) dressFolder(o *op, fd int) error {
	if a.asRoot {
		if err := unix.Fchownat(fd, "", int(a.root.UID), int(a.root.GID), unix.AT_EMPTY_PATH); err != nil {
			return err
		}
	}
	from, _, err := a.store.open1(o.path(), 0)
	if err == unix.ENOENT || err == unix.ENOTDIR {
		return nil
	}
	if err == unix.EACCES {
		if err = a.store.openUp(o.path()); err == nil {
			from, _, err = a.store.open1(o.path(), 0)
		}
	}
	if err != nil {
		return err
	}
	defer from.close()
	to, _, err := a.project.open1(o.path(), 0)
	if err != nil {
		return err
	}
	defer to.close()
	return copyXattr(from.fd, to.fd)
}

// openFolder gives us the right to write to a folder that is to get another
// mode, where the old or the new one has not.
func (a *applier) openFolder(o *op) error {
	if a.asRoot || o.Do != setMode || o.Entry.Type != Dir || o.Take.Mode&0o700 == 0o700 || o.Put.Mode&0o700 != 0o700 {
		return nil
	}
	s, err := a.look(o)
	if err != nil || !s.now.same(o.Take) {
		return nil // finishFolder says what is wrong
	}
	if err := a.step("open folder"); err != nil {
		return err
	}
	return unix.Fchmodat(s.project.fd, s.name, o.Take.Mode|0o700, 0)
}

// folderMode changes the mode of a folder of the project.
func (a *applier) folderMode(o *op, fd int) error {
	st, err := (&dir{fd}).self()
	if err != nil {
		return err
	}
	now := toStat(st)
	if !now.is(o.Take) || now.Mode != o.Take.Mode && now.Mode != o.Take.Mode|0o700 && now.Mode != o.Put.Mode {
		return changed()
	}
	if now.Mode == o.Put.Mode {
		return nil
	}
	if err := a.step("chmod folder"); err != nil {
		return err
	}
	return unix.Chmod(procFd(fd), o.Put.Mode)
}

// folderAttrs changes the attributes of a folder of the project.
func (a *applier) folderAttrs(o *op, now Stat) error {
	if o.Entry.Attrs == nil {
		return nil
	}
	if !now.is(o.Take) {
		return changed()
	}
	d, _, err := a.project.open1(o.path(), 0)
	if err != nil {
		return err
	}
	defer d.close()
	has, err := userAttrs(d.fd)
	if err != nil || sameAttrs(has, o.Entry.Attrs.New) {
		return err
	}
	if !a.resuming && !sameAttrs(has, o.Entry.Attrs.Old) {
		return changed()
	}
	if err := a.step("attributes"); err != nil {
		return err
	}
	return giveAttrs(d.fd, has, o.Entry.Attrs.New)
}

// mode changes the mode of a file that is still the one that was read, through
// a descriptor, so that a link put in its place is not followed.
func (a *applier) mode(o *op) error {
	s, err := a.look(o)
	if err != nil {
		return err
	}
	if s.now.same(o.Put) {
		return nil
	}
	if !a.unchanged(s.now, o.Take) {
		return changed()
	}
	fd, err := open2(s.project.fd, s.name, unix.O_PATH|unix.O_NOFOLLOW, beneath)
	if err != nil {
		return err
	}
	f := &dir{fd}
	defer f.close()
	st, err := f.self()
	if err != nil {
		return err
	}
	if !toStat(st).same(o.Take) {
		return changed()
	}
	if err := a.step("chmod"); err != nil {
		return err
	}
	a.moved[o.Take.id()] = true
	return unix.Chmod(procFd(fd), o.Put.Mode)
}
