package direct

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// Stat asks what a path is; follow: what it leads to, should it be a link. The
// path ends with a zero byte, so that nothing has to be copied, and the runtime
// is not told of the call: hundreds of them are made one after another, each
// shorter than what telling would cost. On a file system of another machine it
// holds up one of the program's processors meanwhile.
func Stat(path []byte, follow bool, st *unix.Stat_t) unix.Errno {
	if len(path) == 0 || path[len(path)-1] != 0 {
		return unix.EINVAL
	}
	flags := uintptr(unix.AT_SYMLINK_NOFOLLOW)
	if follow {
		flags = 0
	}
	for {
		here := unix.AT_FDCWD
		_, _, errno := unix.RawSyscall6(fstatat, uintptr(here), uintptr(unsafe.Pointer(&path[0])), uintptr(unsafe.Pointer(st)), flags, 0, 0)
		if errno != unix.EINTR {
			return errno
		}
	}
}
