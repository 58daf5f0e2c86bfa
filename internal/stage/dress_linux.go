package stage

import (
	"golang.org/x/sys/unix"
)

// dress makes the files above look as they shall in the project: no attributes
// of the overlay, the right owner, the right mode. It comes before the journal
// is written: until then only what is ours was changed, and none of it means
// anything else than before.
func (a *applier) dress(c *Changeset) error {
	for i := range a.log.ops {
		if o := &a.log.ops[i]; o.Do == exchange && o.Put.Type == Dir || o.Do == moveIn {
			if err := a.dressAll(c, o); err != nil {
				return err
			}
		} else if o.Do == exchange {
			if err := a.dressOne(&o.Entry, o.Entry.Lower); err != nil {
				return err
			}
		}
	}
	a.at.close()
	return nil
}

// dressAll does it for what is new: a file, or a folder with all in it.
func (a *applier) dressAll(c *Changeset, o *op) error {
	i := c.index(o.Entry.Path)
	if i < 0 {
		return nil
	}
	for end := c.subtree(i); i < end; i++ {
		if err := a.dressOne(&c.Entries[i], a.root); err != nil {
			return err
		}
	}
	return nil
}

// dressOne does it for one entry, which gets the owner of another file.
func (a *applier) dressOne(e *Entry, like Stat) error {
	own := a.asRoot && (e.above.stat.UID != like.UID || e.above.stat.GID != like.GID)
	if !own && !e.above.marked {
		return nil
	}
	d, err := a.storeDir(parent(string(e.Path)))
	if err != nil || d == nil {
		return err
	}
	name := base(string(e.Path))
	if e.above.marked {
		if err := a.stripMarkers(*e, d, name); err != nil {
			return err
		}
	}
	if own {
		if err := a.step("chown"); err != nil {
			return err
		}
		if err := unix.Fchownat(d.fd, name, int(like.UID), int(like.GID), unix.AT_SYMLINK_NOFOLLOW); err != nil {
			return err
		}
	}
	if e.Type == Symlink {
		return nil
	}
	return unix.Fchmodat(d.fd, name, e.Mode, 0) // a change of owner clears bits
}

// stripMarkers takes off overlayfs' attributes. A file that its owner may not
// write is made writable for that; dressOne puts the mode right.
func (a *applier) stripMarkers(e Entry, d *dir, name string) error {
	at, err := d.attrsOf(name)
	if err != nil {
		return err
	}
	if len(at.markers) > 0 && !a.asRoot && e.Type == File && e.Mode&0o200 == 0 {
		if err := unix.Fchmodat(d.fd, name, e.Mode|0o600, 0); err != nil {
			return err
		}
	}
	for _, m := range at.markers {
		if err := a.step("removexattr"); err != nil {
			return err
		}
		if err := unix.Lremovexattr(d.proc(name), m); err != nil && err != unix.ENODATA {
			return err
		}
	}
	return nil
}

// manyFiles is from how many on only what replaces the owner's files is waited
// for.
const manyFiles = 1000

// settleData waits until the agent's data is on the disk, since a rename may be
// there before the data that it names. Nothing else on the file system is waited
// for. What is new is waited for up to a number of files only: a tree of 20,000
// packages that a power cut empties in its first half minute can be made again,
// as after mv or an install, and takes no file of the owner's with it.
func (a *applier) settleData(c *Changeset) error {
	var replacing, fresh []*Entry
	for i := range c.Entries {
		e := &c.Entries[i]
		if e.Rejected() || e.Type != File || e.Size == 0 || e.Action != Added && e.Action != Modified {
			continue
		}
		if e.Action == Modified && e.Applies() {
			replacing = append(replacing, e)
		} else if len(fresh) < manyFiles {
			fresh = append(fresh, e)
		}
	}
	if len(fresh)+len(replacing) < manyFiles {
		replacing = append(replacing, fresh...)
	}
	// The first round starts the writing of all, the second waits for each.
	for _, flags := range []int{unix.SYNC_FILE_RANGE_WRITE, writeAndWait} {
		for _, e := range replacing {
			if err := a.syncFile(*e, flags); err != nil {
				return err
			}
		}
	}
	a.at.close()
	return nil
}

const writeAndWait = unix.SYNC_FILE_RANGE_WAIT_BEFORE | unix.SYNC_FILE_RANGE_WRITE | unix.SYNC_FILE_RANGE_WAIT_AFTER

// syncFile writes one file out. That its length is on the disk too is left to
// the journal's own sync, on file systems that keep their order; on others the
// file is synced by itself.
func (a *applier) syncFile(e Entry, flags int) error {
	d, err := a.storeDir(parent(string(e.Path)))
	if err != nil || d == nil {
		return err
	}
	f, err := d.reader(base(string(e.Path)))
	if err == unix.EACCES {
		return nil // its owner may not read it; root's copy is read
	}
	if err != nil {
		return asConflictLater(err)
	}
	defer f.close()
	if err := unix.SyncFileRange(f.fd, 0, 0, flags); err == nil && a.inOrder {
		return nil
	}
	if flags == unix.SYNC_FILE_RANGE_WRITE {
		return nil
	}
	return unix.Fsync(f.fd)
}

// asConflictLater leaves what concerns one file to the operation on it.
func asConflictLater(err error) error {
	if err == unix.ENOENT || err == unix.EINVAL || err == unix.ELOOP {
		return nil
	}
	return err
}
