package seccomp

import (
	"errors"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Numbers of the ioctls of a listener (linux/seccomp.h); they contain the sizes
// of the structures below.
const (
	ioctlReceive = 0xc0502100
	ioctlSend    = 0xc0182101
	ioctlValid   = 0x40082102
	ioctlFlags   = 0x40082104
)

const flagContinue = 1 // SECCOMP_USER_NOTIF_FLAG_CONTINUE

// Call is one call that waits for an answer (struct seccomp_notif).
type Call struct {
	ID    uint64
	PID   uint32 // of the thread, as the receiver numbers it
	Flags uint32
	Nr    int32
	Arch  uint32
	IP    uint64
	Args  [6]uint64
}

// response is struct seccomp_notif_resp.
type response struct {
	id    uint64
	val   int64
	errno int32
	flags uint32
}

// Listener receives calls that a filter passed on.
type Listener struct{ fd int }

// NewListener takes a descriptor that Install returned.
func NewListener(fd int) *Listener { return &Listener{fd: fd} }

// WakeTogether asks the kernel to run caller and listener on one CPU, since one
// of the two always waits (SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP, Linux 6.6).
// Where it cannot, nothing but time is lost.
func (l *Listener) WakeTogether() {
	unix.Syscall(unix.SYS_IOCTL, uintptr(l.fd), ioctlFlags, 1)
}

// FD is for poll(2).
func (l *Listener) FD() int { return l.fd }

// ErrGone means that the call is no longer waited for: its thread was killed.
var ErrGone = errors.New("the call is no longer waited for")

// Receive takes one waiting call.
func (l *Listener) Receive() (Call, error) {
	var c Call // must be zero, or the kernel refuses it
	return c, l.ioctl(ioctlReceive, unsafe.Pointer(&c))
}

// Deny answers a call with an error.
func (l *Listener) Deny(id uint64, errno syscall.Errno) error {
	r := response{id: id, errno: -int32(errno)}
	return l.ioctl(ioctlSend, unsafe.Pointer(&r))
}

// Continue lets the kernel go on with a call as if there were no filter. What
// the caller looked at can have changed since, so nothing may rest on it.
func (l *Listener) Continue(id uint64) error {
	r := response{id: id, flags: flagContinue}
	return l.ioctl(ioctlSend, unsafe.Pointer(&r))
}

// Waiting tells whether a call is still waited for. What was read of its
// process before, by number, is only then known to be of that process: the
// number of one that ended can already be another's.
func (l *Listener) Waiting(id uint64) bool {
	return l.ioctl(ioctlValid, unsafe.Pointer(&id)) == nil
}

func (l *Listener) ioctl(op uintptr, arg unsafe.Pointer) error {
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(l.fd), op, uintptr(arg))
	switch errno {
	case 0:
		return nil
	case unix.ENOENT:
		return ErrGone
	}
	return errno
}

// Close gives the descriptor up: calls that still wait get ENOSYS.
func (l *Listener) Close() error { return unix.Close(l.fd) }

// Find gives the row that a call was passed on for.
func Find(rules []Rule, c Call) (Rule, bool) {
	r, ok := Match(rules, int(c.Nr), c.Args) // a call that this architecture lacks has the number -1
	if !ok || r.Action != Deny && r.Action != Watch {
		return Rule{}, false
	}
	return r, true
}
