package egress

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

// conn1 is a connection that speaks HTTP/1.
type conn1 struct {
	g    *Gateway
	conn net.Conn
	here site
	in   inbound
	out  sender
}

// serveHTTP1 serves the requests of a connection one after the other, so that
// those that a client sends ahead are answered in order.
//
// here names what was asked when not even that can be read.
func (g *Gateway) serveHTTP1(c net.Conn, here site, r route) {
	k := &conn1{g: g, conn: c, here: here}
	k.in = inbound{conn: c, wait: g.patience, buf: g.heads.get()}
	k.out.conn, k.out.pool = c, &g.blocks
	defer func() { g.heads.put(k.in.buf) }()
	defer k.aborted()
	patience := g.patience.first
	for k.one(r, patience) {
		patience = g.patience.idle
	}
}

// one serves a request and reports whether another may follow.
func (k *conn1) one(r route, patience time.Duration) bool {
	h, err := k.in.head(patience)
	if errors.Is(err, io.EOF) {
		return false
	}
	if err != nil {
		if !k.harmless(k.here, &h, err) {
			reset(k.conn)
			return false
		}
		k.g.answer(k.conn, k.here, &h, http.StatusBadRequest, err.Error())
		return false
	}
	s, code, why := r(&h)
	if code != 0 {
		if !k.harmless(s, &h, nil) {
			reset(k.conn)
			return false
		}
		k.g.answer(k.conn, s, &h, code, why)
		return false
	}
	return k.serve(s, &h)
}

// harmless looks at a request that is not even decided on.
func (k *conn1) harmless(s site, h *requestHead, err error) bool {
	p := passage{g: k.g, to: s.to.String()}
	if s.to == (dest{}) {
		p.to = h.host.String()
	}
	if err != nil {
		return p.harmless(inHeader, k.in.buf[:k.in.w])
	}
	return p.harmlessHead(h)
}

// serve lets a request through, or says why not.
func (k *conn1) serve(s site, h *requestHead) bool {
	ctx, cancel := context.WithCancel(k.g.ctx)
	defer cancel()
	keep := h.keepsAlive() // now, since the headers are changed on their way
	k.out.reset(h)
	b := newBody(&k.in, h.length, k.out.continuer(h))
	x := k.g.cross(ctx, s, h, b, false)
	defer x.end()
	gone := k.watchClient(b, cancel)
	resp := x.forward()
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusSwitchingProtocols {
		gone()
		k.upgrade(x, resp)
		return false
	}
	keep = keep && b.ended()
	err := k.out.send(x, resp, keep)
	x.end()
	if gone() || !b.done() || err != nil || !keep {
		k.finish(err)
		return false
	}
	return true
}

// aborted takes the end that the gateway itself brought about, as net/http does.
func (k *conn1) aborted() {
	if p := recover(); p != nil {
		reset(k.conn)
		if p != http.ErrAbortHandler {
			panic(p)
		}
	}
}

// finish ends the connection; what follows an answer that was cut short is a
// reset, which nobody takes for its end.
func (k *conn1) finish(err error) {
	if err != nil {
		reset(k.conn)
		return
	}
	linger(k.conn)
}

// keepsAlive reports whether the client may send more.
func (h *requestHead) keepsAlive() bool {
	return h.http11 && !hasToken(h.header["Connection"], "close")
}

// hasToken looks for one word in the comma-separated values of a header.
func hasToken(values []string, want string) bool {
	for _, v := range values {
		for t := range strings.SplitSeq(v, ",") {
			if strings.EqualFold(strings.Trim(t, " \t"), want) {
				return true
			}
		}
	}
	return false
}

// leaveTime is how long an answer may take before the gateway looks whether
// the client still waits for it.
const leaveTime = 200 * time.Millisecond

// watchClient cancels a request whose client goes away before it was answered.
// The function ends the watch and reports whether it did.
func (k *conn1) watchClient(b *body, cancel func()) (gone func() bool) {
	left := false
	ended := make(chan struct{})
	t := time.AfterFunc(leaveTime, func() {
		defer close(ended)
		defer k.g.recovered()
		if !b.ended() || k.in.r != k.in.w {
			return
		}
		_ = k.conn.SetReadDeadline(time.Time{})
		k.in.r, k.in.w = 0, 0
		if err := k.in.fill(); err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			left = true
			cancel()
		}
	})
	return func() bool {
		if !t.Stop() {
			k.interrupt(ended)
		}
		return left
	}
}

// interrupt ends a read that may be about to begin.
func (k *conn1) interrupt(ended chan struct{}) {
	for {
		_ = k.conn.SetReadDeadline(time.Unix(1, 0))
		select {
		case <-ended:
			return
		case <-time.After(time.Millisecond):
		}
	}
}
