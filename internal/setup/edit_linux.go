package setup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// lockWait is how long useradd and its like wait for each other (lckpwdf(3)).
const lockWait = 15 * time.Second

// lock keeps the programs of the shadow suite, and other ringwalls, from
// changing the files meanwhile. It is the lock that they take themselves.
func (m *machine) lock() (unlock func(), err error) {
	f, err := os.OpenFile(m.path("/etc/.pwd.lock"), os.O_CREATE|os.O_WRONLY|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	whole := unix.Flock_t{Type: unix.F_WRLCK, Whence: 0}
	for end := time.Now().Add(lockWait); ; time.Sleep(50 * time.Millisecond) {
		err = unix.FcntlFlock(f.Fd(), unix.F_SETLK, &whole)
		if err == nil {
			return func() { f.Close() }, nil
		}
		if err != unix.EAGAIN && err != unix.EACCES || time.Now().After(end) {
			f.Close()
			return nil, refuse("let the other program end", "the account files are locked: %w", err)
		}
	}
}

// edit changes a file of the machine whole or not at all, and keeps its mode
// and owner. A file that is not there reads as empty; one that becomes empty
// and was made by ringwall goes.
func (m *machine) edit(name string, made bool, change func([]byte) ([]byte, error)) error {
	unlock, err := m.lock()
	if err != nil {
		return err
	}
	defer unlock()
	path := m.path(name)
	old, like, err := readPlain(path)
	if err != nil {
		return err
	}
	text, err := change(old)
	switch {
	case err != nil:
		return err
	case len(text) == 0 && made && like != nil:
		return os.Remove(path)
	case string(text) == string(old):
		return nil
	}
	return replace(path, text, like)
}

// readPlain reads a file that is no link; like is nil where there is none.
func readPlain(path string) (text []byte, like *unix.Stat_t, err error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err == unix.ELOOP {
		return nil, nil, fmt.Errorf("%s is a link; it is left alone", path)
	}
	if err != nil {
		return nil, nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	f := os.NewFile(uintptr(fd), path)
	defer f.Close()
	like = new(unix.Stat_t)
	if err := unix.Fstat(fd, like); err != nil {
		return nil, nil, err
	}
	if like.Mode&unix.S_IFMT != unix.S_IFREG {
		return nil, nil, fmt.Errorf("%s is no plain file; it is left alone", path)
	}
	text = make([]byte, like.Size)
	n, err := f.ReadAt(text, 0)
	if int64(n) != like.Size {
		return nil, nil, errors.Join(fmt.Errorf("%s was cut while it was read", path), err)
	}
	return text, like, nil
}

// replace writes beside the file and renames; nobody ever reads half of it.
func replace(path string, text []byte, like *unix.Stat_t) error {
	tmp := path + ".ringwall"
	if err := os.Remove(tmp); err != nil && !errors.Is(err, fs.ErrNotExist) { // of a crash
		return err
	}
	f, err := os.OpenFile(tmp, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, dress(f, like), f.Sync(), f.Close()); err == nil {
		err = os.Rename(tmp, path)
	}
	if err != nil {
		os.Remove(tmp)
		return err
	}
	return syncDir(filepath.Dir(path))
}

// dress gives the new file the old one's owner and mode; a new one is readable
// by all.
func dress(f *os.File, like *unix.Stat_t) error {
	if like == nil {
		return f.Chmod(0o644)
	}
	var now unix.Stat_t
	err := unix.Fstat(int(f.Fd()), &now)
	if err == nil && (now.Uid != like.Uid || now.Gid != like.Gid) {
		err = unix.Fchown(int(f.Fd()), int(like.Uid), int(like.Gid))
	}
	return errors.Join(err, unix.Fchmod(int(f.Fd()), like.Mode&0o7777))
}

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
