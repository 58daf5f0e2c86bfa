package pty

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// StopSelf stops this process as SIGTSTP does to one that does not catch it,
// and returns when it goes on. Where nobody could let it go on, the kernel does
// not stop it. Go leaves its handler in place once it was asked for a signal,
// so the kernel is told by hand.
func StopSelf() {
	var standard, ours sigaction
	if sigactionOf(unix.SIGTSTP, &standard, &ours) != 0 {
		return
	}
	unix.Kill(unix.Getpid(), unix.SIGTSTP)
	sigactionOf(unix.SIGTSTP, &ours, nil)
}

// sigaction has room for the kernel's struct; all zero is the standard action.
type sigaction [4]uint64

const sigsetSize = 8

func sigactionOf(s unix.Signal, act, old *sigaction) syscall.Errno {
	_, _, errno := unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(s), uintptr(unsafe.Pointer(act)),
		uintptr(unsafe.Pointer(old)), sigsetSize, 0, 0)
	return errno
}
