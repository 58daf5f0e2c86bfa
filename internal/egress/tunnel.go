package egress

import (
	"errors"
	"io"
	"net"
	"sync/atomic"
	"time"

	"ringwall/internal/evidence"
)

// exchange is one thing that was let through. It gives two events of the same
// kind: one at the decision, before anything leaves, and one at the end with
// the totals; or it is part of a sum.
type exchange struct {
	g     *Gateway
	req   evidence.Request
	start time.Time
	own   bool // has events of its own
}

// begin records; false means that nothing may happen.
func (g *Gateway) begin(req evidence.Request) (*exchange, bool) {
	if g.broken.Load() || g.ctx.Err() != nil {
		return nil, false
	}
	x := &exchange{g: g, req: req, start: time.Now(), own: g.sums.own(req.Rule)}
	g.allowed.Add(1)
	return x, x.record()
}

// end records the totals.
func (x *exchange) end(status int, sent, received int64) {
	x.req.Status, x.req.Sent, x.req.Received = status, sent, received
	x.req.Millis, x.req.Ended = max(1, time.Since(x.start).Milliseconds()), true
	x.record()
}

func (x *exchange) record() bool {
	if !x.own {
		x.g.sums.add(x.req)
		return true
	}
	req := x.req
	if err := x.g.cfg.Recorder.Record(evidence.Event{Request: &req}); err != nil {
		x.g.unrecorded(err)
		return false
	}
	return true
}

// tunnel passes bytes between the client and the destination, what was read
// for the decision first.
func (g *Gateway) tunnel(c net.Conn, o opening, d dest, proto string, set ruleSet) {
	r, spent, why := g.take(set, 0)
	if why != "" {
		g.turnAway(c, o, d, why)
		return
	}
	x, ok := g.begin(evidence.Request{Proto: proto, Host: d.host, Port: d.port, Rule: r.control})
	if !ok {
		reset(c)
		return
	}
	up, err := g.connect(g.ctx, d)
	if err != nil {
		x.end(0, 0, 0)
		g.notReached(c, o, d, err)
		return
	}
	g.conns.add(up)
	defer g.conns.remove(up)
	defer up.Close()
	m := &meter{g: g, way: passage{g: g, to: d.String(), rule: r.control}, clear: proto == "tcp", spent: spent}
	defer m.close()
	sent, received := g.relay(c, up, o.data, m)
	x.end(0, sent, received)
}

// notReached closes a connection whose other half could not be made.
func (g *Gateway) notReached(c net.Conn, o opening, d dest, err error) {
	var bad *addressError
	if errors.As(err, &bad) {
		g.turnAway(c, o, d, bad.Error())
		return
	}
	reset(c)
}

// relay copies both ways until both have ended. Between two *net.TCPConn the
// kernel moves the bytes (splice), unless they have to be looked at.
func (g *Gateway) relay(c, up net.Conn, first []byte, m *meter) (sent, received int64) {
	c, first = bare(c, first)
	up, greeting := bare(up, nil)
	done := make(chan struct{})
	g.run(func() {
		defer close(done)
		if said(c, greeting) {
			received = g.half(c, up, up, &g.received)
		}
	})
	src := m.reader(first, c)
	if _, counted := src.(*meter); counted {
		sent = g.half(up, src, c, &g.sent)
	} else if said(up, first) {
		g.sent.Add(int64(len(first)))
		sent = int64(len(first)) + g.half(up, c, c, &g.sent)
	} else {
		c.Close()
		up.Close()
	}
	<-done
	if m.why != "" {
		g.refuse(g.refusals, "connect "+m.way.to, m.why)
	}
	return sent, received
}

// said writes what there is to write.
func said(c net.Conn, b []byte) bool {
	if len(b) == 0 {
		return true
	}
	_, err := c.Write(b)
	return err == nil
}

// bare takes off what was read of a connection, which keeps the kernel from
// moving its bytes.
func bare(c net.Conn, first []byte) (net.Conn, []byte) {
	if p, ok := c.(*prefixed); ok {
		return p.Conn, append(first[:len(first):len(first)], p.prefix...)
	}
	return c, first
}

// countEvery is how many bytes may pass before they are in the totals.
const countEvery = 16 << 20

// half copies one way, from src that reads from. An end is passed on; an error
// ends both ways.
func (g *Gateway) half(dst net.Conn, src io.Reader, from net.Conn, count *atomic.Int64) (total int64) {
	for {
		n, err := io.Copy(dst, &io.LimitedReader{R: src, N: countEvery})
		count.Add(n)
		total += n
		if err != nil {
			dst.Close()
			from.Close()
			return total
		}
		if n < countEvery {
			closeWrite(dst)
			return total
		}
	}
}
