package setup

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/acl"
)

// Share is a project that an account may work in: each file and folder has an
// entry for it in its access control list, with the rights of its owner, and
// each folder one for what is made in it later. The files keep their owner.
type Share struct {
	Dir   string
	UID   int
	Umask uint32 // of the owner: a default list takes its place in each folder
	// DryRun only counts.
	DryRun bool
}

// Tally is what was found on the way through a project.
type Tally struct {
	Changed int      `json:"changed"`
	Same    int      `json:"same"`           // as they should be, or open to all as to their owner
	Left    []string `json:"left,omitempty"` // left closed, with the reason; the first of them
	LeftAll int      `json:"left_all"`
}

// mostLeft is how many names are worth telling.
const mostLeft = 10

// Grant gives the account its entries. Left as they are: what belongs to
// others, what has further names outside the tree, and what its owner closed on
// purpose: something private in a folder that is not.
func (s Share) Grant() (Tally, error) {
	w := &walk{Share: s, each: (*walk).grant}
	return w.tally, w.run()
}

// Revoke takes all entries of the account away, wherever they are.
func (s Share) Revoke() (Tally, error) {
	w := &walk{Share: s, each: (*walk).revoke}
	return w.tally, w.run()
}

// walk goes through the tree from folder to folder by descriptor: no link is
// followed, and no other file system entered.
type walk struct {
	Share
	each  func(w *walk, n node) (enter bool, err error)
	dev   uint64
	tally Tally
}

// node is one file or folder, held open.
type node struct {
	rel     string // "." for the project's folder
	fd      int    // O_PATH
	stat    unix.Stat_t
	private bool // the folder that it lies in is closed to others
}

func (n node) proc() string { return fmt.Sprintf("/proc/self/fd/%d", n.fd) }
func (n node) dir() bool    { return n.stat.Mode&unix.S_IFMT == unix.S_IFDIR }

func (w *walk) run() error {
	fd, err := unix.Open(w.Dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return &os.PathError{Op: "open", Path: w.Dir, Err: err}
	}
	defer unix.Close(fd)
	n := node{rel: ".", fd: fd, private: true}
	if err := unix.Fstat(fd, &n.stat); err != nil {
		return err
	}
	w.dev = uint64(n.stat.Dev)
	return w.visit(n)
}

func (w *walk) visit(n node) error {
	enter, err := w.each(w, n)
	if errors.Is(err, unix.ENOTSUP) {
		return refuse("move the project to ext4, xfs or btrfs, or go on without an account of its own",
			"the file system of %s keeps no access control lists", w.Dir)
	}
	if err != nil {
		return fmt.Errorf("%q: %w", n.rel, err)
	}
	if !enter || !n.dir() {
		return nil
	}
	return w.folder(n)
}

// folder visits what lies in a folder. One that cannot be read is left.
func (w *walk) folder(n node) error {
	fd, err := unix.Openat(n.fd, ".", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err == unix.EACCES {
		w.left(n, "cannot be read")
		return nil
	}
	if err != nil {
		return fmt.Errorf("%q: %w", n.rel, err)
	}
	f := os.NewFile(uintptr(fd), n.rel)
	defer f.Close()
	names, err := f.Readdirnames(-1)
	if err != nil {
		return fmt.Errorf("%q: %w", n.rel, err)
	}
	closed, err := closedToOthers(n)
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := w.entry(n, name, closed); err != nil {
			return err
		}
	}
	return nil
}

func (w *walk) entry(in node, name string, closed bool) error {
	fd, err := unix.Openat(in.fd, name, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err == unix.ENOENT {
		return nil // gone meanwhile
	}
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	n := node{rel: in.rel + "/" + name, fd: fd, private: closed}
	if in.rel == "." {
		n.rel = name
	}
	if err := unix.Fstat(fd, &n.stat); err != nil {
		return err
	}
	if kind := n.stat.Mode & unix.S_IFMT; kind != unix.S_IFREG && kind != unix.S_IFDIR {
		return nil
	}
	if uint64(n.stat.Dev) != w.dev {
		w.left(n, "on another file system")
		return nil
	}
	return w.visit(n)
}

func (w *walk) left(n node, why string) {
	w.tally.LeftAll++
	if len(w.tally.Left) < mostLeft {
		w.tally.Left = append(w.tally.Left, n.rel+" ("+why+")")
	}
}

// access is the list of a file, made of its mode where there is none.
func access(n node) (acl.List, error) {
	l, err := get(n, acl.Access)
	if l == nil && err == nil {
		l = acl.FromMode(n.stat.Mode)
	}
	return l, err
}

// get reads a list; nil where there is none.
func get(n node, name string) (acl.List, error) {
	buf := make([]byte, 1<<10)
	size, err := unix.Getxattr(n.proc(), name, buf)
	if err == unix.ERANGE {
		buf = make([]byte, 64<<10) // the kernel's limit for one value
		size, err = unix.Getxattr(n.proc(), name, buf)
	}
	switch err {
	case nil:
		return acl.Decode(buf[:size])
	case unix.ENODATA:
		return nil, nil
	}
	return nil, err
}

// closedToOthers tells whether neither group nor others have any right, the
// account's own left out.
func closedToOthers(n node) (bool, error) {
	l, err := access(n)
	return l.Of(acl.GroupObj)|l.Of(acl.Other) == 0, err
}

func (w *walk) put(n node, name string, l acl.List) error {
	w.tally.Changed++
	if w.DryRun {
		return nil
	}
	return unix.Setxattr(n.proc(), name, l.Encode(), 0)
}
