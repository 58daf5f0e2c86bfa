package egress

import (
	"context"
	"net"
	"net/netip"
	"time"
)

// nextAddress is when the next address of a name is tried beside one that does
// not answer (RFC 8305, 5): a network whose IPv6 leads nowhere is common.
const nextAddress = 250 * time.Millisecond

// dialed is how one attempt ended.
type dialed struct {
	conn net.Conn
	err  error
}

// dialAny connects to the first of some addresses that answers. The addresses
// were decided on before.
func (g *Gateway) dialAny(ctx context.Context, addrs []netip.Addr, port int) (net.Conn, error) {
	if len(addrs) == 1 {
		return g.dialOne(ctx, netip.AddrPortFrom(addrs[0], uint16(port)))
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	results := make(chan dialed, len(addrs))
	next, pending := time.NewTimer(0), 0
	defer next.Stop()
	var last error
	for len(addrs) > 0 || pending > 0 {
		select {
		case <-next.C:
			if len(addrs) > 0 {
				to := netip.AddrPortFrom(addrs[0], uint16(port))
				addrs = addrs[1:]
				pending++
				g.run(func() { c, err := g.dialOne(ctx, to); results <- dialed{c, err} })
				next.Reset(nextAddress)
			}
		case d := <-results:
			pending--
			if d.err == nil {
				g.run(func() { closeLate(results, pending) })
				return d.conn, nil
			}
			last = d.err
			next.Reset(0)
		}
	}
	return nil, last
}

// closeLate closes what still comes of attempts that nobody waits for.
func closeLate(results <-chan dialed, pending int) {
	for range pending {
		if d := <-results; d.err == nil {
			d.conn.Close()
		}
	}
}
