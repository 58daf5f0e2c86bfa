package apart

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// door waits for the first connection or datagram at any of the gateway's
// sockets. It takes nothing from them: what arrived waits for the gateway. It
// costs no thread, since the runtime's poller can wait for another one.
type door struct{ poll *os.File }

func newDoor(sockets []*os.File) (*door, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	for _, f := range sockets {
		if f == nil {
			err = errors.New("no socket was received")
			break
		}
		raw, err2 := f.SyscallConn()
		if err2 != nil {
			err = err2
			break
		}
		err2 = raw.Control(func(s uintptr) {
			err = os.NewSyscallError("epoll_ctl", unix.EpollCtl(fd, unix.EPOLL_CTL_ADD, int(s), &unix.EpollEvent{Events: unix.EPOLLIN}))
		})
		if err = errors.Join(err, err2); err != nil {
			break
		}
	}
	if err = errors.Join(err, unix.SetNonblock(fd, true)); err != nil {
		unix.Close(fd)
		return nil, err
	}
	return &door{os.NewFile(uintptr(fd), "gateway-door")}, nil
}

// knocked returns when somebody came, or with os.ErrClosed after close.
func (d *door) knocked() error {
	raw, err := d.poll.SyscallConn()
	if err != nil {
		return err
	}
	var events [1]unix.EpollEvent
	var wait error
	err = raw.Read(func(fd uintptr) bool {
		n, err := unix.EpollWait(int(fd), events[:], 0)
		if err == unix.EINTR {
			n, err = 0, nil
		}
		wait = err
		return n > 0 || err != nil
	})
	if err = errors.Join(wait, err); err != nil {
		return fmt.Errorf("wait for a connection: %w", err)
	}
	return nil
}

func (d *door) close() { d.poll.Close() }
