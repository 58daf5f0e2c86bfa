//go:build unix

package policy

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// lock creates the folder where it is missing and takes the store's lock. The
// lock is a file of its own, because the record is replaced, not rewritten. It
// goes with the process that holds it.
func (s Store) lock() (unlock func(), err error) {
	if err := os.MkdirAll(filepath.Dir(s.path), 0o700); err != nil {
		return nil, err
	}
	if err := checkPrivate(filepath.Dir(s.path)); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(s.path+".lock", os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		err = unix.Flock(int(f.Fd()), unix.LOCK_EX)
		if err == nil {
			return func() { f.Close() }, nil
		}
		if !errors.Is(err, unix.EINTR) {
			f.Close()
			return nil, err
		}
	}
}

// readPrivate reads a file that nobody but its owner can have written, in a
// folder where nobody but its owner can have put it.
func readPrivate(path string, most int64) ([]byte, error) {
	for _, p := range []string{filepath.Dir(path), path} {
		if err := checkPrivate(p); err != nil {
			return nil, err
		}
	}
	return readRegular(path, most) // refuses a symbolic link
}

// checkPrivate refuses what belongs to another user than this one and root, or
// what others may write to.
func checkPrivate(path string) error {
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		return &os.PathError{Op: "stat", Path: path, Err: err}
	}
	if uid := int(st.Uid); uid != os.Geteuid() && uid != 0 {
		return fmt.Errorf("%s belongs to another user (uid %d)", quote(path), uid)
	}
	if st.Mode&0o022 != 0 {
		return fmt.Errorf("%s can be written to by others: chmod go-w would mend that", quote(path))
	}
	return nil
}

// syncDir makes a rename outlast a loss of power.
func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}
