package egress

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"time"

	"ringwall/internal/plan"
)

const (
	portHTTP  = 80
	portHTTPS = 443
)

// destination is what a connection was made to: the name behind a synthetic
// address, or the address itself.
func (g *Gateway) destination(c net.Conn) (d dest, isName bool, err error) {
	ap, err := netip.ParseAddrPort(c.LocalAddr().String())
	if err != nil {
		return dest{}, false, err
	}
	a, port := ap.Addr().Unmap(), int(ap.Port())
	if name, ok := g.table.name(a); ok {
		return dest{name, port}, true, nil
	}
	return dest{a.String(), port}, false, nil
}

// serveConn decides on one connection to a gateway port.
func (g *Gateway) serveConn(c net.Conn) {
	d, isName, err := g.destination(c)
	if err != nil {
		reset(c)
		return
	}
	g.serveDest(c, d, isName)
}

// serveDest decides on a connection to a destination, however it was asked for.
//
// On ports 80 and 443, and wherever a rule is about requests, only TLS and HTTP
// pass and both are checked. On any other port a rule allows whatever the
// endpoint speaks: TLS and HTTP that come first are checked too, which helps
// against mistakes, but the rule is for the endpoint and not for a protocol.
func (g *Gateway) serveDest(c net.Conn, d dest, isName bool) {
	set, decision := g.policy.match(d.host, d.port)
	webPort := d.port == portHTTP || d.port == portHTTPS
	web := decision.Allowed && (webPort || set.seen() || set.intercept() || g.keeperOf(d) != nil)
	o := g.sniff(c, web)
	if !g.towards(d, set, decision).harmlessOpening(o, decision.Allowed && d.port != portHTTPS) {
		reset(c)
		return
	}
	if !decision.Allowed {
		why := decision.Reason + "; " + addRule(d.String())
		if !g.learnFrom(c, o, d, isName, why) {
			g.turnAway(c, o, d, why)
		}
		return
	}
	switch o.proto {
	case protoTLS:
		g.serveTLS(c, o, d, isName, set)
	case protoHTTP:
		g.serveHTTP(c, o, d, set)
	default:
		g.serveRaw(c, o, d, set, web)
	}
}

func (g *Gateway) serveTLS(c net.Conn, o opening, d dest, isName bool, set ruleSet) {
	if why := checkTLS(o, d, isName); why != "" {
		g.turnAway(c, o, d, why)
		return
	}
	keep := g.keeperOf(d)
	switch {
	case (set.intercept() || keep != nil) && g.cfg.Authority != nil:
		g.intercept(c, o, site{scheme: "https", to: d, rules: set, keep: keep})
	case set.intercept() || keep != nil || set.sealed():
		g.turnAway(c, o, d, "the rule is about requests, which cannot be seen inside TLS")
	default:
		g.tunnel(c, o, d, "tls", set)
	}
}

// checkTLS says why a TLS connection must not go on, or nothing. The name in
// the hello chooses what a shared server serves, so it has to be the name that
// was resolved (domain fronting).
func checkTLS(o opening, d dest, isName bool) string {
	sni, want := printable(o.hello.name), d.host
	switch {
	case o.err != nil:
		return o.err.Error()
	case d.port == portHTTP:
		return "TLS is not spoken on port 80"
	case o.hello.ech:
		return "the TLS hello has an encrypted part (ECH), which may ask the server for another name; turn ECH off in the client"
	case isName && o.hello.name == "":
		return "the TLS hello has no name (SNI)"
	case o.hello.name != "" && !sameName(o.hello.name, want):
		return fmt.Sprintf("the TLS hello asks for %s, the connection was made to %s", sni, want)
	}
	return ""
}

// sameName compares a name as sent with one in canonical form. A trailing dot
// is a difference: servers do not agree on what it means.
func sameName(sent, want string) bool {
	got, err := plan.CanonicalHost(sent)
	return err == nil && got == want && len(sent) == len(want)
}

func (g *Gateway) serveHTTP(c net.Conn, o opening, d dest, set ruleSet) {
	s := site{scheme: "http", to: d, rules: set}
	switch {
	case o.err != nil:
		g.answer(c, s, &o.head, 400, o.err.Error())
	case d.port == portHTTPS:
		g.answer(c, s, &o.head, 400, "port 443 is for TLS")
	default:
		g.serveSite(&prefixed{Conn: c, prefix: o.data}, s)
	}
}

func (g *Gateway) serveRaw(c net.Conn, o opening, d dest, set ruleSet, web bool) {
	if !web && o.proto == protoRaw {
		g.tunnel(c, o, d, "tcp", set)
		return
	}
	if o.proto == protoSilent {
		return // nothing was asked
	}
	g.turnAway(c, o, d, fmt.Sprintf("neither TLS nor HTTP, which is all that may pass on port %d", d.port))
}

// turnAway records a refusal and tells the client in its own protocol.
func (g *Gateway) turnAway(c net.Conn, o opening, d dest, why string) {
	if o.proto == protoHTTP {
		code := 403
		if o.err != nil {
			code, why = 400, o.err.Error()
		}
		g.answer(c, site{scheme: "http", to: d}, &o.head, code, why)
		return
	}
	if !g.refuse(g.refusals, "connect "+d.String(), why) || o.proto != protoTLS {
		reset(c)
		return
	}
	_, _ = c.Write(accessDenied[:])
	linger(c)
}

// accessDenied is a TLS record with the fatal alert access_denied (RFC 8446, 6).
var accessDenied = [...]byte{0x15, 3, 3, 0, 2, 2, 49}

// maxDrained is what is read of a client that still sends when it was answered.
const maxDrained = 4 << 20

// linger lets the client read the last words: closing with unread bytes would
// reset the connection and drop them.
func linger(c net.Conn) {
	closeWrite(c)
	_ = c.SetReadDeadline(time.Now().Add(time.Second))
	_, _ = io.CopyN(io.Discard, c, maxDrained)
	c.Close()
}

func closeWrite(c net.Conn) {
	if w, ok := c.(interface{ CloseWrite() error }); ok {
		_ = w.CloseWrite()
	}
}
