package apart

import (
	"encoding/binary"
	"fmt"
	"sync"
	"time"

	"ringwall/internal/egress"
)

// counts asks the gateway what went through, and keeps the last answer.
type counts struct {
	mu    sync.Mutex
	last  egress.Stats
	asked uint64
	wait  map[uint64]chan struct{}
	ended bool
}

// maxAsked bounds the questions that nobody answered.
const maxAsked = 16

// ask returns the number of a question and a channel that is closed with its
// answer; nil where there will be none.
func (c *counts) ask() (uint64, <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended || len(c.wait) >= maxAsked {
		return 0, nil
	}
	if c.wait == nil {
		c.wait = map[uint64]chan struct{}{}
	}
	c.asked++
	done := make(chan struct{})
	c.wait[c.asked] = done
	return c.asked, done
}

// take is an answer.
func (c *counts) take(body []byte) error {
	var s egress.Stats
	if len(body) < 8 || strict(body[8:], &s) != nil || negative(s) {
		return fmt.Errorf("the gateway says what it cannot say: %w: counts", errFrame)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	n := binary.BigEndian.Uint64(body)
	done, asked := c.wait[n]
	if !asked {
		return fmt.Errorf("the gateway says what it cannot say: %w: counts that nobody asked for", errFrame)
	}
	delete(c.wait, n)
	close(done)
	c.last = s
	return nil
}

func negative(s egress.Stats) bool {
	m := s.Models
	return min(s.Allowed, s.Refused, s.Sent, s.Received, m.Answers, m.Tokens, m.Unknown) < 0 || m.CostUSD < 0
}

// end lets nobody wait any longer.
func (c *counts) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true
	for n, done := range c.wait {
		delete(c.wait, n)
		close(done)
	}
}

func (c *counts) over() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ended
}

// countTime is how long an answer is waited for.
const countTime = 500 * time.Millisecond

// stats is what went through until now, or until the gateway last said so.
func (d *desk) stats() egress.Stats {
	n, done := d.counts.ask()
	if done != nil && d.out.send(frameCount, number(n)) == nil {
		select {
		case <-done:
		case <-time.After(countTime):
		}
	}
	d.counts.mu.Lock()
	defer d.counts.mu.Unlock()
	return d.counts.last
}
