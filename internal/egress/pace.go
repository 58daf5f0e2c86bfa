package egress

import (
	"context"
	"sync"
	"time"
)

// Each exchange is two events in the journal, so a loop of requests could fill
// the owner's disk. Beyond a burst, new exchanges wait for their turn.
const (
	paceBurst = 2000
	paceEvery = 5 * time.Millisecond // 200 a second
)

// pacer is a token bucket that makes callers wait.
type pacer struct {
	mu   sync.Mutex
	next time.Time // when the bucket was, or will be, empty
	now  func() time.Time
}

func newPacer() *pacer { return &pacer{now: time.Now} }

// delay takes a turn and returns how long the caller has to wait for it.
func (p *pacer) delay() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	if full := now.Add(-paceBurst * paceEvery); p.next.Before(full) {
		p.next = full
	}
	p.next = p.next.Add(paceEvery)
	return p.next.Sub(now)
}

// wait blocks until it is the caller's turn.
func (p *pacer) wait(ctx context.Context) error {
	d := p.delay()
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
