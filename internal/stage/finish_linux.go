package stage

import (
	"context"

	"golang.org/x/sys/unix"
)

// finishFolders gives folders their mode, owner and time, children first.
func (a *applier) finishFolders(ctx context.Context) error {
	for i := len(a.rec.Entries) - 1; i >= 0; i-- {
		if err := ctx.Err(); err != nil {
			return err
		}
		e := a.rec.Entries[i]
		_, failed := a.held[i]
		if !e.Applies() || e.Type != Dir || e.Action == Deleted || failed || a.theirs[i] {
			continue
		}
		a.done[i] = false
		if err := a.try(i, a.finishFolder); err != nil {
			return err
		}
	}
	return nil
}

// finishFolder does it for one. On a second attempt a folder may be closed to
// us by its own new mode: then it, and all in it, was finished by the first.
func (a *applier) finishFolder(i int) error {
	e := a.rec.Entries[i]
	fd, err := a.project.open(string(e.Path), unix.O_PATH|unix.O_DIRECTORY)
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
	if e.Action == Mode {
		return a.folderMode(e, fd, toStat(st))
	}
	if err := a.chownFolder(e, fd); err != nil {
		return err
	}
	if err := a.step("chmod folder"); err != nil {
		return err
	}
	if err := a.folderXattr(e); err != nil {
		return err
	}
	if err := setMtime(fd, e.Mtime); err != nil {
		return err
	}
	return unix.Chmod(procFd(fd), e.Mode)
}

// folderMode changes the mode of a folder of the project.
func (a *applier) folderMode(e Entry, fd int, now Stat) error {
	if now.Mode == e.Mode {
		return nil
	}
	if !now.same(e.Lower) {
		return changed()
	}
	if err := a.step("chmod folder"); err != nil {
		return err
	}
	return unix.Chmod(procFd(fd), e.Mode)
}

// chownFolder gives a new folder the owner of the project.
func (a *applier) chownFolder(e Entry, fd int) error {
	if !a.asRoot {
		return nil
	}
	if err := a.step("chown folder"); err != nil {
		return err
	}
	return unix.Fchownat(fd, "", int(a.root.UID), int(a.root.GID), unix.AT_EMPTY_PATH)
}

// folderXattr gives a new folder the user's attributes of the one above, if
// that is still there.
func (a *applier) folderXattr(e Entry) error {
	up, err := a.upper.dir(string(e.Path))
	if err == unix.ENOENT {
		return nil
	}
	if err != nil {
		return err
	}
	defer up.close()
	from, err := open2(up.fd, ".", unix.O_RDONLY|unix.O_DIRECTORY, beneath)
	if err != nil {
		return err
	}
	defer (&dir{from}).close()
	to, err := a.project.open(string(e.Path), unix.O_RDONLY|unix.O_DIRECTORY)
	if err != nil {
		return err
	}
	defer (&dir{to}).close()
	return copyXattr(from, to)
}
