package pty

import (
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// Relay connects the caller's terminal with a command's own one, from Start to
// Stop.
//
// While the command alone uses the caller's terminal, that is raw: each key
// goes through, and it is the command's terminal that turns Ctrl-C into a
// signal. There are two other cases, in which the caller's terminal is left as
// it is: while this process is in the background, and, with Shared, until the
// command itself changes how its terminal works. Then keys are for others, or
// come in lines.
type Relay struct {
	Caller *Caller
	// FDs has a bit for each of the descriptors 0 to 2 that is the terminal.
	FDs uint8
	// Shared: other processes, those of the same pipeline, may be using the
	// caller's terminal as well.
	Shared bool

	mu      sync.Mutex
	master  *os.File
	fd      int          // of the master
	begun   unix.Termios // the command's terminal, at the start
	paused  bool
	guard   io.Writer // to who restores the terminal if we cannot
	guarded string    // what was said there last
	filter  Filter
	asked   time.Time // when the terminal was last made to type an answer
	wake    [2]*os.File
	hungUp  func()

	output  chan struct{} // closed when all output has arrived
	input   chan struct{} // closed when no more input is read
	moved   atomic.Int64  // bytes of output
	stopped bool
}

// Start connects the two. The master is the relay's from here on, also if that
// fails. Guard is told, for as long as it is needed, how to restore the
// caller's terminal; hungUp is called when that is gone.
func (r *Relay) Start(master int, guard io.Writer, hungUp func()) error {
	r.fd, r.guard, r.hungUp = master, guard, hungUp
	if err := r.begin(); err != nil {
		unix.Close(master)
		return fmt.Errorf("connect the terminal: %w", err)
	}
	r.output, r.input = make(chan struct{}), make(chan struct{})
	r.settle()
	go r.relayOutput()
	go r.relayInput()
	return nil
}

// begin makes the command's terminal like the caller's.
func (r *Relay) begin() (err error) {
	if err := r.Caller.look(); err != nil {
		return err
	}
	modes := r.Caller.usual()
	if r.Shared {
		modes.Lflag |= unix.EXTPROC // the caller's terminal shows what is typed
	}
	if err := unix.IoctlSetTermios(r.fd, unix.TCSETS, &modes); err != nil {
		return err
	}
	now, err := unix.IoctlGetTermios(r.fd, unix.TCGETS)
	if err != nil {
		return err
	}
	r.begun = *now
	if err := unix.SetNonblock(r.fd, true); err != nil {
		return err
	}
	if r.wake[0], r.wake[1], err = os.Pipe(); err != nil {
		return err
	}
	r.master = os.NewFile(uintptr(r.fd), "terminal")
	r.resize()
	return nil
}

func (r *Relay) resize() {
	size, err := unix.IoctlGetWinsize(int(r.Caller.tty.Fd()), unix.TIOCGWINSZ)
	if err == nil && r.master != nil {
		unix.IoctlSetWinsize(r.fd, unix.TIOCSWINSZ, size)
	}
}

// Resize gives the command's terminal the size of the caller's. The kernel
// tells the command.
func (r *Relay) Resize() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.running() {
		r.resize()
	}
}

func (r *Relay) running() bool { return r.master != nil && !r.stopped }

// Interrupt sends SIGINT, SIGQUIT or SIGTSTP to whom its key would reach inside.
// It tells whether it could.
func (r *Relay) Interrupt(s unix.Signal) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.running() && unix.IoctlSetInt(r.fd, unix.TIOCSIG, int(s)) == nil
}

// patience is how long output may stand still before Stop gives it up.
const patience = 2 * time.Second

// Stop ends the relay when every process inside is dead: what they wrote
// arrives first. Then the caller's terminal is as it was. It may be called more
// than once.
func (r *Relay) Stop() {
	if r.output == nil {
		return // it never started
	}
	arrived := r.drained()
	r.mu.Lock()
	if r.stopped {
		r.mu.Unlock()
		return
	}
	r.stopped = true
	r.mu.Unlock()
	r.wake[1].Close()
	r.master.Close()
	<-r.input
	if undo := r.filter.modes.undo(); arrived && undo != "" {
		writeAll(r.Caller.out, []byte(undo))
	}
	r.awaitAnswers()
	r.Caller.restore()
	r.clearGuard()
	r.wake[0].Close()
}

// drained waits until all output has arrived, for as long as it moves.
func (r *Relay) drained() bool {
	for {
		before := r.moved.Load()
		select {
		case <-r.output:
			return true
		case <-time.After(patience):
			if r.moved.Load() == before {
				return false
			}
		}
	}
}

// awaitAnswers gives a terminal that was asked something just now the time to
// answer, so that the answer is dropped here and not typed to whoever reads
// next.
func (r *Relay) awaitAnswers() {
	const answerTime = 100 * time.Millisecond
	if r.Caller.raw && time.Since(r.asked) < 5*answerTime {
		time.Sleep(answerTime)
	}
}
