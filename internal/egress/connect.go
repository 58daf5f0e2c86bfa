package egress

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"ringwall/internal/plan"
)

// serveProxy serves the listener that speaks the protocols of a proxy. The
// first byte tells which: SOCKS 5, SOCKS 4, or HTTP.
func (g *Gateway) serveProxy(c net.Conn) {
	_ = c.SetReadDeadline(time.Now().Add(g.patience.first))
	first := make([]byte, 1)
	if _, err := io.ReadFull(c, first); err != nil {
		return
	}
	p := &prefixed{Conn: c, prefix: first}
	switch first[0] {
	case 5:
		g.serveSOCKS(p)
	case 4:
		g.refuseSOCKS4(c)
	default:
		g.serveHTTPProxy(p)
	}
}

// serveHTTPProxy takes CONNECT as the first request, or requests in absolute
// form, each decided on by itself and perhaps each to another host.
func (g *Gateway) serveHTTPProxy(c net.Conn) {
	in := inbound{conn: c, wait: g.patience, buf: g.heads.get()}
	here := site{scheme: "http", to: dest{"127.0.0.1", g.policy.proxy}}
	h, connect, err := in.connect()
	rest := append([]byte(nil), in.buf[in.r:in.w]...)
	p := &prefixed{Conn: c, prefix: rest}
	fine := !connect || passage{g: g, to: h.host.String()}.harmless(inHost, in.buf[:in.w])
	g.heads.put(in.buf)
	switch {
	case !fine:
		reset(p.Conn)
	case errors.Is(err, io.EOF):
	case !connect:
		g.serveHTTP1(p, here, g.routeProxied)
	case err != nil:
		g.answer(c, here, &h, http.StatusBadRequest, err.Error())
	default:
		g.serveConnect(p, h.host)
	}
}

// connect reads the head of the first request when it is a CONNECT, and else
// leaves it where it is.
func (in *inbound) connect() (h requestHead, connect bool, err error) {
	const word = "CONNECT "
	for i := 0; ; i++ {
		if err := in.fill(); err != nil {
			return h, false, io.EOF
		}
		b := in.buf[in.r:in.w]
		if n := min(len(b), len(word)); string(b[:n]) != word[:n] {
			return h, false, nil
		}
		h, err = parseConnect(b)
		if !errors.Is(err, errMore) {
			in.r += h.len
			return h, true, err
		}
		if i == firstReads || len(b) >= maxFirstBytes {
			return h, true, errors.New("the head is too large, or comes in too many pieces")
		}
	}
}

// parseConnect reads the head of a CONNECT as strictly as parseHead reads the
// others. A Host header may be missing, since many programs send none, but it
// must not say anything else than the target.
func parseConnect(b []byte) (requestHead, error) {
	h, lines, err := splitHead(b)
	if err != nil {
		return h, err
	}
	if err := h.splitLine(lines[0]); err != nil {
		return h, err
	}
	if h.method != http.MethodConnect {
		return h, errors.New("malformed request line")
	}
	host, port, err := plan.SplitHostPort(h.target, 0)
	if err != nil {
		return h, err
	}
	h.host = dest{host, port}
	if err := h.fields(lines[1:]); err != nil {
		return h, err
	}
	if h.length != 0 {
		return h, errors.New("a CONNECT has no body")
	}
	return h, nil
}

// serveConnect opens a tunnel to a destination that is allowed; what goes
// through it is decided on as everywhere.
func (g *Gateway) serveConnect(c *prefixed, asked dest) {
	d, isName, why := g.proxyTarget(asked)
	if why != "" {
		what := "connect " + asked.String()
		if !g.refuse(g.refusals, what, why) {
			reset(c.Conn)
			return
		}
		writeAnswer(c, http.StatusForbidden, explain(what, ControlGateway, why))
		return
	}
	if _, err := io.WriteString(c, "HTTP/1.1 200 Connection established\r\n\r\n"); err == nil {
		g.serveDest(c, d, isName)
	}
}

// proxyTarget is the destination that a client of the proxy asks for, or why it
// gets no connection there. An address that the gateway gave to a name stands
// for the name.
func (g *Gateway) proxyTarget(asked dest) (d dest, isName bool, why string) {
	a, literal := asked.literal()
	d = asked
	if literal {
		if name, ok := g.table.name(a); ok {
			d, literal = dest{name, asked.port}, false
		}
	}
	if literal && (a.IsLoopback() || a.IsUnspecified()) && g.policy.listens(d.port) {
		return d, false, "it leads back to the gateway itself"
	}
	_, decision := g.policy.match(d.host, d.port)
	if !decision.Allowed {
		return d, false, decision.Reason + "; " + addRule(d.String())
	}
	if literal {
		return d, false, ""
	}
	if n, refused := g.table.number(d.host); n == 0 {
		return d, true, "the name is refused: " + refused
	}
	return d, true, ""
}

// listens tells whether a loopback port inside is one of the gateway's own.
func (p Policy) listens(port int) bool {
	if port == p.proxy || port == dnsPort {
		return true
	}
	for _, c := range p.creds {
		if c.Listen == port {
			return true
		}
	}
	return false
}

// routeProxied decides where a request in absolute form goes.
func (g *Gateway) routeProxied(h *requestHead) (site, int, string) {
	s := site{scheme: "http", to: h.host}
	if !h.proxied {
		return s, http.StatusBadRequest, "this is a proxy: it takes CONNECT, and requests for http:// URLs"
	}
	if s.to.port == 0 {
		s.to.port = portHTTP
	}
	d, _, why := g.proxyTarget(s.to)
	s.to = d
	switch {
	case why != "":
		return s, http.StatusForbidden, why
	case d.port == portHTTPS:
		return s, http.StatusBadRequest, fmt.Sprintf("port %d is for TLS", d.port)
	}
	s.rules, _ = g.policy.match(d.host, d.port)
	return s, 0, ""
}
