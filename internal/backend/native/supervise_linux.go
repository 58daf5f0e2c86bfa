package native

import (
	"context"
	"errors"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"ringwall/internal/backend"
	"ringwall/internal/evidence"
	"ringwall/internal/kernel/launch"
	"ringwall/internal/kernel/namespace"
)

// ended is what the goroutine that listens to the first process found.
type ended struct {
	status unix.WaitStatus
	alone  bool // no other process is left inside
	err    error
}

// supervise waits until the command ends, or has to, and returns when every
// process of the run is dead.
func (r *run) supervise(ctx context.Context) (backend.Result, error) {
	done := make(chan ended, 1)
	go func() { done <- r.result() }()
	r.watcher.start()
	defer leanOnceSettled()()
	reason, end := r.wait(ctx, done)
	if reason != backend.Exited || !end.alone {
		r.kill()
	}
	r.closeTerminal()
	r.watcher.last()
	r.meter.finish(ctx, reason)
	counts := r.counts() // asks the gateway, which may turn out to be gone
	if reason == backend.Exited {
		reason = r.exited() // what the last look found may not have been recorded
	}
	if reason == backend.Exited && r.meter.exceeded() {
		reason = backend.OverOutput // it ended before it was ended
	}
	reason = r.raised(reason)
	res := backend.Result{Reason: reason, Counts: counts, Alarm: r.alarm.Load()}
	err := conclude(&res, end)
	r.claim(&res)
	return res, err
}

// conclude fills in how the command ended. A first process that is lost
// without our doing is a failure of the boundary.
func conclude(res *backend.Result, end ended) error {
	var failure *namespace.Failure
	switch {
	case errors.As(end.err, &failure):
		return &backend.StartError{Err: failure}
	case end.err != nil && res.Reason == backend.Exited:
		res.Reason = backend.Lost
		return end.err
	case end.err != nil:
		res.ExitCode, res.Signal = 128+int(unix.SIGKILL), unix.SignalName(unix.SIGKILL)
	case end.status.Signaled():
		res.ExitCode = 128 + int(end.status.Signal())
		res.Signal = unix.SignalName(end.status.Signal())
	default:
		res.ExitCode = end.status.ExitStatus()
	}
	return nil
}

// wait handles what can happen while the command runs, and why it has to end.
func (r *run) wait(ctx context.Context, done <-chan ended) (string, ended) {
	deadline, stop := r.deadline()
	defer stop()
	for {
		select {
		case end := <-done:
			return r.byItself(end, deadline), end
		case <-deadline:
			r.reached("time", true)
			return r.end(backend.TimedOut, unix.SIGTERM, done)
		case reason := <-r.stop:
			return r.end(reason, unix.SIGTERM, done)
		case err := <-r.gateway.Fault():
			r.gatewayLost(err)
			return r.end(backend.Lost, unix.SIGTERM, done)
		case <-ctx.Done():
			return r.end(backend.Interrupted, unix.SIGTERM, done)
		case s := <-r.native.Signals:
			if s == unix.SIGHUP { // whoever started it is gone, and nobody would end it
				return r.end(backend.Interrupted, unix.SIGHUP, done)
			}
			r.forward(s)
		}
	}
}

// deadline is when the time is over, by a clock that cannot be set and stands
// still while the machine sleeps.
func (r *run) deadline() (<-chan time.Time, func() bool) {
	limit := r.limit("time")
	if limit <= 0 {
		return nil, func() bool { return false }
	}
	timer := time.NewTimer(time.Duration(limit) * time.Second)
	return timer.C, timer.Stop
}

// byItself is the reason for an end that this process did not bring about.
func (r *run) byItself(end ended, deadline <-chan time.Time) string {
	if end.err == nil {
		return backend.Exited
	}
	if r.group != nil && r.group.Events("memory") > 0 {
		// For lack of memory the kernel ends all of the group, the first
		// process too (memory.oom.group).
		return backend.OverMemory
	}
	select {
	case <-deadline: // passed while this process was stopped
		r.reached("time", true)
		return backend.TimedOut
	default:
		return backend.Exited
	}
}

// exited is the reason for a command that ended by itself, unless the boundary
// was lost before it did: what it did then was not recorded.
func (r *run) exited() string {
	for {
		select {
		case err := <-r.gatewayFault():
			r.gatewayLost(err)
			return backend.Lost
		case reason := <-r.stop:
			if reason == backend.Lost {
				return reason
			}
		default:
			return backend.Exited
		}
	}
}

// gatewayFault never tells anything where there is no gateway.
func (r *run) gatewayFault() <-chan error {
	if r.gateway == nil {
		return nil
	}
	return r.gateway.Fault()
}

// halt asks for the end of the run. One reason is enough: what asks must never
// wait for somebody to hear.
func (r *run) halt(reason string) {
	select {
	case r.stop <- reason:
	default:
	}
}

// record writes an event down. What cannot be recorded must not go on.
func (r *run) record(e evidence.Event) {
	if r.recorder.Record(e) != nil {
		r.halt(backend.Lost)
	}
}

// end asks the command to stop, gives it a moment, and lets the caller kill
// what is left. A lost boundary gets no moment, and neither does one who takes
// too much: it would take more.
func (r *run) end(reason string, ask unix.Signal, done <-chan ended) (string, ended) {
	if reason == backend.TimedOut || reason == backend.Interrupted {
		r.forward(ask)
	} else {
		r.process.Kill()
	}
	select {
	case e := <-done:
		return reason, e
	case <-time.After(grace):
		r.process.Kill()
		return reason, <-done
	}
}

func (r *run) forward(s os.Signal) {
	if sig, ok := s.(syscall.Signal); ok {
		r.process.Send(launch.Signal, byte(sig))
	}
}

func (r *run) counts() backend.Counts {
	stats := r.gateway.Stats()
	c := backend.Counts{Allowed: stats.Allowed, Refused: stats.Refused, Changed: r.watcher.changed.Load(),
		Models: backend.Models(stats.Models)}
	if r.observer != nil {
		c.Attempts = r.observer.attempts.Load()
	}
	return c
}
