package apart

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"
)

// fresh is the gateway's side of asking for a credential that has ended.
type fresh struct {
	out *sender

	mu   sync.Mutex
	next uint64
	wait map[uint64]chan<- answer
}

type answer struct {
	secret string
	err    error
}

func newFresh(out *sender) *fresh { return &fresh{out: out, wait: map[uint64]chan<- answer{}} }

// ask is egress.Config.Refresh.
func (f *fresh) ask(ctx context.Context, name string) (string, error) {
	done := make(chan answer, 1)
	f.mu.Lock()
	f.next++
	n := f.next
	f.wait[n] = done
	f.mu.Unlock()
	defer f.forget(n)
	if err := f.out.send(frameRefresh, number(n), []byte(name)); err != nil {
		return "", err
	}
	select {
	case a := <-done:
		return a.secret, a.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

func (f *fresh) forget(n uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.wait, n)
}

// answer is the supervisor's; nobody may be waiting for it any more.
func (f *fresh) answer(body []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	done := f.wait[binary.BigEndian.Uint64(body)]
	delete(f.wait, binary.BigEndian.Uint64(body))
	if done == nil {
		return
	}
	text := string(body[9:])
	if body[8] == 1 {
		done <- answer{secret: text}
	} else {
		done <- answer{err: errors.New(text)}
	}
}

// keys is the supervisor's side: it reads credentials again when the gateway
// asks, but not as often as somebody who took it over might, since a source can
// be a command of the owner's.
type keys struct {
	out     *sender
	refresh func(context.Context, string) (string, error)
	known   map[string]bool

	mu     sync.Mutex
	times  []time.Time
	cancel []context.CancelFunc
	ended  bool
}

// Bounds of questions.
const (
	maxRefresh   = 20          // in refreshSpan
	refreshSpan  = time.Minute // about the life of the shortest credential
	refreshTime  = time.Minute // for one
	maxName      = 256
	maxFreshSize = maxTold - 9
)

// asked starts to answer one question. Only one that the gateway cannot ask is
// an error.
func (k *keys) asked(body []byte) error {
	if len(body) < 8 || len(body) > 8+maxName || k.refresh == nil || !k.known[string(body[8:])] || len(body) == 8 {
		return fmt.Errorf("the gateway says what it cannot say: %w: a credential to refresh", errFrame)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	n, name := body[:8], string(body[8:])
	if !k.turn(time.Now()) {
		return k.out.send(frameFresh, n, []byte{0}, []byte("it was asked for too often"))
	}
	ctx, cancel := context.WithTimeout(context.Background(), refreshTime)
	k.cancel = append(k.cancel, cancel)
	if k.ended {
		cancel()
	}
	go func() {
		defer cancel()
		_ = k.out.send(frameFresh, append([][]byte{n}, k.fetch(ctx, name)...)...)
	}()
	return nil
}

func (k *keys) fetch(ctx context.Context, name string) [][]byte {
	secret, err := k.refresh(ctx, name)
	if err == nil && len(secret) > maxFreshSize {
		err = errors.New("the value is too long")
	}
	if err != nil {
		return [][]byte{{0}, cutText(err.Error())}
	}
	return [][]byte{{1}, []byte(secret)}
}

// turn takes one of the questions that may be asked in a span.
func (k *keys) turn(now time.Time) bool {
	for len(k.times) > 0 && now.Sub(k.times[0]) > refreshSpan {
		k.times, k.cancel = k.times[1:], k.cancel[1:]
	}
	if len(k.times) >= maxRefresh {
		return false
	}
	k.times = append(k.times, now)
	return true
}

// end cuts off what is under way.
func (k *keys) end() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.ended = true
	for _, cancel := range k.cancel {
		cancel()
	}
}
