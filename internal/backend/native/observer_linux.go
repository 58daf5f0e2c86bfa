package native

import (
	"errors"
	"runtime"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"ringwall/internal/backend"
	"ringwall/internal/evidence"
	"ringwall/internal/kernel/seccomp"
)

// observer answers the calls that the filter passes on: it refuses those that
// the table denies, and lets the others go on after a look. It is what makes a
// refusal visible; the refusal itself does not rest on it. If it fails, the
// calls get ENOSYS and the run ends.
type observer struct {
	run      *run
	listener *seccomp.Listener
	wake     [2]int
	wg       sync.WaitGroup
	attempts atomic.Int64
	seen     tally
	frozen   frozen
	buf      [pageSize + unix.PathMax]byte // of the one call that is looked at
}

func newObserver(r *run, fd int) (*observer, error) {
	o := &observer{run: r, listener: seccomp.NewListener(fd), frozen: newFrozen(r.plan)}
	o.seen = newTally(func(e *evidence.Refused) error {
		return r.recorder.Record(evidence.Event{Refused: e})
	})
	if err := unix.Pipe2(o.wake[:], unix.O_CLOEXEC); err != nil {
		return nil, err
	}
	o.listener.WakeTogether()
	o.wg.Add(1)
	go o.loop()
	return o, nil
}

// close ends the loop and writes what was counted.
func (o *observer) close() {
	unix.Close(o.wake[1])
	o.wg.Wait()
	unix.Close(o.wake[0])
	o.listener.Close()
	o.seen.flush()
}

func (o *observer) loop() {
	defer o.wg.Done()
	// Each call waits for this loop: a thread of its own spares it the hand-over
	// between threads of the runtime.
	runtime.LockOSThread()
	for {
		fds := []unix.PollFd{{Fd: int32(o.listener.FD()), Events: unix.POLLIN}, {Fd: int32(o.wake[0])}}
		if _, err := unix.Poll(fds, -1); err != nil && err != unix.EINTR {
			o.lost()
			return
		}
		// The other end hangs up when the last process that has the filter is
		// gone.
		if fds[1].Revents != 0 || fds[0].Revents&unix.POLLHUP != 0 {
			return
		}
		if fds[0].Revents&unix.POLLIN != 0 && !o.one() {
			o.lost()
			return
		}
	}
}

func (o *observer) lost() { o.run.halt(backend.Lost) }

// one takes and answers one call; false means that the listener is broken.
func (o *observer) one() bool {
	call, err := o.listener.Receive()
	if errors.Is(err, seccomp.ErrGone) || err == unix.EINTR {
		return true
	}
	if err != nil {
		return false
	}
	rule, known := seccomp.Find(o.run.rules, call)
	if known && rule.Action == seccomp.Watch {
		attempt := o.look(rule, call)
		if attempt != nil {
			attempt.Program = programName(attempt.PID)
		}
		// By now the process may be gone and its number another's: only if the
		// call still waits was it the caller that was looked at.
		if attempt != nil && o.listener.Waiting(call.ID) {
			o.note(attempt)
		}
		err = o.listener.Continue(call.ID)
	} else {
		// A call that no row explains is refused: the filter passed it on for
		// a reason that this build does not know.
		o.note(&evidence.Refused{Layer: "isolation", Control: "isolation.syscalls",
			What: rule.Call, Errno: "EPERM", Why: rule.Why, PID: int(call.PID), Program: programName(int(call.PID))})
		err = o.listener.Deny(call.ID, unix.EPERM)
	}
	return err == nil || errors.Is(err, seccomp.ErrGone)
}

// note counts an attempt. It is recorded before the call goes on; if it cannot
// be, the run ends.
func (o *observer) note(a *evidence.Refused) {
	o.attempts.Add(1)
	a.Source = evidence.Observed
	if err := o.seen.add(a); err != nil {
		o.lost()
	}
}
