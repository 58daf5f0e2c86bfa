package child

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/launch"
)

// bytesOf is a constant without its NUL.
func bytesOf(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)-1) }

// overlay mounts the workspace: the project below, untouched, and what the
// agent writes above. The overlay keeps private copies of its layers: they go
// with the host's files and cannot be reached past it.
func overlay(s *launch.StepView) syscall.Errno {
	lower := launch.StepView{Target: bytesOf(lowerDir), Source: s.Source, Flags: s.Flags & launch.UseFD, FD: s.FD}
	if errno := bind(&lower); errno != 0 {
		return errno
	}
	stage := launch.StepView{Target: bytesOf(stageDir), Source: s.Data, Flags: launch.Writable | s.Flags&launch.UseFD, FD: s.FD + 1}
	if errno := bind(&stage); errno != 0 {
		return errno
	}
	ownFiles(false) // what the overlay does to its layers it does as who mounts it
	fs := newFileSystem("overlay\x00")
	if s.Flags&launch.Above != 0 {
		fs.set("lowerdir\x00", ".work/stage/upper:"+lowerDir)
		fs.set("upperdir\x00", ".work/stage/check/upper\x00")
		fs.set("workdir\x00", ".work/stage/check/work\x00")
	} else {
		fs.set("lowerdir\x00", lowerDir)
		fs.set("upperdir\x00", ".work/stage/upper\x00")
		fs.set("workdir\x00", ".work/stage/work\x00")
	}
	// Without trusted.* attributes, which only root may set, and without an
	// index of hard links, whose entries no reader of the upper knows.
	fs.flag("userxattr\x00")
	fs.set("index\x00", "off\x00")
	made := launch.StepView{Target: s.Target, Flags: launch.Writable}
	if errno := attachNew(&made, &fs); errno != 0 {
		return errno
	}
	ownFiles(true)
	return 0
}

// again mounts what is at a path onto itself with other attributes. A mount
// point cannot be renamed, removed or replaced (EBUSY).
func again(path []byte, a attributes) syscall.Errno {
	from, errno := inside(path, unix.O_PATH)
	if errno != 0 {
		return errno
	}
	fd, errno := copyTree(from, a)
	if errno != 0 {
		return errno
	}
	return attachOn(fd, from)
}

// absent takes a name that does not exist: something empty and read-only
// stands there for as long as the sandbox lives. It lies in the overlay's upper
// layer and never reaches the project.
func absent(s *launch.StepView) syscall.Errno {
	ownFiles(false) // whoever applies the changes later has to take it away again
	errno := closed(mountPoint(s.Target, s.Flags&launch.Folder != 0))
	ownFiles(true)
	if errno != 0 {
		return errno
	}
	return again(s.Target, inert)
}

// maskText is what the file at maskFile holds; masks often say the same.
var (
	maskText []byte
	maskFD   = -1
)

// mask mounts a short text over a file, or an empty folder over a folder.
func mask(s *launch.StepView) syscall.Errno {
	if s.Flags&launch.Folder != 0 {
		return maskFolder(s.Target)
	}
	if maskFD < 0 || string(maskText) != string(s.Data) {
		if errno := newMask(s.Data); errno != 0 {
			return errno
		}
	}
	fd, errno := copyTree(maskFD, inert)
	if errno != 0 {
		return errno
	}
	return attachAt(fd, s.Target)
}

// emptyFD is the folder at emptyDir; -1 before it is needed.
var emptyFD = -1

func maskFolder(path []byte) syscall.Errno {
	if emptyFD < 0 {
		mkdir(emptyDir)
		emptyFD = openFolder(emptyDir)
	}
	fd, errno := copyTree(emptyFD, inert)
	if errno != 0 {
		return errno
	}
	return attachAt(fd, path)
}

// newMask writes the file for the next masks. The mounts hold on to the one
// before.
func newMask(text []byte) syscall.Errno {
	if maskFD >= 0 {
		closeFD(maskFD)
		if _, errno := call(unix.SYS_UNLINKAT, atCWD, literal(maskFile), 0); errno != 0 {
			return errno
		}
	}
	errno := file(bytesOf(maskFile), text, 0o444)
	if errno == 0 {
		maskText = text
		maskFD, errno = inside(bytesOf(maskFile), unix.O_PATH)
	}
	return errno
}
