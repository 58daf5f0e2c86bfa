package egress

import (
	"context"
	"net/netip"
	"sync"
	"time"
)

// Bounds of what is remembered of the resolver's answers. What an answer may be
// used for is looked at each time, so that an old one opens nothing.
const (
	lookupFor  = 5 * time.Second
	maxLookups = 1000
)

// lookups asks for a name once for all who want it at the same time, and
// remembers the answer for a moment: a client that opens many connections to one
// host would else wait for the resolver at each. Failures are not remembered.
type lookups struct {
	ask func(ctx context.Context, name string) ([]netip.Addr, error)
	ctx context.Context // of the gateway
	run func(func())    // a goroutine of the gateway's

	mu   sync.Mutex
	byID map[string]*lookup
}

// lookup is one question. Its answer is there when done is closed.
type lookup struct {
	done  chan struct{}
	addrs []netip.Addr
	err   error
	until time.Time
}

// get waits for the answer as long as its caller may. The question itself has a
// time of its own, since others may wait for it too.
func (l *lookups) get(ctx context.Context, name string) ([]netip.Addr, error) {
	q := l.question(name)
	select {
	case <-q.done:
		return q.addrs, q.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// question is the one that was asked, or a new one.
func (l *lookups) question(name string) *lookup {
	l.mu.Lock()
	defer l.mu.Unlock()
	if q := l.byID[name]; q != nil && (q.until.IsZero() || time.Now().Before(q.until)) {
		return q
	}
	if l.byID == nil || len(l.byID) >= maxLookups {
		l.byID = map[string]*lookup{}
	}
	q := &lookup{done: make(chan struct{})}
	l.byID[name] = q
	l.run(func() { l.answer(name, q) })
	return q
}

func (l *lookups) answer(name string, q *lookup) {
	ctx, cancel := context.WithTimeout(l.ctx, dialTime)
	defer cancel()
	addrs, err := l.ask(ctx, name)
	l.mu.Lock()
	defer l.mu.Unlock()
	q.addrs, q.err, q.until = addrs, err, time.Now().Add(lookupFor)
	if err != nil && l.byID[name] == q {
		delete(l.byID, name)
	}
	close(q.done)
}
