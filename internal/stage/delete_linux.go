package stage

import (
	"context"
	"strings"

	"golang.org/x/sys/unix"
)

// deleteAll removes what the agent removed, children before parents.
func (a *applier) deleteAll(ctx context.Context) error {
	return a.deleteRange(ctx, 0, len(a.rec.Entries), "")
}

// deleteRange does it for the entries from i to end that begin with prefix;
// they stand together.
func (a *applier) deleteRange(ctx context.Context, i, end int, prefix string) error {
	last := i
	for last < end && strings.HasPrefix(string(a.rec.Entries[last].Path), prefix) {
		last++
	}
	for j := last - 1; j >= i; j-- {
		if err := ctx.Err(); err != nil {
			return err
		}
		e := a.rec.Entries[j]
		if e.Class != Ordinary || e.Action != Deleted {
			continue
		}
		if err := a.try(j, a.delete); err != nil {
			return err
		}
	}
	return nil
}

// delete removes one name if it is still what was read.
func (a *applier) delete(i int) error {
	e := a.rec.Entries[i]
	d, now, err := a.look(e)
	if err == unix.ENOENT || err == unix.ENOTDIR || err == nil && now.Type == Absent {
		return nil // gone, or its folder is a file by now
	}
	if err != nil {
		return err
	}
	if e.Lower.Type == Dir && now.Type != Dir || e.Lower.Type != Dir && !now.same(e.Lower) {
		return changed()
	}
	flags := 0
	if now.Type == Dir {
		flags = unix.AT_REMOVEDIR
	}
	if err := a.step("unlink"); err != nil {
		return err
	}
	a.touch(e)
	err = unix.Unlinkat(d.fd, base(string(e.Path)), flags)
	if err == unix.EACCES && a.openDoomed(d, e) {
		err = unix.Unlinkat(d.fd, base(string(e.Path)), flags)
	}
	return err
}

// openDoomed makes a folder writable that is to be deleted itself, as rm does
// for a person who owns a read-only folder.
func (a *applier) openDoomed(d *dir, e Entry) bool {
	up := parent(string(e.Path))
	for _, f := range a.rec.Entries {
		if string(f.Path) == up && f.Action == Deleted && f.Class == Ordinary {
			return unix.Chmod(procFd(d.fd), 0o700) == nil
		}
	}
	return false
}

// finishFolders gives folders their mode, owner and time, children first.
func (a *applier) finishFolders(ctx context.Context) error {
	for i := len(a.rec.Entries) - 1; i >= 0; i-- {
		if err := ctx.Err(); err != nil {
			return err
		}
		e := a.rec.Entries[i]
		_, failed := a.held[i]
		if e.Class != Ordinary || e.Type != Dir || e.Action == Deleted || failed || a.theirs[i] {
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
