package egress

import (
	"errors"
	"io"
	"sync/atomic"
)

// errStopped ends a body that may not go on.
var errStopped = errors.New("the gateway stopped the request")

// outBody is a body on its way out: watched, counted, and bounded. It is read
// by net/http, perhaps still while the answer is passed on.
type outBody struct {
	c   *crossing
	src io.ReadCloser
	n   atomic.Int64
	why atomic.Pointer[string]
}

func newOutBody(c *crossing, r io.Reader) *outBody {
	b := &outBody{c: c}
	b.src = c.watch(r)
	return b
}

// Read implements io.Reader.
func (b *outBody) Read(p []byte) (int, error) {
	n, err := b.src.Read(p)
	if n == 0 {
		return 0, err
	}
	if why := b.spend(n); why != "" {
		b.stop(why)
		return 0, errStopped
	}
	return n, err
}

// spend counts bytes before they leave.
func (b *outBody) spend(n int) string {
	if most := b.c.rule.maxUpload; most > 0 && b.n.Load()+int64(n) > most {
		return tooLarge(most)
	}
	if why := b.c.g.takeBytes(b.c.spent, n); why != "" {
		return why
	}
	b.n.Add(int64(n))
	b.c.g.sent.Add(int64(n))
	return ""
}

func (b *outBody) stop(why string) { b.why.CompareAndSwap(nil, &why) }

// stopped says why the body did not go on, or nothing.
func (b *outBody) stopped() string {
	if why := b.why.Load(); why != nil {
		return *why
	}
	return ""
}

// Close implements io.Closer; the connection that it comes from goes on.
func (b *outBody) Close() error { return nil }

// watched is what a client sends after a connection became a WebSocket.
func (c *crossing) watched(r io.Reader) io.Reader {
	c.body = newOutBody(c, r)
	return c.body
}
