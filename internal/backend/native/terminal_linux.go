package native

import (
	"errors"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// callersTerminal is what the janitor restores; nil where there is none.
func (r *run) callersTerminal() *os.File {
	if r.native.Terminal == nil {
		return nil
	}
	return r.native.Terminal.Caller.File()
}

// gotTerminal takes the other end of the command's terminal, which the first
// process made.
func (r *run) gotTerminal(fds []int) error {
	if r.native.Terminal == nil || r.terminal >= 0 || len(fds) != 1 {
		for _, fd := range fds {
			unix.Close(fd)
		}
		return errors.New("a terminal that nobody asked for")
	}
	r.terminal = fds[0]
	return nil
}

// startTerminal connects both terminals, as late as can be: up to here an error
// finds the caller's as it was.
func (r *run) startTerminal() error {
	t := r.native.Terminal
	if t == nil {
		return nil
	}
	if r.terminal < 0 {
		return errors.New("the first process made no terminal")
	}
	var guard io.Writer
	if r.janitor != nil {
		guard = r.janitor.pipe
	}
	master := r.terminal
	r.terminal = -1
	return t.Start(master, guard, func() { r.forward(unix.SIGHUP) })
}

// closeTerminal gives the caller's terminal back; what the command wrote has
// arrived by then. It may be called more than once.
func (r *run) closeTerminal() {
	if r.native.Terminal != nil {
		r.native.Terminal.Stop()
	}
	if r.terminal >= 0 {
		unix.Close(r.terminal)
		r.terminal = -1
	}
}
