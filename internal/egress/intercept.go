package egress

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"ringwall/internal/plan"
)

// Authority makes certificates for the names whose TLS is opened.
type Authority interface {
	// Leaf is the certificate of a name or an address in canonical form. It is
	// called for each connection and should remember.
	Leaf(name string) (*tls.Certificate, error)
}

// Intercepted lists the names, patterns and addresses whose TLS a plan has
// opened, sorted: what the run's authority has to sign for. Empty: none is. A
// run that learns opens all that it then refuses.
func Intercepted(p plan.Plan) []string {
	var out []string
	for _, c := range p.Controls {
		switch e, k, g := c.Want.Egress, c.Want.Credential, c.Want.Gateway; {
		case c.Status == plan.Unavailable:
		case g != nil && g.Learn:
			out = append(out, "<all>", "0.0.0.0/0", "::/0") // authority.All
		case e != nil && e.Intercept && !e.Deny:
			out = append(out, e.Host)
		case k != nil && k.Intercept:
			out = append(out, k.Host)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// intercept opens a TLS connection whose hello was checked, and serves what is
// in it. To the client the gateway is the server; the server sees the gateway.
func (g *Gateway) intercept(c net.Conn, o opening, s site) {
	name, err := g.opened.name(g.cfg.Authority, s.to.host)
	if err != nil {
		g.turnAway(c, o, s.to, "no certificate could be made for it: "+err.Error())
		return
	}
	t := tls.Server(&secondConn{Conn: &prefixed{Conn: c, prefix: o.data}}, name.conf)
	_ = t.SetDeadline(time.Now().Add(g.patience.first))
	if err := t.HandshakeContext(g.ctx); err != nil {
		g.distrusted(s, handshakeFailed(err))
		reset(c)
		return
	}
	_ = t.SetDeadline(time.Time{})
	s.asked = &name.used
	g.serveSite(t, s)
	if !name.used.Load() { // GnuTLS looks at a certificate when the handshake is over
		g.distrusted(s, "the program left after the TLS handshake, without a request: "+mayNotTrust)
	}
}

// distrusted records that a client would not speak to the gateway.
func (g *Gateway) distrusted(s site, why string) {
	if g.ctx.Err() != nil {
		return // it is the gateway that ends
	}
	if g.bundle != "" && strings.HasSuffix(why, mayNotTrust) {
		why += ", which is in " + g.bundle + ": SSL_CERT_FILE, NODE_EXTRA_CA_CERTS, REQUESTS_CA_BUNDLE and others lead there; " +
			"a program that reads none of them has to be told of that file, and one that knows its server's key needs a rule with intercept = false"
	}
	g.refuse(g.refusals, "connect "+s.to.String(), why)
}

const mayNotTrust = "it may not trust the authority of this run"

// handshakeFailed says why a client did not go on.
func handshakeFailed(err error) string {
	why := "the TLS handshake failed: " + printable(err.Error())
	var op *net.OpError
	left := errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET)
	if left || errors.As(err, &op) && op.Op == "remote error" && slices.Contains(distrust, op.Err.Error()) {
		why += ": " + mayNotTrust
	}
	return why
}

// distrust are the alerts of clients that do not believe a certificate, as
// crypto/tls words them (RFC 8446, 6.2).
var distrust = []string{
	"tls: unknown certificate authority",
	"tls: bad certificate",
	"tls: unknown certificate",
	"tls: unsupported certificate",
	"tls: access denied",
}

// bundleOf is where programs inside find the run's authority.
func bundleOf(p plan.Plan) string {
	for _, c := range p.Controls {
		if t := c.Want.Trust; t != nil && c.Status != plan.Unavailable && len(t.Bundles) > 0 {
			return t.Bundles[0]
		}
	}
	return ""
}

// maxOpened bounds the names that are remembered.
const maxOpened = 256

// opened remembers the names whose TLS was opened. The zero value is ready.
type opened struct {
	mu sync.Mutex
	of map[string]*openedName
}

// openedName is how TLS is spoken for a name. Each has its own keys for
// sessions, so that one of a name cannot be resumed under another.
type openedName struct {
	conf *tls.Config
	used atomic.Bool // a client has asked for something
}

func (p *opened) name(a Authority, name string) (*openedName, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if o := p.of[name]; o != nil {
		return o, nil
	}
	leaf, err := a.Leaf(name)
	if err != nil {
		return nil, err
	}
	if p.of == nil || len(p.of) >= maxOpened {
		p.of = map[string]*openedName{}
	}
	o := &openedName{conf: &tls.Config{
		MinVersion:   tls.VersionTLS12,
		Certificates: []tls.Certificate{*leaf},
		NextProtos:   []string{"h2", "http/1.1"},
	}}
	p.of[name] = o
	return o, nil
}
