package child

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// janitorPipe is the reading end of a pipe that only the supervisor holds the
// other end of.
const janitorPipe = 3

// janitor waits, outside the sandbox, until the supervisor is gone, however it
// ended, and removes the control groups that nobody else could: they outlive
// every process.
func janitor(groups []*byte) {
	setName()
	prctl(unix.PR_SET_DUMPABLE, 0)
	var buf [1]byte
	for {
		n, errno := call(unix.SYS_READ, janitorPipe, uintptr(unsafe.Pointer(&buf[0])), 1)
		if errno != unix.EINTR && (errno != 0 || n == 0) {
			break
		}
	}
	for _, group := range groups {
		removeGroup(group)
	}
	exit(0)
}

// removeGroup tries again for as long as the kernel takes to end the processes
// that were in the group.
func removeGroup(path *byte) {
	for range 200 {
		if _, errno := call(unix.SYS_UNLINKAT, atCWD, uintptr(unsafe.Pointer(path)), unix.AT_REMOVEDIR); errno != unix.EBUSY {
			return
		}
		pause := unix.Timespec{Nsec: 10_000_000}
		call(unix.SYS_NANOSLEEP, uintptr(unsafe.Pointer(&pause)), 0, 0)
	}
}
