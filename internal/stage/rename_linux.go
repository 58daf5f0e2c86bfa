package stage

import (
	"errors"

	"golang.org/x/sys/unix"
)

// errAcross says that two folders are on different file systems.
var errAcross = errors.New("on another file system")

// rename moves a name and replaces nothing, where the file system can promise
// that.
func rename(from *dir, name string, to *dir, as string) error {
	err := unix.Renameat2(from.fd, name, to.fd, as, unix.RENAME_NOREPLACE)
	if err == unix.EXDEV {
		return errAcross
	}
	if err != unix.EINVAL && err != unix.ENOSYS {
		return err
	}
	if now, err := to.stat(as); err != nil {
		return err
	} else if now.Type != Absent {
		return unix.EEXIST
	}
	return unix.Renameat(from.fd, name, to.fd, as)
}

// swapNames exchanges two names at once. Where the file system cannot, one is
// moved aside; a crash in between is not told from a change by somebody else,
// and nothing is lost by it.
func swapNames(a *dir, name string, b *dir, as string) error {
	err := unix.Renameat2(a.fd, name, b.fd, as, unix.RENAME_EXCHANGE)
	if err == unix.EXDEV {
		return errAcross
	}
	if err != unix.EINVAL && err != unix.ENOSYS {
		return err
	}
	aside := tempPrefix + "aside"
	if err := rename(b, as, a, aside); err != nil {
		return err
	}
	if err := rename(a, name, b, as); err != nil {
		_ = rename(a, aside, b, as)
		return err
	}
	return rename(a, aside, a, name)
}
