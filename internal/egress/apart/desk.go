package apart

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"ringwall/internal/egress"
	"ringwall/internal/evidence"
)

// errEnded means that the gateway is gone without its last word.
var errEnded = errors.New("the gateway's process ended")

// desk is the supervisor's side of the talk. Whatever it hears may come from
// somebody who took the gateway over: it writes down what the gateway may say,
// at a bounded rate, and takes anything else for a fault.
type desk struct {
	out    *sender
	in     *bufio.Reader
	rec    evidence.Recorder
	judge  *judge
	pace   pace
	events uint64 // written
	told   uint64 // of which the gateway knows

	serving chan struct{} // closed when the gateway serves
	closing atomic.Bool   // it was asked to end
	closed  chan error    // what the gateway said at the end
	counts  counts
	keys    keys
}

func newDesk(conn net.Conn, cfg egress.Config, j *judge) *desk {
	d := &desk{out: &sender{conn: conn}, in: bufio.NewReaderSize(conn, maxFrame+headerSize), rec: cfg.Recorder, judge: j,
		pace: pace{every: paceEvery}, serving: make(chan struct{}), closed: make(chan error, 1)}
	d.keys = keys{out: d.out, refresh: cfg.Refresh, known: j.credentials}
	return d
}

// listen returns why nothing more can be heard: nil after the gateway's last
// word. The gateway is then done for in any case.
func (d *desk) listen() error {
	defer d.counts.end()
	defer d.keys.end()
	for {
		kind, body, err := readFrame(d.in, maxFrame)
		if errors.Is(err, errFrame) {
			return fmt.Errorf("the gateway says what it cannot say: %w", err)
		}
		if err != nil {
			return fmt.Errorf("%w: %w", errEnded, err)
		}
		last, err := d.heard(kind, body)
		if err != nil || last {
			return err
		}
		if err := d.answer(); err != nil {
			return err
		}
	}
}

func (d *desk) heard(kind byte, body []byte) (last bool, err error) {
	switch kind {
	case frameEvent:
		return false, d.event(body)
	case frameCounts:
		return false, d.counts.take(body)
	case frameRefresh:
		return false, d.keys.asked(body)
	case frameServing:
		return false, d.served(body)
	case frameFault:
		return false, errors.New(text(body))
	case frameClosed:
		if !d.closing.Load() {
			return false, fmt.Errorf("the gateway says what it cannot say: %w: nobody asked it to end", errFrame)
		}
		d.closed <- asError(text(body))
		return true, nil
	}
	return false, fmt.Errorf("the gateway says what it cannot say: %w: kind %q", errFrame, kind)
}

// event writes one event down before the gateway is told so.
func (d *desk) event(body []byte) error {
	d.pace.turn()
	e, err := d.judge.event(body)
	if err != nil {
		return fmt.Errorf("the gateway says what it cannot say: %w", err)
	}
	if err := d.rec.Record(e); err != nil {
		return fmt.Errorf("gateway: record: %w", err)
	}
	d.events++
	return nil
}

// answer acknowledges what was written, once for all that came together.
func (d *desk) answer() error {
	if d.told == d.events || d.in.Buffered() >= headerSize && d.events-d.told < window/2 {
		return nil
	}
	d.told = d.events
	return d.out.send(frameWritten, number(d.told))
}

func (d *desk) served(body []byte) error {
	select {
	case <-d.serving:
		return fmt.Errorf("the gateway says what it cannot say: %w: it serves already", errFrame)
	default:
		close(d.serving)
		return nil
	}
}

// text makes hostile text harmless to print.
func text(b []byte) string { return evidence.Printable(string(b[:min(len(b), maxText)])) }

func asError(s string) error {
	if s == "" {
		return nil
	}
	return errors.New(s)
}

// pace lets a burst of events through, and then so many a second: nobody who
// took the gateway over keeps the supervisor from its other work.
type pace struct {
	every time.Duration
	next  time.Time
}

const (
	paceBurst = 20000
	paceEvery = 200 * time.Microsecond // 5,000 a second
)

func (p *pace) turn() {
	now := time.Now()
	if full := now.Add(-paceBurst * p.every); p.next.Before(full) {
		p.next = full
	}
	if p.next = p.next.Add(p.every); p.next.After(now) {
		time.Sleep(p.next.Sub(now))
	}
}
