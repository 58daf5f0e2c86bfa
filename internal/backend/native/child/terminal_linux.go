package child

import (
	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/launch"
)

// terminal makes the command's terminal out of the sandbox's own ones: no
// device of the host goes in. The supervisor gets the other end.
func terminal(spec *launch.Spec) {
	if !spec.Terminal {
		return
	}
	master, err := unix.Open("/dev/pts/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	must("make a terminal", err)
	must("unlock the terminal", unix.IoctlSetPointerInt(master, unix.TIOCSPTLCK, 0))
	slave, err := peer(master)
	must("open the terminal", err)
	for fd := range 3 {
		if spec.TerminalFDs&(1<<fd) != 0 {
			must("connect the terminal", unix.Dup3(slave, fd, 0))
		}
	}
	unix.Close(slave)
	say(launch.Terminal, nil, master)
	unix.Close(master)
}

// peer opens the terminal's other end by the master, never by its name.
func peer(master int) (int, error) {
	fd, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(master), unix.TIOCGPTPEER, unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC)
	if errno != 0 {
		return -1, errno
	}
	return int(fd), nil
}

func firstBit(mask uint8) int {
	for fd := range 3 {
		if mask&(1<<fd) != 0 {
			return fd
		}
	}
	return 0
}
