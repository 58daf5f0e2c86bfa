package stage

import (
	"errors"

	"golang.org/x/sys/unix"
)

// carry moves a name to a folder of ours, to another file system if need be.
func (d *dir) carry(to *dir, name string) error {
	st, err := d.raw(name)
	if err == unix.ENOENT {
		return nil
	}
	if err == nil {
		err = d.moveTo(to, name, st)
	}
	if !errors.Is(err, errAcross) {
		return err
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFDIR:
		return d.carryFolder(to, name)
	case unix.S_IFREG:
		err = d.carryFile(to, name, st)
	case unix.S_IFLNK:
		var text string
		if text, err = d.readlink(name); err == nil {
			err = unix.Symlinkat(text, to.fd, name)
		}
	default:
		err = unix.Mkfifoat(to.fd, name, 0o600) // stands for what has no content
	}
	if err != nil {
		return err
	}
	return unix.Unlinkat(d.fd, name, 0)
}

func (d *dir) carryFile(to *dir, name string, st unix.Stat_t) error {
	if unix.Geteuid() != 0 && st.Mode&0o400 == 0 {
		if err := unix.Fchmodat(d.fd, name, st.Mode&0o7777|0o400, 0); err != nil {
			return err
		}
	}
	from, err := d.reader(name)
	if err != nil {
		return err
	}
	defer from.close()
	fd, err := unix.Openat(to.fd, name, newFile, 0o600)
	if err != nil {
		return err
	}
	f := &file{fd}
	defer f.close()
	if err := cloneData(f, from, st.Size); err != nil {
		return err
	}
	return unix.Fchmod(fd, st.Mode&0o7777)
}

func (d *dir) carryFolder(to *dir, name string) error {
	from, err := d.enter(name)
	if err != nil {
		return err
	}
	defer from.close()
	if err := unix.Mkdirat(to.fd, name, 0o700); err != nil && err != unix.EEXIST {
		return err
	}
	into, err := to.enter(name)
	if err != nil {
		return err
	}
	defer into.close()
	for {
		names, _, err := from.relist()
		if err != nil {
			return err
		}
		if len(names) == 0 {
			return unix.Unlinkat(d.fd, name, unix.AT_REMOVEDIR)
		}
		for _, n := range names {
			if err := from.carry(into, n); err != nil {
				return err
			}
		}
	}
}
