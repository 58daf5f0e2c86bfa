package child

import (
	"unsafe"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/launch"
)

// terminal is the command's end of its terminal; -1 for none.
var terminal = -1

// openTerminal makes a terminal of the sandbox's own: the host's device never
// goes in. The other end goes to the supervisor. Both ends are reached by
// descriptor, so that nothing in /dev/pts can stand in for them (CVE-2025-52565).
func openTerminal() {
	const what = "open a terminal"
	master, errno := inside(bytesOf("/dev/pts/ptmx\x00"), unix.O_RDWR|unix.O_NOCTTY)
	must(what, nil, errno)
	var unlock int32
	_, errno = call(unix.SYS_IOCTL, uintptr(master), unix.TIOCSPTLCK, uintptr(unsafe.Pointer(&unlock)))
	must(what, nil, errno)
	peer, errno := call(unix.SYS_IOCTL, uintptr(master), unix.TIOCGPTPEER, unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC)
	must(what, nil, errno)
	terminal = int(peer)
	say(launch.Terminal, master)
	closeFD(master)
}

// takeTerminal opens a session on the terminal, and puts it where the command
// expects it.
func takeTerminal() {
	_, errno := call(unix.SYS_SETSID, 0, 0, 0)
	must("open a session", nil, errno)
	_, errno = call(unix.SYS_IOCTL, uintptr(terminal), unix.TIOCSCTTY, 0)
	must("take the terminal", nil, errno)
	for fd := uintptr(0); fd < 3; fd++ {
		if spec.TerminalFDs&(1<<fd) != 0 {
			_, errno = call(unix.SYS_DUP3, uintptr(terminal), fd, 0)
			must("take the terminal", nil, errno)
		}
	}
}
