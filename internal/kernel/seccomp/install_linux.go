package seccomp

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Flags of seccomp(2) (linux/seccomp.h).
const (
	setModeFilter    = 1
	flagTsync        = 1 << 0
	flagNewListener  = 1 << 3
	flagTsyncEsrch   = 1 << 4
	flagWaitKillable = 1 << 5
)

// Install puts the filter, as Bytes made it, on every thread of the calling
// process; no_new_privs must be set. With notify it returns the descriptor on
// which the supervisor answers, else -1.
//
// A waiting call can only be ended by a fatal signal (WAIT_KILLABLE_RECV,
// Linux 5.19): a runtime that preempts its threads with signals would restart
// the call for ever. Where the kernel is older the flag is left out.
func Install(program []byte, notify bool) (int, error) {
	prog := unix.SockFprog{
		Len:    uint16(len(program) / 8),
		Filter: (*unix.SockFilter)(unsafe.Pointer(&program[0])),
	}
	if !notify {
		_, errno := set(flagTsync, &prog)
		return -1, asError(errno)
	}
	flags := uintptr(flagTsync | flagNewListener | flagTsyncEsrch | flagWaitKillable)
	fd, errno := set(flags, &prog)
	if errno == unix.EINVAL {
		fd, errno = set(flags&^flagWaitKillable, &prog)
	}
	return fd, asError(errno)
}

func set(flags uintptr, prog *unix.SockFprog) (int, syscall.Errno) {
	r, _, errno := unix.Syscall(unix.SYS_SECCOMP, setModeFilter, flags, uintptr(unsafe.Pointer(prog)))
	return int(r), errno
}

func asError(e syscall.Errno) error {
	if e == 0 {
		return nil
	}
	return e
}
