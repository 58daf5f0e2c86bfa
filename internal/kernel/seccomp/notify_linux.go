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

// OpensForWriting is the flags of an open that the filter passes on. Those of
// openat2 lie in memory: whoever looks there compares with the same.
const OpensForWriting = oWrite

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

// Listener receives calls that a filter passed on. It is used by one goroutine;
// only Close may come from another, when that one has ended.
type Listener struct {
	fd     int
	answer response // of the one call that is answered; kept, so that none is allocated
}

// NewListener takes a descriptor that Install returned.
func NewListener(fd int) *Listener { return &Listener{fd: fd} }

// WakeTogether asks the kernel to run caller and listener on one CPU, since one
// of the two always waits (SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP, Linux 6.6).
// Where it cannot, nothing but time is lost.
func (l *Listener) WakeTogether() {
	unix.Syscall(unix.SYS_IOCTL, uintptr(l.fd), ioctlFlags, 1)
}

// ErrGone means that the call is no longer waited for: its thread was killed,
// or a signal took it back. Over tells whether there can be another.
var ErrGone = errors.New("the call is no longer waited for")

// Receive waits for a call.
func (l *Listener) Receive(c *Call) error {
	*c = Call{} // or the kernel refuses it
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(l.fd), ioctlReceive, uintptr(unsafe.Pointer(c)))
	return asResult(errno)
}

// Ready waits until there is a call to receive, or stop is readable or closed
// at its other end; false means that no call will come.
func (l *Listener) Ready(stop int) (bool, error) {
	fds := []unix.PollFd{{Fd: int32(l.fd), Events: unix.POLLIN}, {Fd: int32(stop)}}
	for {
		_, err := unix.Poll(fds, -1)
		switch {
		case err == unix.EINTR:
		case err != nil:
			return false, err
		default:
			return fds[1].Revents == 0 && fds[0].Revents&unix.POLLHUP == 0, nil
		}
	}
}

// Over tells whether every process that has the filter is gone.
func (l *Listener) Over() bool {
	fds := []unix.PollFd{{Fd: int32(l.fd)}}
	_, err := unix.Poll(fds, 0)
	return err == nil && fds[0].Revents&unix.POLLHUP != 0
}

// Deny answers a call with an error.
func (l *Listener) Deny(id uint64, errno syscall.Errno) error {
	return l.send(response{id: id, errno: -int32(errno)})
}

// Continue lets the kernel go on with a call as if there were no filter. What
// the caller looked at can have changed since, so nothing may rest on it.
func (l *Listener) Continue(id uint64) error {
	return l.send(response{id: id, flags: flagContinue})
}

// send never waits, so the Go scheduler need not hear of it.
func (l *Listener) send(r response) error {
	l.answer = r
	_, _, errno := unix.RawSyscall(unix.SYS_IOCTL, uintptr(l.fd), ioctlSend, uintptr(unsafe.Pointer(&l.answer)))
	return asResult(errno)
}

// Waiting tells whether a call is still waited for. What was read of its
// process before, by number, is only then known to be of that process: the
// number of one that ended can already be another's.
func (l *Listener) Waiting(id uint64) bool {
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(l.fd), ioctlValid, uintptr(unsafe.Pointer(&id)))
	return errno == 0
}

func asResult(errno syscall.Errno) error {
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

// Index finds the row that a call was passed on for, by the call's number.
type Index [NewestCall + 1][]*Rule

// NewIndex makes the index of a table.
func NewIndex(rules []Rule) *Index {
	x := new(Index)
	for i := range rules {
		if nr := native.number(rules[i].Call); nr >= 0 && nr < len(x) {
			x[nr] = append(x[nr], &rules[i])
		}
	}
	return x
}

// Find gives the row; nil where there is none, or where the program answers by
// itself. As in the program, the first that holds decides.
func (x *Index) Find(c *Call) *Rule {
	if c.Nr < 0 || int(c.Nr) >= len(x) { // a call that this architecture lacks has the number -1
		return nil
	}
	for _, r := range x[c.Nr] {
		if !r.holds(c.Args) {
			continue
		}
		if r.Action != Deny && r.Action != Watch {
			return nil
		}
		return r
	}
	return nil
}
