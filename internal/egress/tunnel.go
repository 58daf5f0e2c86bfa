package egress

import (
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"ringwall/internal/evidence"
)

// exchange is one thing that was let through. It gives two events of the same
// kind: one at the decision, before anything leaves, and one at the end with
// the totals.
type exchange struct {
	g     *Gateway
	req   evidence.Request
	start time.Time
}

// begin waits for its turn and records; false means that nothing may happen.
func (g *Gateway) begin(req evidence.Request) (*exchange, bool) {
	if g.pace.wait(g.ctx) != nil {
		return nil, false
	}
	x := &exchange{g: g, req: req, start: time.Now()}
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
	req := x.req
	if err := x.g.cfg.Recorder.Record(evidence.Event{Request: &req}); err != nil {
		x.g.fail(fmt.Errorf("gateway: record: %w", err))
		return false
	}
	return true
}

// tunnel passes bytes between the client and the destination, what was read
// for the decision first.
func (g *Gateway) tunnel(c net.Conn, o opening, d dest, proto string, r rule) {
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
	sent, received := g.relay(c, up, o.data, passage{g: g, to: d.String(), rule: r.control}.readRaw(proto, o.data, c))
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
// kernel moves the bytes (splice).
//
// With out, which has what was read first too, they are looked at instead.
func (g *Gateway) relay(c, up net.Conn, first []byte, out io.ReadCloser) (sent, received int64) {
	done := make(chan struct{})
	g.run(func() {
		defer close(done)
		received = g.half(c, up, up, &g.received)
	})
	if out != nil {
		defer out.Close()
		sent = g.half(up, c, out, &g.sent)
		<-done
		return sent, received
	}
	n, err := up.Write(first)
	sent = int64(n)
	g.sent.Add(sent)
	if err == nil {
		sent += g.half(up, c, c, &g.sent)
	} else {
		c.Close()
		up.Close()
	}
	<-done
	return sent, received
}

// half copies one way. An end is passed on; an error ends both ways.
func (g *Gateway) half(dst, src net.Conn, from io.Reader, count interface{ Add(int64) int64 }) int64 {
	n, err := io.Copy(dst, from)
	count.Add(n)
	if err != nil {
		dst.Close()
		src.Close()
		return n
	}
	closeWrite(dst)
	return n
}
