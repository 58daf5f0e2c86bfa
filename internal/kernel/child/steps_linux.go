package child

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/launch"
)

// step carries out one entry of the list.
func step(s *launch.StepView) syscall.Errno {
	switch s.Op {
	case launch.Dir:
		fd, errno := folder(s.Target, s.Mode)
		return closed(fd, errno)
	case launch.Tmpfs:
		return tmpfs(s)
	case launch.Bind:
		return bind(s)
	case launch.Proc:
		fs := newFileSystem("proc\x00")
		return attachNew(s, &fs)
	case launch.Devpts:
		return devpts(s)
	case launch.Symlink:
		return symlink(s)
	case launch.File:
		return file(s.Target, s.Data, s.Mode)
	case launch.Overlay:
		return overlay(s)
	case launch.Freeze:
		return again(s.Target, readOnly, s.Flags&launch.Link)
	case launch.Pin:
		return pin(s)
	case launch.Absent:
		return absent(s)
	case launch.Mask:
		return mask(s)
	case launch.ReadOnly:
		return seal(s.Target, unix.MOUNT_ATTR_RDONLY)
	case launch.Cover:
		return cover(s)
	case launch.Between:
		return between(s)
	case launch.Tree:
		return tree(s)
	}
	return unix.EINVAL
}

// verb is what a step does, for an error message.
func verb(op launch.Op) string {
	switch op {
	case launch.Dir:
		return "make the directory"
	case launch.Tmpfs:
		return "mount a tmpfs at"
	case launch.Bind:
		return "mount"
	case launch.Proc:
		return "mount a proc file system at"
	case launch.Devpts:
		return "mount terminals at"
	case launch.Symlink:
		return "link"
	case launch.File:
		return "write"
	case launch.Overlay:
		return "mount the overlay at"
	case launch.Freeze:
		return "freeze"
	case launch.Pin:
		return "pin"
	case launch.Absent:
		return "freeze as absent"
	case launch.Mask:
		return "hide"
	case launch.ReadOnly:
		return "make read-only"
	case launch.Cover:
		return "cover"
	case launch.Between:
		return "put a layer below"
	case launch.Tree:
		return "show the workspace at"
	}
	return "understand the step for"
}

// closed closes what was opened only to be there.
func closed(fd int, errno syscall.Errno) syscall.Errno {
	if errno == 0 {
		closeFD(fd)
	}
	return errno
}

func tmpfs(s *launch.StepView) syscall.Errno {
	fs := newFileSystem("tmpfs\x00")
	fs.number("mode\x00", uint64(s.Mode), 8)
	if s.Size > 0 {
		fs.number("size\x00", uint64(s.Size), 10)
		// A name takes the kernel's memory, which no group may count.
		fs.number("nr_inodes\x00", uint64(s.Size)/perInode+leastInodes, 10)
	}
	return attachNew(s, &fs)
}

// A new file system takes one file for so many bytes, and some in any case.
const (
	perInode    = 16 << 10
	leastInodes = 1024
)

// devpts has the own terminals, and none of the host's.
func devpts(s *launch.StepView) syscall.Errno {
	fs := newFileSystem("devpts\x00")
	fs.flag("newinstance\x00")
	fs.set("ptmxmode\x00", "0666\x00")
	fs.set("mode\x00", "0600\x00")
	return attachNew(s, &fs)
}

func attachNew(s *launch.StepView, fs *fileSystem) syscall.Errno {
	fd, errno := fs.mount(attributesOf(s.Flags))
	if errno != 0 {
		return errno
	}
	return place(fd, s.Target, true)
}

// bind shows a file or directory of the host.
func bind(s *launch.StepView) syscall.Errno {
	fd, errno := source(s)
	if errno == unix.ENOENT && s.Flags&launch.Optional != 0 {
		return 0
	}
	if errno != 0 {
		return errno
	}
	return place(fd, s.Target, isFolder(fd))
}

// source is a detached copy of what the step shows. One that the supervisor
// made can only be attached from here, not copied again (Linux 6.15).
func source(s *launch.StepView) (int, syscall.Errno) {
	if s.Flags&launch.UseFD != 0 {
		return s.FD, 0
	}
	return copyPath(atCWD, uintptr(unsafe.Pointer(s.Source.Pointer())), attributesOf(s.Flags))
}

// mountPoint is something of the right kind to mount on, made if it is not
// there.
func mountPoint(path []byte, dir bool) (int, syscall.Errno) {
	if dir {
		return folder(path, 0o755)
	}
	fd, errno := inside(path, unix.O_PATH)
	if errno != unix.ENOENT {
		return fd, errno
	}
	return create(path, 0o444)
}

func file(path, data []byte, mode uint32) syscall.Errno {
	fd, errno := create(path, mode)
	if errno != 0 {
		return errno
	}
	errno = write(fd, data)
	closeFD(fd)
	return errno
}

// seal gives one mount attributes, and none of those on it.
func seal(path []byte, attributes uint64) syscall.Errno {
	fd, errno := inside(path, unix.O_PATH)
	if errno != 0 {
		return errno
	}
	attr := unix.MountAttr{Attr_set: attributes}
	errno = setAttributes(fd, &attr, 0)
	closeFD(fd)
	return errno
}

func symlink(s *launch.StepView) syscall.Errno {
	parent, name, errno := parentOf(s.Target)
	if errno != 0 {
		return errno
	}
	made, errno := terminated(name)
	if errno != 0 {
		return errno
	}
	_, errno = call(unix.SYS_SYMLINKAT, uintptr(unsafe.Pointer(s.Data.Pointer())), uintptr(parent), made)
	return errno
}
