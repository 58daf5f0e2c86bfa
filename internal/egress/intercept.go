package egress

import (
	"crypto/tls"
	"net"
	"slices"
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
// in it.
func (g *Gateway) intercept(c net.Conn, o opening, s site) {
	leaf, err := g.cfg.Authority.Leaf(s.to.host)
	if err != nil {
		g.turnAway(c, o, s.to, "no certificate could be made for it: "+err.Error())
		return
	}
	t := tls.Server(&secondConn{Conn: &prefixed{Conn: c, prefix: o.data}}, &tls.Config{
		MinVersion:   tls.VersionTLS12,
		Certificates: []tls.Certificate{*leaf},
		NextProtos:   []string{"h2", "http/1.1"},
	})
	_ = t.SetDeadline(time.Now().Add(firstTime))
	if err := t.Handshake(); err != nil {
		reset(c)
		return
	}
	_ = t.SetDeadline(time.Time{})
	g.serveSite(t, s)
}
