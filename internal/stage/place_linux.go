package stage

import (
	"context"

	"golang.org/x/sys/unix"
)

// placeAll does what was added or modified, and the modes of files.
func (a *applier) placeAll(ctx context.Context) error {
	for i, e := range a.rec.Entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		if !e.Applies() || e.Action == Deleted {
			continue
		}
		if e.replacesDir() { // its old content has to go first
			if err := a.deleteRange(ctx, i+1, len(a.rec.Entries), string(e.Path)+"/"); err != nil {
				return err
			}
		}
		if err := a.try(i, a.place); err != nil {
			return err
		}
	}
	return nil
}

// place puts one entry into the project.
func (a *applier) place(i int) error {
	e := a.rec.Entries[i]
	switch {
	case e.Action == Mode && e.Type == Dir:
		return nil // with the folders
	case e.Action == Mode:
		return a.mode(e)
	case e.Type == Dir:
		return a.makeDir(i, e)
	}
	return a.placeFile(i, e)
}

// look opens the folder of an entry in the project and says what is there.
func (a *applier) look(e Entry) (*dir, Stat, error) {
	rel := parent(string(e.Path))
	a.enter(rel)
	if a.at.project == nil {
		d, err := a.project.dir(rel)
		if err != nil {
			return nil, Stat{}, err
		}
		a.at.project = d
	}
	st, err := a.at.project.stat(base(string(e.Path)))
	return a.at.project, st, err
}

// above opens the folder of an entry in the upper directory; nil when it is
// gone.
func (a *applier) above(e Entry) (*dir, error) {
	rel := parent(string(e.Path))
	a.enter(rel)
	if a.at.up == nil {
		d, err := a.upper.dir(rel)
		if err == unix.ENOENT {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		a.at.up = d
	}
	return a.at.up, nil
}

// enter makes rel the folder whose descriptors are kept.
func (a *applier) enter(rel string) {
	if a.at.rel != rel {
		a.at.close()
		a.at.rel = rel
	}
}

// mode changes the mode of a file that is still the one that was read.
func (a *applier) mode(e Entry) error {
	d, now, err := a.look(e)
	if err != nil {
		return err
	}
	want := e.Lower
	want.Mode = e.Mode
	if now.same(want) {
		return nil
	}
	if !now.same(e.Lower) {
		return changed()
	}
	return a.chmod(d, base(string(e.Path)), now, e.Mode)
}

// chmod changes the mode of exactly the file that was looked at, through a
// descriptor, so that a link put in its place is not followed.
func (a *applier) chmod(d *dir, name string, was Stat, mode uint32) error {
	fd, err := open2(d.fd, name, unix.O_PATH|unix.O_NOFOLLOW, beneath)
	if err != nil {
		return err
	}
	f := &dir{fd}
	defer f.close()
	st, err := f.self()
	if err != nil {
		return err
	}
	if toStat(st).Ino != was.Ino || toStat(st).Type != was.Type {
		return changed()
	}
	if err := a.step("chmod"); err != nil {
		return err
	}
	return unix.Chmod(procFd(fd), mode)
}

// makeDir makes a new folder, open to its owner only until all is in it. One
// that someone else made meanwhile is used as it is.
func (a *applier) makeDir(i int, e Entry) error {
	d, now, err := a.look(e)
	if err != nil {
		return err
	}
	name := base(string(e.Path))
	if now.Type == Dir {
		a.theirs[i] = !a.resuming
		return nil
	}
	if now.Type != Absent {
		if !now.same(e.Lower) {
			return changed()
		}
		if err := a.step("unlink"); err != nil {
			return err
		}
		if err := unix.Unlinkat(d.fd, name, 0); err != nil {
			return err
		}
	} else if e.Lower.Type != Absent && !a.resuming {
		return changed()
	}
	if err := a.step("mkdir"); err != nil {
		return err
	}
	a.touch(e)
	return unix.Mkdirat(d.fd, name, 0o700)
}

// touch notes that names in an entry's folder change.
func (a *applier) touch(e Entry) {
	a.touched[parent(string(e.Path))] = true
}
