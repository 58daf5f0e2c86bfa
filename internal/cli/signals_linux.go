package cli

import (
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/pty"
)

// signals passes on to the command what this process is sent.
type signals struct {
	in       chan os.Signal
	out      chan os.Signal
	terminal *pty.Relay // nil: none
	quit     chan struct{}
	done     chan struct{}
}

// passSignals begins to pass signals on, until stop.
func passSignals(terminal *pty.Relay) *signals {
	s := &signals{in: make(chan os.Signal, 8), out: make(chan os.Signal), terminal: terminal,
		quit: make(chan struct{}), done: make(chan struct{})}
	if terminal != nil { // whose modes must not change before signals are heard
		s.listen()
	}
	go s.run()
	return s
}

func (s *signals) listen() {
	signal.Notify(s.in, heard(unix.SIGINT, unix.SIGTERM, unix.SIGQUIT, unix.SIGUSR1, unix.SIGUSR2,
		unix.SIGTSTP, unix.SIGCONT, unix.SIGWINCH)...)
}

func (s *signals) stop() {
	close(s.quit)
	<-s.done
	signal.Stop(s.in)
}

func (s *signals) run() {
	defer close(s.done)
	if s.terminal == nil {
		// Beside the rest, since it waits for a thread of its own. A signal that
		// comes before it ends ringwall, and with it what was begun.
		s.listen()
	}
	for {
		select {
		case <-s.quit:
			return
		case sig := <-s.in:
			s.handle(sig)
		}
	}
}

func (s *signals) handle(sig os.Signal) {
	switch sig {
	case unix.SIGWINCH:
		if s.terminal != nil {
			s.terminal.Resize()
		}
	case unix.SIGCONT: // after a stop that nobody could catch
		s.resume()
	case unix.SIGTSTP:
		s.suspend()
	case unix.SIGINT, unix.SIGQUIT:
		// To whom the key would go: a shell inside lives on.
		if s.terminal == nil || !s.terminal.Interrupt(sig.(syscall.Signal)) {
			s.send(sig)
		}
	default:
		s.send(sig)
	}
}

// send waits until the backend has taken the signal.
func (s *signals) send(sig os.Signal) bool {
	select {
	case s.out <- sig:
		return true
	case <-s.quit:
		return false
	}
}

// suspend stops the command and then this process, as the key or the shell
// asked, with the terminal as it was. SIGSTOP, because the command's session
// has nobody who could let it go on again: the kernel then ignores SIGTSTP.
func (s *signals) suspend() {
	if !s.send(unix.SIGSTOP) || !s.send(nothing{}) {
		return // the second is taken when the first was passed on
	}
	if s.terminal != nil {
		s.terminal.Pause()
	}
	pty.StopSelf()
	s.resume()
}

// nothing is a signal that is passed on to nobody.
type nothing struct{}

func (nothing) String() string { return "nothing" }
func (nothing) Signal()        {}

func (s *signals) resume() {
	if s.terminal != nil {
		s.terminal.Resume()
	}
	s.send(unix.SIGCONT)
}
