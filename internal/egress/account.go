package egress

import (
	"crypto/tls"
	"net/http"
	"sync"
	"time"
)

// account is what the gateway keeps of one rule or credential during a run:
// connections to its upstreams, which no other uses.
type account struct {
	one, two *http.Transport
}

// accounts are made when they are needed, and so are the budgets of rules.
// Those are one for all ways by which a rule is used.
type accounts struct {
	mu     sync.Mutex
	of     map[string]*account // by control
	purses map[string]purse    // by control
	common map[string]*budget  // by name
}

// purse finds or makes the budgets of a rule.
func (g *Gateway) purse(r rule) purse {
	a := &g.accounts
	a.mu.Lock()
	defer a.mu.Unlock()
	if p := a.purses[r.control]; p != nil {
		return p
	}
	p := r.budgets()
	for i, b := range p[1:] {
		if old := a.common[b.whose]; old != nil {
			p[1+i] = old
		} else {
			a.common[b.whose] = b
		}
	}
	a.purses[r.control] = p
	return p
}

// account finds or makes the account of a request's rule or credential.
func (c *crossing) account() *account {
	g, id := c.g, c.rule.control
	if c.s.keep != nil {
		id = c.s.keep.cred.control
	}
	g.accounts.mu.Lock()
	defer g.accounts.mu.Unlock()
	if a := g.accounts.of[id]; a != nil {
		return a
	}
	a := &account{one: g.transport(), two: g.transport()}
	a.one.TLSClientConfig.NextProtos = []string{"http/1.1"}
	a.two.ForceAttemptHTTP2 = true
	g.accounts.of[id] = a
	g.conns.add(idleConns{a.one})
	g.conns.add(idleConns{a.two})
	return a
}

// transport is the one for requests that came over HTTP/2, or for all others:
// what came as HTTP/1 goes as HTTP/1, which a WebSocket needs and a long answer
// is faster with.
func (a *account) transport(two bool) http.RoundTripper {
	if two {
		return a.two
	}
	return a.one
}

const (
	upstreamIdle    = 30 * time.Second // that a kept connection lives
	upstreamPerHost = 64               // kept for one host
)

// transport dials only what connect allows. Compression is the client's
// business, and the environment's proxy is for the owner's programs.
func (g *Gateway) transport() *http.Transport {
	return &http.Transport{
		DialContext:            g.dialUpstream,
		DisableCompression:     true,
		MaxResponseHeaderBytes: maxFirstBytes,
		TLSHandshakeTimeout:    dialTime,
		IdleConnTimeout:        upstreamIdle,
		MaxIdleConns:           2 * upstreamPerHost,
		MaxIdleConnsPerHost:    upstreamPerHost,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: g.roots},
	}
}

// idleConns closes the kept connections of a transport with the gateway.
type idleConns struct{ t *http.Transport }

// Close implements io.Closer.
func (i idleConns) Close() error {
	i.t.CloseIdleConnections()
	return nil
}
