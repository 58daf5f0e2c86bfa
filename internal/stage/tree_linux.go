package stage

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// beneath makes the kernel refuse every way out of a tree: links, magic links,
// "..", and other file systems mounted inside.
const beneath = unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS |
	unix.RESOLVE_NO_MAGICLINKS | unix.RESOLVE_NO_XDEV

// maxPath is the longest path handed to the kernel at once, below PATH_MAX.
// Deeper trees are opened piece by piece.
const maxPath = 3500

// tree is a directory held open, below which paths are resolved.
type tree struct {
	fd int
	id ID
}

// openTree opens a directory of ours or of the owner's by its absolute path.
func openTree(path string) (*tree, error) {
	fd, err := open2(unix.AT_FDCWD, path, unix.O_PATH|unix.O_DIRECTORY, unix.RESOLVE_NO_SYMLINKS|unix.RESOLVE_NO_MAGICLINKS)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", printable(path), err)
	}
	d := &dir{fd}
	st, err := d.self()
	if err != nil {
		d.close()
		return nil, fmt.Errorf("stat %s: %w", printable(path), err)
	}
	return &tree{fd, ID{uint64(st.Dev), st.Ino}}, nil
}

// openProject opens the project and makes sure that it is the pinned one.
func openProject(path string, want ID) (*tree, error) {
	if want == (ID{}) {
		return nil, errors.New("the project's identity was not pinned")
	}
	t, err := openTree(path)
	if err != nil {
		return nil, err
	}
	if t.id != want {
		t.close()
		return nil, fmt.Errorf("%s is not the folder that the run began with: it was replaced meanwhile", printable(path))
	}
	return t, nil
}

func (t *tree) close() { (&dir{t.fd}).close() }

// open opens a path below the tree; "" is the tree itself.
func (t *tree) open(rel string, flags uint64) (int, error) {
	at, mine := t.fd, false
	for len(rel) > maxPath {
		cut := strings.LastIndexByte(rel[:maxPath], '/')
		if cut <= 0 {
			break // one component too long for any file system: let the kernel say so
		}
		fd, err := open2(at, rel[:cut], unix.O_PATH|unix.O_DIRECTORY, beneath)
		closeIf(mine, at)
		if err != nil {
			return -1, err
		}
		at, mine, rel = fd, true, rel[cut+1:]
	}
	if rel == "" {
		rel = "."
	}
	fd, err := open2(at, rel, flags, beneath)
	closeIf(mine, at)
	return fd, err
}

func closeIf(mine bool, fd int) {
	if mine {
		(&dir{fd}).close()
	}
}

// dir opens a folder below the tree for looking up names in it.
func (t *tree) dir(rel string) (*dir, error) {
	fd, err := t.open(rel, unix.O_PATH|unix.O_DIRECTORY)
	if err != nil {
		return nil, err
	}
	return &dir{fd}, nil
}

// list returns the names in a folder below the tree, at most limit of them;
// more tells that there were others.
func (t *tree) list(rel string, limit int) (names []string, more bool, err error) {
	fd, err := t.open(rel, unix.O_RDONLY|unix.O_DIRECTORY)
	if err != nil {
		return nil, false, err
	}
	d := &dir{fd}
	defer d.close()
	return d.names(limit)
}

// open2 is openat2, repeated while the kernel asks for it. Mode is for O_CREAT.
func open2(at int, path string, flags, resolve uint64) (int, error) {
	how := unix.OpenHow{Flags: flags | unix.O_CLOEXEC, Resolve: resolve}
	for {
		fd, err := unix.Openat2(at, path, &how)
		if err != unix.EINTR && err != unix.EAGAIN {
			return fd, err
		}
	}
}

// dir is a folder held open. Its methods take one name, never a path.
type dir struct{ fd int }

// close ignores the error: nothing is ever written through these descriptors.
func (d *dir) close() {
	if d != nil && d.fd >= 0 {
		_ = unix.Close(d.fd)
	}
}

// self is the folder's own status.
func (d *dir) self() (unix.Stat_t, error) {
	var st unix.Stat_t
	err := unix.Fstat(d.fd, &st)
	return st, err
}

// raw is the status of a name, not followed.
func (d *dir) raw(name string) (unix.Stat_t, error) {
	var st unix.Stat_t
	err := unix.Fstatat(d.fd, name, &st, unix.AT_SYMLINK_NOFOLLOW)
	return st, err
}

// stat is raw as a Stat; what is not there is no error.
func (d *dir) stat(name string) (Stat, error) {
	st, err := d.raw(name)
	if err == unix.ENOENT {
		return Stat{}, nil
	}
	if err != nil {
		return Stat{}, err
	}
	return toStat(st), nil
}

// names lists the folder.
func (d *dir) names(limit int) (names []string, more bool, err error) {
	buf := make([]byte, 32<<10)
	for {
		n, err := unix.ReadDirent(d.fd, buf)
		if err == unix.EINTR {
			continue
		}
		if err != nil || n <= 0 {
			return names, false, err
		}
		_, _, names = unix.ParseDirent(buf[:n], -1, names)
		if len(names) > limit {
			return names[:limit], true, nil
		}
	}
}

// readlink is the text of a link.
func (d *dir) readlink(name string) (string, error) {
	buf := make([]byte, unix.PathMax)
	n, err := unix.Readlinkat(d.fd, name, buf)
	if err != nil {
		return "", err
	}
	return string(buf[:n]), nil
}

// proc is a path to a name for the calls that take no descriptor. It is used
// only in our own directories, and with calls that do not follow the name.
func (d *dir) proc(name string) string {
	return procFd(d.fd) + "/" + name
}

// procFd names an open file, for calls that refuse an O_PATH descriptor.
func procFd(fd int) string {
	return "/proc/self/fd/" + strconv.Itoa(fd)
}

// typeOf is the kind of a file from its mode.
func typeOf(mode uint32) Type {
	switch mode & unix.S_IFMT {
	case unix.S_IFREG:
		return File
	case unix.S_IFDIR:
		return Dir
	case unix.S_IFLNK:
		return Symlink
	}
	return Special
}

// toStat keeps what the stage compares. The mode of a link means nothing.
func toStat(st unix.Stat_t) Stat {
	s := Stat{
		Type: typeOf(st.Mode), Mode: st.Mode & 0o7777, UID: st.Uid, GID: st.Gid,
		Size: st.Size, Mtime: st.Mtim.Nano(), Dev: uint64(st.Dev), Ino: st.Ino,
	}
	if s.Type == Symlink {
		s.Mode = 0
	}
	return s
}

// isWhiteout tells whether a status is overlayfs' mark for a deleted name.
func isWhiteout(st unix.Stat_t) bool {
	return st.Mode&unix.S_IFMT == unix.S_IFCHR && st.Rdev == 0
}
