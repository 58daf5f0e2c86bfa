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
//
// Every file that is made inside waits for it, so the way of a call that is no
// attempt is kept short: three system calls, and no memory is allocated.
type observer struct {
	run      *run
	listener *seccomp.Listener
	rules    *seccomp.Index
	wake     [2]int
	wg       sync.WaitGroup
	attempts atomic.Int64
	seen     tally
	frozen   frozen
	ports    []int        // that the gateway answers for
	call     seccomp.Call // the one that is looked at
	memory   memory
	place    place
}

func newObserver(r *run, fd int) (*observer, error) {
	o := &observer{run: r, listener: seccomp.NewListener(fd), rules: seccomp.NewIndex(r.rules), frozen: newFrozen(r.plan), ports: gatewayPorts(r.plan)}
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
	for o.more() {
		err := o.listener.Receive(&o.call)
		switch {
		case errors.Is(err, seccomp.ErrGone):
			if o.listener.Over() {
				return
			}
		case err == unix.EINTR:
		case err != nil || !o.one():
			o.lost()
			return
		}
	}
}

// more waits for a call; false means that there will be none.
func (o *observer) more() bool {
	ready, err := o.listener.Ready(o.wake[0])
	if err != nil {
		o.lost()
	}
	return ready
}

func (o *observer) lost() { o.run.halt(backend.Lost) }

// one answers the call that was received; false means that the listener is
// broken.
func (o *observer) one() bool {
	var err error
	rule := o.rules.Find(&o.call)
	if rule != nil && rule.Action == seccomp.Watch {
		if attempt := o.look(rule); attempt != nil {
			o.tell(attempt)
		}
		err = o.listener.Continue(o.call.ID)
	} else {
		o.refuse(rule)
		err = o.listener.Deny(o.call.ID, unix.EPERM)
	}
	return err == nil || errors.Is(err, seccomp.ErrGone)
}

// tell notes an attempt, if the call still waits: only then was it the caller
// that was looked at, and not another process that has its number by now.
func (o *observer) tell(attempt *evidence.Refused) {
	attempt.PID = int(o.call.PID)
	attempt.Program = programName(attempt.PID)
	if o.listener.Waiting(o.call.ID) {
		o.note(attempt)
	}
}

// refuse notes a call that the table denies. One that no row explains is
// refused too: the filter passed it on for a reason that this build does not
// know.
func (o *observer) refuse(rule *seccomp.Rule) {
	if rule == nil {
		rule = &seccomp.Rule{}
	}
	pid := int(o.call.PID)
	o.note(&evidence.Refused{Layer: "isolation", Control: "isolation.syscalls",
		What: rule.Call, Errno: "EPERM", Why: rule.Why, PID: pid, Program: programName(pid)})
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
