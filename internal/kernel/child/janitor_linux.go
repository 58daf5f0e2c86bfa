package child

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/launch"
)

// Descriptors of the janitor: the reading end of a pipe that only the
// supervisor holds the other end of, and the caller's terminal, if there is one.
const (
	janitorPipe     = 3
	janitorTerminal = 4
)

// guard is the supervisor's last word on how the terminal is to be restored.
var guard, guardMessage [launch.GuardSize]byte

// janitor waits, outside the sandbox, until the supervisor is gone, however it
// ended. It then restores the terminal that the supervisor had changed, and
// removes the control groups that nobody else could: they outlive every process.
func janitor(groups []*byte) {
	setName()
	prctl(unix.PR_SET_DUMPABLE, 0)
	for {
		n, errno := call(unix.SYS_READ, janitorPipe, uintptr(unsafe.Pointer(&guardMessage[0])), launch.GuardSize)
		if errno != unix.EINTR && (errno != 0 || n == 0) {
			break
		}
		if n == launch.GuardSize {
			guard = guardMessage
		}
	}
	restored := restoreModes()
	for _, group := range groups {
		removeGroup(group)
	}
	if restored { // last: a terminal that was stopped takes no text
		call(unix.SYS_WRITE, janitorTerminal, uintptr(unsafe.Pointer(&guard[1+2*launch.TermiosSize])), uintptr(guard[0]))
	}
	exit(0)
}

// restoreModes gives the caller's terminal the modes back that it had, if it
// still has those that the supervisor set: whoever changed it since, a shell for
// one, knows better. What was typed meanwhile was not meant for that shell.
func restoreModes() bool {
	var now, none [launch.TermiosSize]byte
	saved := (*[launch.TermiosSize]byte)(unsafe.Pointer(&guard[1]))
	set := (*[launch.TermiosSize]byte)(unsafe.Pointer(&guard[1+launch.TermiosSize]))
	if *saved == none || termios(unix.TCGETS, &now) != 0 || now != *set {
		return false
	}
	call(unix.SYS_IOCTL, janitorTerminal, unix.TCFLSH, unix.TCIFLUSH)
	return termios(unix.TCSETS, saved) == 0
}

func termios(request uintptr, t *[launch.TermiosSize]byte) syscall.Errno {
	_, errno := call(unix.SYS_IOCTL, janitorTerminal, request, uintptr(unsafe.Pointer(t)))
	return errno
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
