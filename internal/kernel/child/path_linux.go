package child

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// longest is the kernel's PATH_MAX: a path of that length, its NUL included,
// cannot be named.
const longest = 4096

var scratch [longest]byte

// terminated copies a text to where a NUL can follow it. The next call
// overwrites it.
func terminated(b []byte) (uintptr, syscall.Errno) {
	if len(b) >= longest {
		return 0, unix.ENAMETOOLONG
	}
	n := copy(scratch[:], b)
	scratch[n] = 0
	return uintptr(unsafe.Pointer(&scratch[0])), 0
}

// literal is a string constant, written with its NUL, for the kernel.
func literal(s string) uintptr { return uintptr(unsafe.Pointer(unsafe.StringData(s))) }

const here = ".\x00"

// relative is a path without its leading slashes; empty for the root.
func relative(path []byte) []byte {
	for len(path) > 0 && path[0] == '/' {
		path = path[1:]
	}
	for len(path) > 0 && path[len(path)-1] == '/' {
		path = path[:len(path)-1]
	}
	return path
}

// split cuts a relative path at its last slash.
func split(path []byte) (dir, name []byte) {
	for i := len(path) - 1; i >= 0; i-- {
		if path[i] == '/' {
			return path[:i], path[i+1:]
		}
	}
	return path[:0], path
}

// openIn finds a path below a directory.
func openIn(dir int, path []byte, flags, resolve uint64) (int, syscall.Errno) {
	how := unix.OpenHow{Flags: flags | unix.O_CLOEXEC, Resolve: resolve}
	name := literal(here)
	if path = relative(path); len(path) > 0 {
		var errno syscall.Errno
		if name, errno = terminated(path); errno != 0 {
			return -1, errno
		}
	}
	fd, errno := call6(unix.SYS_OPENAT2, uintptr(dir), name, uintptr(unsafe.Pointer(&how)), unix.SizeofOpenHow, 0, 0)
	return int(fd), errno
}

// inside finds a path of the new root without ever following a link: the
// project below it was written by the agent in an earlier iteration.
func inside(path []byte, flags uint64) (int, syscall.Errno) {
	return openIn(root, path, flags, unix.RESOLVE_IN_ROOT|unix.RESOLVE_NO_SYMLINKS|unix.RESOLVE_NO_MAGICLINKS)
}

// folder opens a directory of the new root and makes it, and those above it,
// where it is not there yet: one name at a time, so that no link can lead
// elsewhere.
func folder(path []byte, mode uint32) (int, syscall.Errno) {
	path = relative(path)
	fd, errno := inside(path, unix.O_PATH|unix.O_DIRECTORY)
	if errno != unix.ENOENT || len(path) == 0 {
		return fd, errno
	}
	dir, name := split(path)
	parent, errno := folder(dir, mode)
	if errno != 0 {
		return -1, errno
	}
	made, errno := terminated(name)
	if errno == 0 {
		_, errno = call(unix.SYS_MKDIRAT, uintptr(parent), made, uintptr(mode))
	}
	closeFD(parent)
	if errno != 0 && errno != unix.EEXIST {
		return -1, errno
	}
	return inside(path, unix.O_PATH|unix.O_DIRECTORY)
}

// near is the directory that was last made something in: much of the view lies
// side by side.
var near = struct {
	path []byte
	fd   int
}{fd: -1}

// parentOf opens the directory that a path lies in, made if it is not there. It
// stays open and must not be closed.
func parentOf(path []byte) (fd int, name []byte, errno syscall.Errno) {
	dir, name := split(relative(path))
	if near.fd >= 0 && string(dir) == string(near.path) {
		return near.fd, name, 0
	}
	fd, errno = folder(dir, 0o755)
	if errno == 0 {
		leaveNear()
		near.path, near.fd = dir, fd
	}
	return fd, name, errno
}

func leaveNear() {
	if near.fd >= 0 {
		closeFD(near.fd)
		near.fd = -1
	}
}

// covered forgets the directory where a mount has covered it.
func covered(path []byte) {
	path = relative(path)
	if len(near.path) >= len(path) && string(near.path[:len(path)]) == string(path) {
		leaveNear()
	}
}

// create makes a new file, and the directories above it; EEXIST where there is
// something of that name.
func create(path []byte, mode uint32) (int, syscall.Errno) {
	parent, name, errno := parentOf(path)
	if errno != 0 {
		return -1, errno
	}
	made, errno := terminated(name)
	if errno != 0 {
		return -1, errno
	}
	const flags = unix.O_WRONLY | unix.O_CREAT | unix.O_EXCL | unix.O_NOFOLLOW | unix.O_CLOEXEC
	fd, errno := call6(unix.SYS_OPENAT, uintptr(parent), made, flags, uintptr(mode), 0, 0)
	return int(fd), errno
}

func closeFD(fd int) { call(unix.SYS_CLOSE, uintptr(fd), 0, 0) }

func isFolder(fd int) bool {
	var stat unix.Stat_t
	_, errno := call(unix.SYS_FSTAT, uintptr(fd), uintptr(unsafe.Pointer(&stat)), 0)
	return errno == 0 && stat.Mode&unix.S_IFMT == unix.S_IFDIR
}

func write(fd int, data []byte) syscall.Errno {
	for len(data) > 0 {
		n, errno := call(unix.SYS_WRITE, uintptr(fd), uintptr(unsafe.Pointer(&data[0])), uintptr(len(data)))
		if errno == unix.EINTR {
			continue
		}
		if errno != 0 {
			return errno
		}
		data = data[n:]
	}
	return 0
}
