package child

import (
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/launch"
)

// janitor waits, outside the sandbox, until the supervisor is gone, however it
// ended. It then removes the control groups that nobody else could, since they
// outlive every process, and restores the terminal that the supervisor had
// changed. Its descriptor 3 is the reading end of a pipe that only the
// supervisor holds the other end of, and 4 is the terminal, if there is one.
func janitor(groups []string) {
	unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
	var guard, buf [launch.GuardSize]byte
	for {
		n, err := unix.Read(janitorPipe, buf[:])
		if n <= 0 && err != unix.EINTR {
			break
		}
		if n == len(buf) {
			guard = buf
		}
	}
	restored := restoreModes(&guard)
	for _, g := range groups {
		removeGroup(g)
	}
	if restored { // last: a terminal that was stopped takes no text
		unix.Write(janitorTerminal, guard[textAt:textAt+int(guard[0])])
	}
	unix.Exit(0)
}

const (
	janitorPipe     = 3
	janitorTerminal = 4
	textAt          = 1 + 2*launch.TermiosSize
)

// restoreModes gives the caller's terminal the modes back that it had, if it
// still has those that the supervisor set: whoever changed it since, a shell for
// one, knows better. What was typed meanwhile was not meant for that shell.
func restoreModes(guard *[launch.GuardSize]byte) bool {
	var now [64]byte
	saved := (*[launch.TermiosSize]byte)(guard[1:])
	set := (*[launch.TermiosSize]byte)(guard[1+launch.TermiosSize:])
	if *saved == [launch.TermiosSize]byte{} || termios(unix.TCGETS, &now[0]) != 0 ||
		*(*[launch.TermiosSize]byte)(now[:]) != *set {
		return false
	}
	unix.IoctlSetInt(janitorTerminal, unix.TCFLSH, unix.TCIFLUSH)
	return termios(unix.TCSETS, &saved[0]) == 0
}

func termios(request uintptr, p *byte) syscall.Errno {
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, janitorTerminal, request, uintptr(unsafe.Pointer(p)))
	return errno
}

// removeGroup retries for as long as the kernel takes to end the processes
// that were in the group.
func removeGroup(path string) {
	for range 200 {
		if err := unix.Rmdir(path); err != unix.EBUSY {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}
