package seccomp

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

const getActionAvail = 2

// Supported asks whether the kernel takes filters, without installing one.
func Supported() error { return available(retErrno) }

// NotifySupported asks whether a filter can pass a call to a supervisor.
func NotifySupported() error { return available(retNotify) }

func available(action uint32) error {
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, getActionAvail, 0, uintptr(unsafe.Pointer(&action)))
	return asError(errno)
}
