// Package upper gives the directory into which the overlay puts what the agent
// writes to the project's owner, when every process of the run is dead.
//
// Where the agent runs under an account beside its owner, what it made is that
// account's, closed to the owner if the agent liked. A helper of ours in a user
// namespace of the two, where the owner has power over the files of both, then
// does what the supervisor cannot.
package upper

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// walk visits a folder that is held open and all below it, folders before what
// is in them. However deep the tree, it holds one descriptor: it goes down by
// name and up by "..", and makes sure that it is where it was before. It follows
// no link and stays on the file system. Nothing else may change the tree
// meanwhile.
func walk(root int, visit func(dir int, name string, st *unix.Stat_t) error) error {
	at, err := enter(root, ".")
	if err != nil {
		return err
	}
	w := &walker{at: at, visit: visit}
	defer func() { unix.Close(w.at) }()
	var st unix.Stat_t
	if err := unix.Fstat(at, &st); err != nil {
		return err
	}
	w.dev = uint64(st.Dev)
	if err := w.list(st.Ino); err != nil {
		return err
	}
	for len(w.levels) > 0 {
		if err := w.step(); err != nil {
			return err
		}
	}
	return nil
}

type walker struct {
	at     int // the folder of the last level
	dev    uint64
	levels []level
	visit  func(dir int, name string, st *unix.Stat_t) error
}

// level is a folder on the way, with the folders in it that are still to be
// visited.
type level struct {
	ino   uint64
	below []string
}

var errMoved = errors.New("the tree was changed while it was walked")

// enter opens a folder by one name.
func enter(dir int, name string) (int, error) {
	return unix.Openat(dir, name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
}

// list visits what is in the folder that was entered.
func (w *walker) list(ino uint64) error {
	dup, err := unix.FcntlInt(uintptr(w.at), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return err
	}
	f := os.NewFile(uintptr(dup), "upper")
	defer f.Close()
	l := level{ino: ino}
	names, err := f.Readdirnames(-1)
	if err != nil {
		return err
	}
	for _, name := range names {
		var st unix.Stat_t
		if err := unix.Fstatat(w.at, name, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
			return fmt.Errorf("%q: %w", name, err)
		}
		if err := w.visit(w.at, name, &st); err != nil {
			return fmt.Errorf("%q: %w", name, err)
		}
		if st.Mode&unix.S_IFMT == unix.S_IFDIR && uint64(st.Dev) == w.dev {
			l.below = append(l.below, name)
		}
	}
	w.levels = append(w.levels, l)
	return nil
}

// step goes down into the next folder, or up where there is none.
func (w *walker) step() error {
	last := &w.levels[len(w.levels)-1]
	if n := len(last.below); n > 0 {
		name := last.below[n-1]
		last.below = last.below[:n-1]
		ino, err := w.move(name)
		if err != nil {
			return fmt.Errorf("%q: %w", name, err)
		}
		return w.list(ino)
	}
	w.levels = w.levels[:len(w.levels)-1]
	if len(w.levels) == 0 {
		return nil
	}
	ino, err := w.move("..")
	if err == nil && ino != w.levels[len(w.levels)-1].ino {
		err = errMoved
	}
	return err
}

// move makes another folder the one that is held.
func (w *walker) move(name string) (ino uint64, err error) {
	fd, err := enter(w.at, name)
	if err != nil {
		return 0, err
	}
	unix.Close(w.at)
	w.at = fd
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return 0, err
	}
	if uint64(st.Dev) != w.dev {
		return 0, errMoved
	}
	return st.Ino, nil
}
