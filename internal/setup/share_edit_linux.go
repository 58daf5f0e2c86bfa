package setup

import (
	"os"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/acl"
)

// grant gives one file or folder its entries.
func (w *walk) grant(n node) (enter bool, err error) {
	l, err := access(n)
	if err != nil {
		return false, err
	}
	if why := w.leaveOut(n, l); why != "" {
		w.left(n, why)
		return false, nil
	}
	changed := w.tally.Changed
	if want := l.Of(acl.UserObj); !suffices(l, uint32(w.UID), want) {
		if err := w.put(n, acl.Access, l.Add(uint32(w.UID), want)); err != nil {
			return false, err
		}
	}
	if n.dir() {
		if err := w.grantLater(n, l); err != nil {
			return false, err
		}
	}
	w.count(changed)
	return true, nil
}

// count makes a file that was changed in two ways one that was changed.
func (w *walk) count(before int) {
	if w.tally.Changed == before {
		w.tally.Same++
		return
	}
	w.tally.Changed = before + 1
}

// suffices tells whether the account can do what the owner can: by name, or
// because everybody can.
func suffices(l acl.List, uid uint32, want uint16) bool {
	if has, named := l.Grants(uid); named {
		return want&^has == 0
	}
	return want&^l.Of(acl.Other) == 0
}

// leaveOut says why something is not shared.
func (w *walk) leaveOut(n node, l acl.List) string {
	_, named := l.Grants(uint32(w.UID))
	switch {
	case int(n.stat.Uid) != os.Getuid():
		return "belongs to somebody else"
	case !n.dir() && n.stat.Nlink > 1 && !suffices(l, uint32(w.UID), l.Of(acl.UserObj)):
		return "has other names, perhaps outside the project"
	case !n.private && !named && l.Of(acl.GroupObj)|l.Of(acl.Other) == 0:
		return "private"
	}
	return ""
}

// grantLater sees to what will be made in a folder. A default list takes the
// place of the owner's umask there, so that it must not be wider.
func (w *walk) grantLater(n node, l acl.List) error {
	d, err := get(n, acl.Default)
	if err != nil {
		return err
	}
	if d == nil {
		mode := uint32(l.Of(acl.UserObj))<<6 | uint32(l.Of(acl.GroupObj))<<3 | uint32(l.Of(acl.Other))
		d = acl.FromMode(mode &^ w.Umask)
	}
	if has, named := d.Grants(uint32(w.UID)); named && d.Of(acl.UserObj)&^has == 0 {
		return nil
	}
	return w.put(n, acl.Default, d.Add(uint32(w.UID), d.Of(acl.UserObj)))
}

// revoke takes the account's entries from one file or folder. A folder's list
// for later files goes with the last entry that names anybody.
func (w *walk) revoke(n node) (enter bool, err error) {
	changed := w.tally.Changed
	for _, name := range []string{acl.Access, acl.Default} {
		if name == acl.Default && !n.dir() {
			continue
		}
		if err := w.revokeFrom(n, name); err != nil {
			return false, err
		}
	}
	w.count(changed)
	return true, nil
}

func (w *walk) revokeFrom(n node, name string) error {
	l, err := get(n, name)
	if err != nil {
		return err
	}
	if _, named := l.Grants(uint32(w.UID)); !named {
		return nil
	}
	l = l.Remove(uint32(w.UID))
	if name == acl.Default && l.Minimal() {
		w.tally.Changed++
		if w.DryRun {
			return nil
		}
		return unix.Removexattr(n.proc(), name)
	}
	err = w.put(n, name, l)
	if err == unix.EPERM && int(n.stat.Uid) != os.Getuid() {
		w.tally.Changed--
		w.left(n, "belongs to somebody else")
		return nil
	}
	return err
}
