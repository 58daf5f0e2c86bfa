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
	above := s.Flags&launch.Above != 0
	errno := layers(s.Target, hasBetween, above)
	if errno != 0 && hasBetween { // a layer is for speed: the names can be taken without it
		errno = layers(s.Target, false, above)
	}
	ownFiles(true)
	hasBetween = false // it was for this one
	return errno
}

// hasBetween tells whether there is a layer at betweenDir.
var hasBetween bool

// between shows a layer to the next overlay.
func between(s *launch.StepView) syscall.Errno {
	layer := launch.StepView{Target: bytesOf(betweenDir), Source: s.Source, Flags: s.Flags, FD: s.FD}
	errno := bind(&layer)
	hasBetween = errno == 0
	return errno
}

// lowers lists the layers that are only read, the topmost first.
func lowers(between, above bool) string {
	switch {
	case between && above:
		return ".work/stage/upper:.work/between:.work/lower\x00"
	case between:
		return ".work/between:.work/lower\x00"
	case above:
		return ".work/stage/upper:.work/lower\x00"
	}
	return lowerDir
}

// layers mounts the overlay. With above, what an iteration left is one of those
// that are only read, and what is written goes to a folder of its own.
func layers(target launch.Text, between, above bool) syscall.Errno {
	fs := newFileSystem("overlay\x00")
	fs.set("lowerdir\x00", lowers(between, above))
	if above {
		fs.set("upperdir\x00", ".work/stage/check/upper\x00")
		fs.set("workdir\x00", ".work/stage/check/work\x00")
	} else {
		fs.set("upperdir\x00", ".work/stage/upper\x00")
		fs.set("workdir\x00", ".work/stage/work\x00")
	}
	// Without trusted.* attributes, which only root may set, and without an
	// index of hard links, whose entries no reader of the upper knows.
	fs.flag("userxattr\x00")
	fs.set("index\x00", "off\x00")
	made := launch.StepView{Target: target, Flags: launch.Writable}
	return attachNew(&made, &fs)
}

// tree mounts a directory of the host as the workspace, where no overlay is
// wanted or to be had. Other file systems that are mounted in it are shown, and
// never written to: nobody looked for guardrails there.
func tree(s *launch.StepView) syscall.Errno {
	fd := s.FD
	if s.Flags&launch.UseFD == 0 {
		var errno syscall.Errno
		if fd, errno = copyPath(atCWD, uintptr(unsafe.Pointer(s.Source.Pointer())), readOnly); errno != 0 {
			return errno
		}
		attr := unix.MountAttr{Attr_clr: unix.MOUNT_ATTR_RDONLY}
		if errno = setAttributes(fd, &attr, 0); errno != 0 {
			return errno
		}
	}
	target, errno := folder(s.Target, 0o755)
	if errno != 0 {
		return errno
	}
	covered(s.Target)
	return attachOn(fd, target)
}

// again mounts what is at a path onto itself with other attributes. A mount
// point cannot be renamed, removed or replaced (EBUSY). With link that is also
// true of a symbolic link, which leads on as before.
func again(path []byte, a attributes, link uint8) syscall.Errno {
	flags := uint64(unix.O_PATH)
	if link != 0 {
		flags |= unix.O_NOFOLLOW
	}
	from, errno := inside(path, flags)
	if errno != 0 {
		return errno
	}
	fd, errno := copyTree(from, a)
	if errno != 0 {
		return errno
	}
	return attachOn(fd, from)
}

// pin keeps a folder where it is. One on the way to an absent guardrail may be
// absent too.
func pin(s *launch.StepView) syscall.Errno {
	errno := again(s.Target, bare, 0)
	if errno == unix.ENOENT && s.Flags&launch.Folder != 0 {
		if errno = closed(folder(s.Target, 0o755)); errno == 0 {
			errno = again(s.Target, bare, 0)
		}
	}
	return errno
}

// absent takes a name that does not exist in the project: something empty and
// read-only stands there for as long as the sandbox lives. Where no layer has it,
// it is made in the overlay's upper one, and never reaches the project.
func absent(s *launch.StepView) syscall.Errno {
	errno := again(s.Target, inert, 0)
	if errno != unix.ENOENT {
		return errno
	}
	ownFiles(false) // whoever applies the changes later has to take it away again
	errno = closed(mountPoint(s.Target, s.Flags&launch.Folder != 0))
	ownFiles(true)
	if errno != 0 {
		return errno
	}
	return again(s.Target, inert, 0)
}

// maskText is what the file at maskFile holds; masks often say the same.
var (
	maskText []byte
	maskFD   = -1
)

// mask mounts a short text over a file.
func mask(s *launch.StepView) syscall.Errno {
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

// What covers: an empty folder and an empty file, each a mount that is inert, as
// its copies then are; -1 before it is needed.
var emptyFD, blankFD = -1, -1

// cover puts nothing in the place of a name that the kernel made.
func cover(s *launch.StepView) syscall.Errno {
	from, errno := &blankFD, syscall.Errno(0)
	if s.Flags&launch.Folder != 0 {
		from = &emptyFD
	}
	if *from < 0 {
		if *from, errno = inertCopy(s.Flags&launch.Folder != 0); errno != 0 {
			return errno
		}
	}
	parent, name, errno := parentOf(s.Target)
	if errno != 0 {
		return errno
	}
	const flags = unix.OPEN_TREE_CLONE | unix.OPEN_TREE_CLOEXEC | unix.AT_EMPTY_PATH
	fd, errno := call(unix.SYS_OPEN_TREE, uintptr(*from), literal(nothing), flags)
	if errno != 0 {
		return errno
	}
	made, errno := terminated(name)
	if errno != 0 {
		return errno
	}
	return attachName(int(fd), parent, made, s.Target)
}

// inertCopy makes something empty, mounts it onto itself, and opens that.
func inertCopy(dir bool) (int, syscall.Errno) {
	path := bytesOf(blankFile)
	if dir {
		path = bytesOf(emptyDir)
	}
	at, errno := mountPoint(path, dir)
	if errno != 0 {
		return -1, errno
	}
	closeFD(at)
	if errno := again(path, inert, 0); errno != 0 {
		return -1, errno
	}
	return inside(path, unix.O_PATH)
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
