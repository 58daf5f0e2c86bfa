//go:build unix

package cli

import (
	"errors"
	"os"
	"os/signal"

	"golang.org/x/sys/unix"
)

// watchTerminal tells when the terminal has another size or the program is to
// be stopped for a while, and when it is to end.
func watchTerminal() (changed, ended <-chan os.Signal, stop func()) {
	c, e := make(chan os.Signal, 1), make(chan os.Signal, 1)
	signal.Notify(c, unix.SIGWINCH, unix.SIGTSTP, unix.SIGCONT)
	signal.Notify(e, unix.SIGINT, unix.SIGTERM, unix.SIGHUP, unix.SIGQUIT)
	return c, e, func() { signal.Stop(c); signal.Stop(e) }
}

// suspended gives way to a stop from outside; any other signal is for the next
// drawing.
func (t *screen) suspended(s os.Signal) error {
	if s != unix.SIGTSTP {
		return nil
	}
	return t.suspend()
}

// suspend gives the terminal back while the program is stopped. The stop may
// come a moment after the call that asks for it, so going on is waited for.
func (t *screen) suspend() error {
	goesOn := make(chan os.Signal, 1)
	signal.Notify(goesOn, unix.SIGCONT)
	defer signal.Stop(goesOn)
	if err := errors.Join(t.leave(), unix.Kill(unix.Getpid(), unix.SIGSTOP)); err != nil {
		return err
	}
	<-goesOn
	return t.enter()
}
