package stage

import (
	"strconv"

	"golang.org/x/sys/unix"
)

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
	buf := make([]byte, 8<<10)
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
		Ctime: st.Ctim.Nano(),
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
