package native

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"ringwall/internal/egress"
	"ringwall/internal/kernel/launch"
	"ringwall/internal/kernel/namespace"
)

// handshake follows the first process until the command runs. Nothing
// untrusted runs before Go is sent, and Go is sent only when every limit has
// been read back.
func (r *run) handshake(spec *launch.Spec) error {
	var sockets []*os.File
	for {
		m, err := r.process.Next()
		if err != nil {
			closeAll(sockets)
			return err
		}
		switch m.Kind {
		case launch.Sockets:
			sockets = append(sockets, asFiles(m.FDs)...)
		case launch.Watched:
			err = r.watcher.decoy(string(m.Body), m.FDs)
		case launch.Terminal:
			err = r.gotTerminal(m.FDs)
		case launch.Ready:
			return r.ready(spec, sockets)
		default:
			err = fmt.Errorf("unexpected message %q", m.Kind)
		}
		if err != nil {
			closeAll(sockets)
			return err
		}
	}
}

func asFiles(fds []int) []*os.File {
	out := make([]*os.File, len(fds))
	for i, fd := range fds {
		out[i] = os.NewFile(uintptr(fd), "gateway-socket")
	}
	return out
}

// ready is the moment between the built view and the locks.
func (r *run) ready(spec *launch.Spec, sockets []*os.File) error {
	if err := r.gateway.Serve(egress.Sockets(r.plan), sockets); err != nil {
		return err
	}
	if err := r.process.Send(launch.Go); err != nil {
		return err
	}
	return r.confined(spec)
}

// confined is the moment between the locks and the command: all limits are
// read back, and the refused calls have somebody who answers them.
func (r *run) confined(spec *launch.Spec) error {
	m, err := r.process.Next()
	if err != nil {
		return err
	}
	if m.Kind != launch.Confined || spec.Observe != (len(m.FDs) == 1) {
		return errors.New("the first process did not say that it is confined")
	}
	if spec.Observe {
		if r.observer, err = newObserver(r, m.FDs[0]); err != nil {
			unix.Close(m.FDs[0])
			return err
		}
	}
	if err := r.readLimitsBack(true); err != nil {
		return err
	}
	if err := r.startTerminal(); err != nil {
		return err
	}
	return r.process.Send(launch.Go)
}

// result waits for the last message: the command's status, or why it never
// started.
func (r *run) result() ended {
	m, err := r.process.Next()
	if err == nil && (m.Kind != launch.Exited || len(m.Body) != 5) {
		err = namespace.ErrLost
	}
	if err != nil {
		return ended{err: err}
	}
	return ended{status: unix.WaitStatus(launch.Uint32(m.Body)), alone: m.Body[4] == 1}
}
