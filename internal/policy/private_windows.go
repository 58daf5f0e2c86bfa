package policy

import (
	"os"
	"path/filepath"

	"golang.org/x/sys/windows"
)

// lock creates the folder where it is missing and takes the store's lock,
// which goes with the process that holds it.
func (s Store) lock() (unlock func(), err error) {
	if err := os.MkdirAll(filepath.Dir(s.path), 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(s.path+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	err = windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK, 0, 1, 0, new(windows.Overlapped))
	if err != nil {
		f.Close()
		return nil, err
	}
	return func() { f.Close() }, nil
}

// readPrivate relies on the access list of the user's profile folder.
func readPrivate(path string, most int64) ([]byte, error) { return readRegular(path, most) }

// syncDir does nothing: Windows has no such call for a folder.
func syncDir(string) error { return nil }
