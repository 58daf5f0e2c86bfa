package apart

import (
	"errors"
	"fmt"
	"sync"

	"ringwall/internal/evidence"
)

// window is how many events may be under way to the journal at once.
const window = 256

// errGone means that nobody writes events down any more.
var errGone = errors.New("the supervisor does not record any more")

// recorder is the gateway's side of the journal. Record returns when the
// supervisor has written the event; several are under way at once, in the order
// in which they were sent.
type recorder struct {
	out *sender

	mu      sync.Mutex
	room    *sync.Cond
	sent    uint64
	written uint64
	waiting []chan error // one for each that is sent and not written; nil: nobody waits
	err     error
}

func newRecorder(out *sender) *recorder {
	r := &recorder{out: out}
	r.room = sync.NewCond(&r.mu)
	return r
}

// Record implements evidence.Recorder. The end of a request has no side effect
// that would have to wait: it is sent, and if it cannot be written the
// supervisor ends the run.
func (r *recorder) Record(e evidence.Event) error {
	b, err := encodeEvent(e)
	if err != nil {
		return err
	}
	if len(b) > maxFrame {
		return fmt.Errorf("an event of %d bytes", len(b))
	}
	var done chan error
	if e.Request == nil || !e.Request.Ended {
		done = make(chan error, 1)
	}
	if err := r.send(b, done); err != nil || done == nil {
		return err
	}
	return <-done
}

// send waits for room, and keeps the order of the queue that of the socket.
func (r *recorder) send(b []byte, done chan error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.err == nil && r.sent-r.written >= window {
		r.room.Wait()
	}
	if r.err != nil {
		return r.err
	}
	if err := r.out.send(frameEvent, b); err != nil {
		r.failLocked(err)
		return err
	}
	r.sent++
	r.waiting = append(r.waiting, done)
	return nil
}

// acknowledge takes the supervisor's word that so many are in the journal.
func (r *recorder) acknowledge(total uint64) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if total < r.written || total > r.sent {
		return fmt.Errorf("%w: %d events written, of %d", errFrame, total, r.sent)
	}
	n := int(total - r.written)
	for _, done := range r.waiting[:n] {
		if done != nil {
			done <- nil
		}
	}
	r.waiting, r.written = r.waiting[n:], total
	r.room.Broadcast()
	return nil
}

// fail ends all waiting: what was not written did not happen.
func (r *recorder) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failLocked(err)
}

func (r *recorder) failLocked(err error) {
	if r.err != nil {
		return
	}
	r.err = fmt.Errorf("%w: %w", errGone, err)
	for _, done := range r.waiting {
		if done != nil {
			done <- r.err
		}
	}
	r.waiting = nil
	r.room.Broadcast()
}
