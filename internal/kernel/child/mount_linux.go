package child

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/launch"
)

// attributes of a mount are the flags of mount_setattr(2). Programs never gain
// rights from a file, and device files work only in /dev.
type attributes uint64

const (
	bare     attributes = unix.MOUNT_ATTR_NOSUID | unix.MOUNT_ATTR_NODEV
	readOnly attributes = bare | unix.MOUNT_ATTR_RDONLY
	inert    attributes = readOnly | unix.MOUNT_ATTR_NOEXEC
)

func attributesOf(flags uint8) attributes {
	a := attributes(unix.MOUNT_ATTR_NOSUID)
	if flags&launch.Writable == 0 {
		a |= unix.MOUNT_ATTR_RDONLY
	}
	if flags&launch.NoExec != 0 {
		a |= unix.MOUNT_ATTR_NOEXEC
	}
	if flags&launch.Devices == 0 {
		a |= unix.MOUNT_ATTR_NODEV
	}
	return a
}

const nothing = "\x00"

// copyTree makes a detached copy of the mounts at an open path, with the
// attributes on every one of them. It receives no later mounts of the original.
func copyTree(from int, a attributes) (int, syscall.Errno) {
	return copyPath(uintptr(from), literal(nothing), a)
}

// copyPath is copyTree for a path, whose last link is followed.
func copyPath(dir, path uintptr, a attributes) (int, syscall.Errno) {
	const flags = unix.OPEN_TREE_CLONE | unix.OPEN_TREE_CLOEXEC | unix.AT_RECURSIVE | unix.AT_EMPTY_PATH
	fd, errno := call(unix.SYS_OPEN_TREE, dir, path, flags)
	if errno != 0 {
		return -1, errno
	}
	attr := unix.MountAttr{Attr_set: uint64(a), Propagation: unix.MS_PRIVATE}
	return int(fd), setAttributes(int(fd), &attr, unix.AT_RECURSIVE)
}

func setAttributes(fd int, attr *unix.MountAttr, recursive uintptr) syscall.Errno {
	_, errno := call6(unix.SYS_MOUNT_SETATTR, uintptr(fd), literal(nothing), unix.AT_EMPTY_PATH|recursive,
		uintptr(unsafe.Pointer(attr)), unsafe.Sizeof(*attr), 0)
	return errno
}

// attach puts a detached mount on what target stands for, and closes the
// detached one.
func attach(detached, target int) syscall.Errno {
	_, errno := call6(unix.SYS_MOVE_MOUNT, uintptr(detached), literal(nothing), uintptr(target), literal(nothing),
		unix.MOVE_MOUNT_F_EMPTY_PATH|unix.MOVE_MOUNT_T_EMPTY_PATH, 0)
	closeFD(detached)
	return errno
}

// attachOn is attach, and closes the target too.
func attachOn(detached, target int) syscall.Errno {
	errno := attach(detached, target)
	closeFD(target)
	return errno
}

// attachAt is attach for a path that leads through no link.
func attachAt(detached int, path []byte) syscall.Errno {
	target, errno := inside(path, unix.O_PATH)
	if errno != 0 {
		return errno
	}
	covered(path)
	return attachOn(detached, target)
}

// place is attach for a path whose last name is made if it is not there, a
// folder or a file. A link of that name is not followed: it would be covered.
func place(detached int, path []byte, dir bool) syscall.Errno {
	parent, name, errno := parentOf(path)
	if errno != 0 {
		return errno
	}
	made, errno := terminated(name)
	if errno != 0 {
		return errno
	}
	if dir {
		_, errno = call(unix.SYS_MKDIRAT, uintptr(parent), made, 0o755)
	} else {
		_, errno = call6(unix.SYS_MKNODAT, uintptr(parent), made, unix.S_IFREG|0o444, 0, 0, 0)
	}
	if errno != 0 && errno != unix.EEXIST {
		return errno
	}
	return attachName(detached, parent, made, path)
}

// attachName is attach for one name in an open folder; path is all of it.
func attachName(detached, parent int, name uintptr, path []byte) syscall.Errno {
	_, errno := call6(unix.SYS_MOVE_MOUNT, uintptr(detached), literal(nothing), uintptr(parent), name, unix.MOVE_MOUNT_F_EMPTY_PATH, 0)
	closeFD(detached)
	covered(path)
	return errno
}

// fileSystem is one that is being made: its parameters are set one by one.
type fileSystem struct {
	context int
	errno   syscall.Errno
}

// newFileSystem begins one of a kind, a constant with its NUL.
func newFileSystem(kind string) fileSystem {
	fd, errno := call(unix.SYS_FSOPEN, literal(kind), unix.FSOPEN_CLOEXEC, 0)
	return fileSystem{int(fd), errno}
}

func (f *fileSystem) config(command uintptr, key string, value uintptr) {
	if f.errno == 0 {
		_, f.errno = call6(unix.SYS_FSCONFIG, uintptr(f.context), command, literal(key), value, 0, 0)
	}
}

// set gives a parameter a value, both constants with their NUL.
func (f *fileSystem) set(key, value string) {
	f.config(unix.FSCONFIG_SET_STRING, key, literal(value))
}

func (f *fileSystem) flag(key string) { f.config(unix.FSCONFIG_SET_FLAG, key, 0) }

// number gives a parameter a number, in base 8 or 10.
func (f *fileSystem) number(key string, n, base uint64) {
	var digits [24]byte
	i := len(digits) - 1
	for {
		i--
		digits[i] = byte('0' + n%base)
		if n /= base; n == 0 {
			break
		}
	}
	f.config(unix.FSCONFIG_SET_STRING, key, uintptr(unsafe.Pointer(&digits[i])))
}

// mount makes it, detached, and gives the description up.
func (f *fileSystem) mount(a attributes) (int, syscall.Errno) {
	if f.errno == 0 {
		_, f.errno = call6(unix.SYS_FSCONFIG, uintptr(f.context), unix.FSCONFIG_CMD_CREATE, 0, 0, 0, 0)
	}
	var fd uintptr
	if f.errno == 0 {
		fd, f.errno = call(unix.SYS_FSMOUNT, uintptr(f.context), unix.FSMOUNT_CLOEXEC, uintptr(a))
	}
	closeFD(f.context)
	return int(fd), f.errno
}
