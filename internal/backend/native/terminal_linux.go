package native

import (
	"errors"

	"golang.org/x/sys/unix"
)

// gotTerminal takes the other end of the command's terminal, which the first
// process made.
func (r *run) gotTerminal(fds []int) error {
	if r.native.Terminal == nil || len(r.terminal) > 0 || len(fds) != 1 {
		for _, fd := range fds {
			unix.Close(fd)
		}
		return errors.New("a terminal that nobody asked for")
	}
	r.terminal = fds
	return nil
}

// startTerminal connects both terminals, as late as can be: up to here an error
// finds the caller's as it was.
func (r *run) startTerminal() (err error) {
	t := r.native.Terminal
	if t == nil {
		return nil
	}
	if len(r.terminal) == 0 {
		return errors.New("the first process made no terminal")
	}
	if r.guard, err = hireGuard(t.Caller.File()); err != nil {
		return err
	}
	master := r.terminal[0]
	r.terminal = nil
	return t.Start(master, r.guard.pipe, func() { r.forward(unix.SIGHUP) })
}

// closeTerminal gives the caller's terminal back; what the command wrote has
// arrived by then. It may be called more than once.
func (r *run) closeTerminal() {
	if r.native != nil && r.native.Terminal != nil {
		r.native.Terminal.Stop()
	}
	for _, fd := range r.terminal {
		unix.Close(fd)
	}
	r.terminal = nil
	if r.guard != nil {
		r.guard.dismiss()
		r.guard = nil
	}
}
