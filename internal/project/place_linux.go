package project

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// tree opens folders of the project by their path, following no link.
type tree struct {
	root int
	// stamps: the file system keeps times that tell of every change.
	stamps bool
}

func openTree(path string) (*tree, error) {
	fd, err := unix.Open(path, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	var st unix.Statfs_t
	t := &tree{root: fd}
	if err := unix.Fstatfs(fd, &st); err == nil {
		t.stamps = keepsTimes(int64(st.Type))
	}
	return t, nil
}

// keepsTimes tells the local file systems of Linux from those whose times
// another machine sets, or a program.
func keepsTimes(kind int64) bool {
	switch kind {
	case unix.EXT4_SUPER_MAGIC, unix.XFS_SUPER_MAGIC, unix.BTRFS_SUPER_MAGIC, unix.F2FS_SUPER_MAGIC, unix.TMPFS_MAGIC:
		return true
	}
	return false
}

func (t *tree) close() { unix.Close(t.root) }

// place is one folder, open unless its descriptor is -1.
type place struct {
	fd    int
	tree  *tree
	path  string
	stamp stamp
}

// open finds a folder; its stamp is zero where times tell nothing.
func (t *tree) open(path string) (*place, error) {
	fd, err := t.folder(path)
	if err != nil {
		return nil, err
	}
	p := &place{fd: fd}
	if t.stamps {
		var st unix.Stat_t
		if err := unix.Fstat(fd, &st); err == nil {
			p.stamp = stampOf(&st)
		}
	}
	return p, nil
}

// folder opens a folder for looking up names in it.
func (t *tree) folder(path string) (int, error) {
	return unix.Openat2(t.root, path, &unix.OpenHow{Flags: unix.O_PATH | unix.O_DIRECTORY | unix.O_CLOEXEC,
		Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_MAGICLINKS})
}

// same finds a folder that an earlier walk saw, if it is as it was then. It is
// opened when something in it is looked at: a large tree has thousands, and to
// open and close one takes three times as long as to ask. A link on the way
// cannot pretend: the folder that it leads to has another number.
func (t *tree) same(path string, was stamp) *place {
	var st unix.Stat_t
	if !t.stamps || was.ino == 0 {
		return nil
	}
	err := unix.Fstatat(t.root, path, &st, unix.AT_SYMLINK_NOFOLLOW)
	if err != nil || st.Mode&unix.S_IFMT != unix.S_IFDIR || stampOf(&st) != was {
		return nil
	}
	return &place{fd: -1, tree: t, path: path, stamp: was}
}

// opened opens a folder that was only asked about.
func (p *place) opened() error {
	if p.fd >= 0 {
		return nil
	}
	fd, err := p.tree.folder(p.path)
	if err == nil {
		p.fd = fd
	}
	return err
}

func (p *place) close() {
	if p.fd >= 0 {
		unix.Close(p.fd)
	}
}

func stampOf(st *unix.Stat_t) stamp {
	return stamp{dev: uint64(st.Dev), ino: st.Ino, size: st.Size, mtime: st.Mtim.Nano(), ctime: st.Ctim.Nano()}
}

// list opens the folder for its names.
func (p *place) list() (*os.File, error) {
	if err := p.opened(); err != nil {
		return nil, err
	}
	fd, err := unix.Openat(p.fd, ".", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), "folder"), nil
}

// file is the stamp of a regular file in the folder; zero for anything else.
func (p *place) file(name string) stamp {
	var st unix.Stat_t
	if p.opened() != nil {
		return stamp{}
	}
	if err := unix.Fstatat(p.fd, name, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil || st.Mode&unix.S_IFMT != unix.S_IFREG {
		return stamp{}
	}
	return stampOf(&st)
}

// read returns the content of a regular file in the folder, and its stamp from
// before it was read. It calls the kernel itself: a search reads thousands of
// small files, and an os.File costs more than they do.
func (p *place) read(name string, limit int64) ([]byte, stamp, error) {
	if err := p.opened(); err != nil {
		return nil, stamp{}, err
	}
	fd, err := unix.Openat(p.fd, name, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, stamp{}, err
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil || st.Mode&unix.S_IFMT != unix.S_IFREG {
		return nil, stamp{}, errors.Join(err, fs.ErrInvalid)
	}
	content, err := readUpTo(fd, min(st.Size, limit)+1)
	if err == nil && int64(len(content)) > limit {
		err = errTooLarge
	}
	return content, stampOf(&st), err
}

// readUpTo reads until the end, or until there are most bytes.
func readUpTo(fd int, most int64) ([]byte, error) {
	b := make([]byte, 0, most)
	for len(b) < cap(b) {
		n, err := unix.Read(fd, b[len(b):cap(b)])
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return nil, err
		case n == 0:
			return b, nil
		}
		b = b[:len(b)+n]
	}
	return b, nil
}

// programStamp is that of the running program: another one may judge otherwise.
func programStamp() stamp {
	var st unix.Stat_t
	if err := unix.Stat("/proc/self/exe", &st); err != nil {
		return stamp{}
	}
	return stampOf(&st)
}
