package stage

import (
	"context"

	"golang.org/x/sys/unix"
)

// bring moves one held file to its place in the store.
func (a *applier) bring(o *op) error {
	there, err := a.heldAt.exists(o.HeldFile)
	if err != nil {
		return err
	}
	d, err := a.store.dir(parent(o.path()))
	if gone(err) && there {
		if err = a.makeStore(parent(o.path())); err == nil {
			d, err = a.store.dir(parent(o.path()))
		}
	}
	if gone(err) {
		return nil // it went into the project with its folder
	}
	if err != nil {
		return err
	}
	defer d.close()
	name := base(o.path())
	if there {
		if err := a.step("bring"); err != nil {
			return err
		}
		if err := rename(a.heldAt, o.HeldFile, d, name); err != nil {
			return err
		}
	}
	st, err := d.stat(name)
	if err != nil || !o.Entry.above.stat.is(st) && !there && !a.isBrought(o, st) {
		return err // it is in the project by now
	}
	return a.dressBrought(o, d, name)
}

// isBrought tells in a second attempt whether a file in the store is the one
// that was held, and not what it has taken the place of.
func (a *applier) isBrought(o *op, st Stat) bool {
	for i := range a.log.ops {
		m := &a.log.ops[i]
		if m.Do != bring && m.path() == o.path() {
			return m.Put.is(st)
		}
	}
	return st.Type == File && st.Ino != 0 && o.Entry.Lower.Type == Absent
}

// dressBrought gives a held file its owner and mode.
func (a *applier) dressBrought(o *op, d *dir, name string) error {
	if a.asRoot {
		like := a.likeOwner(o.Entry)
		if err := unix.Fchownat(d.fd, name, int(like.UID), int(like.GID), unix.AT_SYMLINK_NOFOLLOW); err != nil {
			return err
		}
	}
	if o.Entry.Type != File {
		return nil
	}
	return unix.Fchmodat(d.fd, name, o.Entry.Mode, 0)
}

// bringBack returns to the held folder what met a conflict.
func (a *applier) bringBack(ctx context.Context) error {
	for i := range a.log.ops {
		o := &a.log.ops[i]
		if o.Do != bring || !a.conflicted(o) {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		d, err := a.store.dir(parent(o.path()))
		if gone(err) {
			continue
		}
		if err != nil {
			return err
		}
		err = a.backToHeld(o, d)
		d.close()
		if err != nil {
			return err
		}
	}
	return nil
}

func (a *applier) backToHeld(o *op, d *dir) error {
	name := base(o.path())
	st, err := d.statKept(name)
	if err != nil || st.Type != o.Entry.Type || !a.isBrought(o, st) {
		return err
	}
	if err := a.step("bring back"); err != nil {
		return err
	}
	if st.Type == File {
		if err := unix.Fchmodat(d.fd, name, 0o600, 0); err != nil {
			return err
		}
	}
	err = rename(d, name, a.heldAt, o.HeldFile)
	if err == unix.EEXIST {
		return nil
	}
	return err
}

// conflicted tells whether a brought file, or the folder that it lies in, was
// not applied.
func (a *applier) conflicted(o *op) bool {
	for i := range a.log.ops {
		m := &a.log.ops[i]
		if m.Do == bring || m.Do != keepBack && a.why[m.N] == "" {
			continue
		}
		if m.path() == o.path() || below(o.path(), m.path()) {
			return true
		}
	}
	return false
}
