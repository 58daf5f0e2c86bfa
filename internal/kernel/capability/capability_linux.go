// Package capability takes the powers of root away from a process.
package capability

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// secureBits is all of SECBIT_NOROOT, NO_SETUID_FIXUP, NO_CAP_AMBIENT_RAISE
// and their locks (linux/securebits.h), KEEP_CAPS locked off: nothing gives a
// capability back, not even becoming uid 0 of the namespace.
const secureBits = 1<<0 | 1<<1 | 1<<2 | 1<<3 | 1<<5 | 1<<6 | 1<<7

// DropAll empties the bounding, ambient, inheritable, permitted and effective
// sets of every thread of the process. The bounding set goes first: taking
// from it needs CAP_SETPCAP, which goes last.
func DropAll() error {
	for c := uintptr(0); c <= unix.CAP_LAST_CAP+32; c++ {
		errno := prctlAll(unix.PR_CAPBSET_DROP, c)
		if errno == unix.EINVAL { // past the last capability of this kernel
			break
		}
		if errno != 0 {
			return errno
		}
	}
	if errno := prctlAll(unix.PR_SET_SECUREBITS, secureBits); errno != 0 {
		return errno
	}
	if errno := prctlAll(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL); errno != 0 {
		return errno
	}
	return clearSets()
}

func clearSets() error {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var none [2]unix.CapUserData
	_, _, errno := syscall.AllThreadsSyscall(unix.SYS_CAPSET,
		uintptr(unsafe.Pointer(&header)), uintptr(unsafe.Pointer(&none[0])), 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// NoNewPrivs makes every later exec give nothing that the process lacks, for
// every thread and for good.
func NoNewPrivs() error {
	if errno := prctlAll(unix.PR_SET_NO_NEW_PRIVS, 1); errno != 0 {
		return errno
	}
	return nil
}

func prctlAll(op, arg uintptr) syscall.Errno {
	_, _, errno := syscall.AllThreadsSyscall6(unix.SYS_PRCTL, op, arg, 0, 0, 0, 0)
	return errno
}
