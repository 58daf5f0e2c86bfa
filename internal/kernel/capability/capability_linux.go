// Package capability takes the powers of root away from a process.
package capability

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// secureBits is SECBIT_NOROOT, NO_SETUID_FIXUP and NO_CAP_AMBIENT_RAISE with
// their locks, and KEEP_CAPS locked off (linux/securebits.h): nothing gives a
// capability back, not even becoming uid 0 of the namespace.
const secureBits = 1<<0 | 1<<1 | 1<<2 | 1<<3 | 1<<5 | 1<<6 | 1<<7

// Everywhere tells whether a change can be made on all threads of this process
// at once. A program that was linked with C cannot: its threads are not Go's
// alone (syscall.AllThreadsSyscall gives ENOTSUP).
func Everywhere() bool {
	_, _, errno := syscall.AllThreadsSyscall(unix.SYS_GETPID, 0, 0, 0)
	return errno == 0
}

// DropAll empties the permitted, effective and inheritable sets of every
// thread of the process, and on the calling thread also the bounding and the
// ambient set, which only matter where a program is started from. The bounding
// set goes first: taking from it needs CAP_SETPCAP, which goes last.
func DropAll() error { return dropWith(syscall.AllThreadsSyscall) }

// DropThread does the same to the calling thread alone. It is enough only
// where that thread goes on to exec, which ends the others.
func DropThread() error { return dropWith(syscall.Syscall) }

// call is a way to make a system call: on one thread, or on all.
type call func(nr, a, b, c uintptr) (uintptr, uintptr, syscall.Errno)

func dropWith(sets call) error {
	for c := uintptr(0); ; c++ {
		err := unix.Prctl(unix.PR_CAPBSET_DROP, c, 0, 0, 0)
		if err == unix.EINVAL && c > unix.CAP_CHOWN { // past the last one of this kernel
			break
		}
		if err != nil {
			return err
		}
	}
	if err := unix.Prctl(unix.PR_SET_SECUREBITS, secureBits, 0, 0, 0); err != nil {
		return err
	}
	if err := unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); err != nil {
		return err
	}
	return clearSets(sets)
}

func clearSets(sets call) error {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var none [2]unix.CapUserData
	_, _, errno := sets(unix.SYS_CAPSET,
		uintptr(unsafe.Pointer(&header)), uintptr(unsafe.Pointer(&none[0])), 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// NoNewPrivs makes every later exec give nothing that the process lacks, for
// every thread and for good.
func NoNewPrivs() error {
	_, _, errno := syscall.AllThreadsSyscall6(unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}
