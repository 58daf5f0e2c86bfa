package egress

import (
	"crypto/tls"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
)

// site is one place that a web connection speaks for. All requests of the
// connection go there, each decided on by itself.
type site struct {
	scheme string // towards the upstream: "http" or "https"
	to     dest
	rules  ruleSet
	keep   *keeper      // adds a credential; nil: none
	here   []dest       // what a Host header may say besides to
	asked  *atomic.Bool // set when a request comes; nil: nobody wants to know
}

// what names a request without its query, which may carry data.
func (s site) what(h *requestHead) string {
	where := s.to.String()
	if s.to.port == s.ownPort() {
		where = strings.TrimSuffix(where, ":"+strconv.Itoa(s.to.port))
	}
	if h.method == "" || h.path == "" {
		return "malformed HTTP request to " + where
	}
	return h.method + " " + s.scheme + "://" + where + h.path
}

// ownPort is the one that the scheme's URLs leave out.
func (s site) ownPort() int {
	if s.scheme == "https" {
		return portHTTPS
	}
	return portHTTP
}

// hostHeader leaves the scheme's own port out, as clients do.
func (s site) hostHeader() string {
	_, isAddr := s.to.literal()
	if s.to.port == s.ownPort() && !isAddr {
		return s.to.host
	}
	return s.to.String()
}

// speaks says why a request must not be taken for one to this site, or
// nothing.
func (s site) speaks(h *requestHead) string {
	for _, d := range s.here {
		if h.host == d && !h.proxied {
			return ""
		}
	}
	switch {
	case s.here != nil:
		return fmt.Sprintf("the Host header says %s, the connection was made to %s", h.host, s.here[0])
	case h.host.host == s.to.host && (h.host.port == s.to.port || h.host.port == 0):
		return ""
	}
	return fmt.Sprintf("the Host header says %s, the connection was made to %s", h.host, s.to)
}

// route finds the site of a request, or says why there is none; code is the
// status of the answer then.
type route func(h *requestHead) (s site, code int, why string)

// only is the route of a connection to one site.
func (s site) only(h *requestHead) (site, int, string) {
	s.hear()
	if why := s.speaks(h); why != "" {
		return s, 421, why
	}
	return s, 0, ""
}

// hear notes that a request came, whatever becomes of it.
func (s site) hear() {
	if s.asked != nil {
		s.asked.Store(true)
	}
}

// serveSite serves all requests of one connection: HTTP/2 when it is TLS and
// that was negotiated, else HTTP/1.1. Each goes through strict head, authority,
// rule, budgets, tripwires, credential, record, forward, redaction, record.
func (g *Gateway) serveSite(c net.Conn, s site) {
	if t, ok := c.(*tls.Conn); ok && t.ConnectionState().NegotiatedProtocol == "h2" {
		g.second.serve(t, s)
		return
	}
	g.serveHTTP1(c, s, s.only)
}
