package stage

import (
	"fmt"
	"strconv"

	"golang.org/x/sys/unix"
)

// remove deletes a folder in a directory of ours and all below it. It follows
// nothing and never leaves the folder (CVE-2024-23652: a clean-up that deleted
// files of the host). However deep the tree, it holds three descriptors: each
// folder found is first moved up to the top, then emptied there. A second call
// goes on where an interrupted one stopped.
func (d *dir) remove(name string) error {
	st, err := d.raw(name)
	if err == unix.ENOENT {
		return nil
	}
	if err != nil || st.Mode&unix.S_IFMT != unix.S_IFDIR {
		return fmt.Errorf("remove %s: not a folder of ours (%v)", printable(name), err)
	}
	if err := d.empty(name); err != nil {
		return fmt.Errorf("remove %s: %w", printable(name), err)
	}
	if err := unix.Unlinkat(d.fd, name, unix.AT_REMOVEDIR); err != nil {
		return fmt.Errorf("remove %s: %w", printable(name), err)
	}
	return nil
}

// empty deletes all in a folder, until nothing is left.
func (d *dir) empty(name string) error {
	top, err := d.enter(name)
	if err != nil {
		return err
	}
	defer top.close()
	moved := 0
	for {
		names, more, err := top.relist()
		if err != nil {
			return err
		}
		if err := top.removeAll(names, &moved); err != nil {
			return err
		}
		if len(names) == 0 && !more {
			return nil
		}
	}
}

// removeAll deletes the names in a top folder, moving up what lies deeper.
func (d *dir) removeAll(names []string, moved *int) error {
	for _, n := range names {
		err := unix.Unlinkat(d.fd, n, 0)
		if err == unix.EISDIR || err == unix.EPERM {
			err = d.hoist(n, moved)
		}
		if err != nil && err != unix.ENOENT {
			return err
		}
	}
	return nil
}

// hoist empties one folder of the top: files go, folders move up beside it.
func (d *dir) hoist(name string, moved *int) error {
	sub, err := d.enter(name)
	if err != nil {
		return err
	}
	defer sub.close()
	for {
		names, _, err := sub.relist()
		if err != nil {
			return err
		}
		if len(names) == 0 {
			return unix.Unlinkat(d.fd, name, unix.AT_REMOVEDIR)
		}
		for _, n := range names {
			if err := sub.up(n, d, moved); err != nil {
				return err
			}
		}
	}
}

// up deletes one name, or moves it to the top when it is a folder.
func (d *dir) up(name string, top *dir, moved *int) error {
	err := unix.Unlinkat(d.fd, name, 0)
	if err != unix.EISDIR && err != unix.EPERM {
		return err
	}
	st, err := d.raw(name)
	if err != nil {
		return err
	}
	if st.Mode&unix.S_IFMT != unix.S_IFDIR {
		return unix.EPERM
	}
	if err := d.ownerCan(name, st); err != nil { // a moved folder's ".." is written
		return err
	}
	for {
		*moved++
		err = unix.Renameat2(d.fd, name, top.fd, "moved-"+strconv.Itoa(*moved), unix.RENAME_NOREPLACE)
		if err != unix.EEXIST {
			return err
		}
	}
}

// enter opens a folder of ours for reading, made usable first.
func (d *dir) enter(name string) (*dir, error) {
	st, err := d.raw(name)
	if err != nil {
		return nil, err
	}
	if st.Mode&unix.S_IFMT != unix.S_IFDIR {
		return nil, unix.ENOTDIR
	}
	if st.Mode&0o700 != 0o700 {
		if err := d.ownerCan(name, st); err != nil {
			return nil, err
		}
	}
	fd, err := open2(d.fd, name, unix.O_RDONLY|unix.O_DIRECTORY, beneath)
	if err != nil {
		return nil, err
	}
	return &dir{fd}, nil
}

// relist reads a batch of names from the start of an open folder.
func (d *dir) relist() ([]string, bool, error) {
	if _, err := unix.Seek(d.fd, 0, unix.SEEK_SET); err != nil {
		return nil, false, err
	}
	return d.names(4096)
}
