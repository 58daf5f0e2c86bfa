package stage

import (
	"context"

	"golang.org/x/sys/unix"
)

// placeFile puts a file or a link over what is in the project. Where nothing
// is left in the upper directory, an earlier attempt has done it.
func (a *applier) placeFile(i int, e Entry) error {
	up, err := a.above(e)
	if err != nil {
		return err
	}
	name := base(string(e.Path))
	if a.resuming {
		if kept, err := a.heldAt.exists(heldFile(i)); err != nil || kept {
			return orConflict(err, "held by an earlier attempt")
		}
	}
	var us Stat
	if up != nil {
		if us, err = up.stat(name); err != nil {
			return err
		}
	}
	if us.Type == Absent && a.resuming {
		return nil
	}
	if us.Type != e.Type {
		return conflict{"no longer in the upper directory"}
	}
	d, now, err := a.look(e)
	if err != nil {
		return err
	}
	if !a.free(e, now) {
		return a.alreadyThere(e, up, d, now)
	}
	return a.put(e, up, d, now)
}

func orConflict(err error, why string) error {
	if err != nil {
		return err
	}
	return conflict{why}
}

// free tells whether what is in the project may be replaced: it is what was
// read, or an earlier attempt has removed it already.
func (a *applier) free(e Entry, now Stat) bool {
	return now.same(e.Lower) || now.Type == Absent && a.resuming
}

// alreadyThere is for an attempt that was cut short between copying a file and
// removing it from the upper directory: the project has the agent's version.
func (a *applier) alreadyThere(e Entry, up, d *dir, now Stat) error {
	if !a.resuming || now.Type != e.Type {
		return changed()
	}
	name := base(string(e.Path))
	if e.Type == Symlink {
		text, err := d.readlink(name)
		if err != nil || text != string(e.Target) {
			return changed()
		}
	} else {
		same, err := sameContent(context.Background(), up, d, name)
		if err != nil || !same || now.Mode != e.Mode {
			return changed()
		}
	}
	return a.unlinkUpper(up, name)
}

// put replaces what is in the project by the file above: by a rename, or by a
// copy where the two are on different file systems.
func (a *applier) put(e Entry, up, d *dir, now Stat) error {
	if err := a.dress(e, up); err != nil {
		return err
	}
	name := base(string(e.Path))
	if now.Type == Dir {
		if err := a.step("rmdir"); err != nil {
			return err
		}
		if err := unix.Unlinkat(d.fd, name, unix.AT_REMOVEDIR); err != nil {
			return err
		}
		now = Stat{}
	}
	a.touch(e)
	if !a.copy {
		if err := a.step("rename"); err != nil {
			return err
		}
		err := rename(up, name, d, name, now.Type == Absent)
		if err != unix.EXDEV {
			return err
		}
		a.copy = true
	}
	if err := a.putCopy(e, up, d, now.Type == Absent); err != nil {
		return err
	}
	return a.unlinkUpper(up, name)
}

func (a *applier) unlinkUpper(up *dir, name string) error {
	if err := a.step("unlink upper"); err != nil {
		return err
	}
	return unix.Unlinkat(up.fd, name, 0)
}

// rename moves a name; with fresh it replaces nothing, where the file system
// can promise that.
func rename(from *dir, name string, to *dir, as string, fresh bool) error {
	if !fresh {
		return unix.Renameat(from.fd, name, to.fd, as)
	}
	err := unix.Renameat2(from.fd, name, to.fd, as, unix.RENAME_NOREPLACE)
	if err != unix.EINVAL && err != unix.ENOSYS {
		return err
	}
	if now, err := to.stat(as); err != nil || now.Type != Absent {
		return orConflict(err, "something was made there in the project meanwhile")
	}
	return unix.Renameat(from.fd, name, to.fd, as)
}

// dress makes the file above look as it shall in the project: no attributes of
// the overlay, the right owner, the right mode.
func (a *applier) dress(e Entry, up *dir) error {
	name := base(string(e.Path))
	at, err := up.attrsOf(name)
	if err != nil {
		return err
	}
	if err := a.stripMarkers(e, up, name, at.markers); err != nil {
		return err
	}
	if err := a.chown(e, up.fd, name); err != nil {
		return err
	}
	now, err := up.raw(name)
	if err != nil || e.Type == Symlink || now.Mode&0o7777 == e.Mode {
		return err
	}
	if err := a.step("chmod upper"); err != nil {
		return err
	}
	return unix.Fchmodat(up.fd, name, e.Mode, 0)
}

// stripMarkers takes off overlayfs' attributes. A file that its owner may not
// write is made writable for that; dress puts the mode right.
func (a *applier) stripMarkers(e Entry, up *dir, name string, markers []string) error {
	if len(markers) > 0 && !a.asRoot && e.Type == File && e.Mode&0o200 == 0 {
		if err := unix.Fchmodat(up.fd, name, e.Mode|0o600, 0); err != nil {
			return err
		}
	}
	for _, m := range markers {
		if err := a.step("removexattr"); err != nil {
			return err
		}
		if err := unix.Lremovexattr(up.proc(name), m); err != nil && err != unix.ENODATA {
			return err
		}
	}
	return nil
}

// chown gives a file the owner of what it replaces, or of the project. Only
// root can; for everyone else the files are their own already.
func (a *applier) chown(e Entry, at int, name string) error {
	if !a.asRoot {
		return nil
	}
	uid, gid := a.root.UID, a.root.GID
	if e.Lower.Type != Absent {
		uid, gid = e.Lower.UID, e.Lower.GID
	}
	st, err := (&dir{at}).raw(name)
	if err != nil || st.Uid == uid && st.Gid == gid {
		return err
	}
	if err := a.step("chown"); err != nil {
		return err
	}
	return unix.Fchownat(at, name, int(uid), int(gid), unix.AT_SYMLINK_NOFOLLOW)
}
