package egress

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestManyAskOnce: whoever wants a name at the same time waits for one question,
// and for a moment after it nobody asks again. A failure is asked again at once.
func TestManyAskOnce(t *testing.T) {
	r := newRig(t, echo(t), allow("a.example", 80))
	var asked atomic.Int64
	fails := atomic.Bool{}
	r.cfg.Resolve = func(context.Context, string) ([]netip.Addr, error) {
		asked.Add(1)
		time.Sleep(20 * time.Millisecond)
		if fails.Load() {
			return nil, errors.New("no answer")
		}
		return []netip.Addr{netip.MustParseAddr("93.184.216.34")}, nil
	}
	r.start(t)
	many := func(n int) (failed int64) {
		var wg sync.WaitGroup
		var bad atomic.Int64
		for range n {
			wg.Go(func() {
				if _, err := r.Gateway.resolve(t.Context(), "a.example"); err != nil {
					bad.Add(1)
				}
			})
		}
		wg.Wait()
		return bad.Load()
	}
	fails.Store(true)
	if bad := many(20); bad != 20 || asked.Load() != 1 {
		t.Errorf("%d of 20 failed, %d questions", bad, asked.Load())
	}
	fails.Store(false)
	if bad := many(20) + many(20); bad != 0 || asked.Load() != 2 {
		t.Errorf("%d of 40 failed, %d questions", bad, asked.Load())
	}
}

// TestOldAnswerIsAskedAgain: what a name leads to may change.
func TestOldAnswerIsAskedAgain(t *testing.T) {
	asked := 0
	l := lookups{ctx: t.Context(), run: func(f func()) { go f() }, ask: func(context.Context, string) ([]netip.Addr, error) {
		asked++
		return []netip.Addr{netip.AddrFrom4([4]byte{1, 1, 1, byte(asked)})}, nil
	}}
	first := l.question("a.example")
	<-first.done
	if l.question("a.example") != first {
		t.Error("asked again at once")
	}
	l.mu.Lock()
	first.until = time.Now().Add(-time.Second)
	l.mu.Unlock()
	if got, err := l.get(t.Context(), "a.example"); err != nil || got[0].String() != "1.1.1.2" {
		t.Errorf("%v %v", got, err)
	}
}

// TestNextAddress: an address that never answers costs a moment, one that is
// refused nothing, and no connection is left over. With the silent one alone
// there is no connection.
func TestNextAddress(t *testing.T) {
	const silent, refused, good = "2606:4700::1", "93.184.216.1", "93.184.216.34"
	up := echo(t)
	for _, c := range []struct {
		addrs []string
		ok    bool
	}{
		{[]string{silent, good}, true}, {[]string{refused, silent, good}, true}, {[]string{good, silent}, true},
		{[]string{silent}, false}, {[]string{refused, refused}, false},
	} {
		r := newRig(t, up, allow("a.example", 80))
		r.cfg.Dial = func(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
			switch to.Addr().String() {
			case silent:
				<-ctx.Done()
				return nil, ctx.Err()
			case refused:
				return nil, errors.New("refused")
			}
			return (&net.Dialer{}).DialContext(ctx, "tcp", up)
		}
		r.start(t)
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		var addrs []netip.Addr
		for _, a := range c.addrs {
			addrs = append(addrs, netip.MustParseAddr(a))
		}
		conn, err := r.Gateway.dialAny(ctx, addrs, 80)
		if (err == nil) != c.ok {
			t.Errorf("%v: %v", c.addrs, err)
		}
		if err == nil {
			conn.Close()
		}
		cancel()
		r.Close() // waits for what was left over
	}
}
