package egress

import (
	"crypto/tls"
	"net/http"
	"sync"
	"time"
)

// account is what the gateway keeps of one rule or credential during a run:
// connections to its upstreams, which no other one uses, and what is left of
// the rule's budgets.
type account struct {
	one, two *http.Transport
	spent    *budget
}

// accounts are made when they are needed.
type accounts struct {
	mu sync.Mutex
	of map[string]*account // by control
	// spent is by the rule's control: a host that has credentials besides is
	// reached in several ways, and its rule bounds them together.
	spent map[string]*budget
}

// budget finds or makes that of a rule; the lock is held.
func (a *accounts) budget(g *Gateway, r rule) *budget {
	if b := a.spent[r.control]; b != nil {
		return b
	}
	if a.spent == nil {
		a.spent = map[string]*budget{}
	}
	b := g.ruleBudget(r.control, r)
	a.spent[r.control] = b
	return b
}

// account finds or makes the account of a site's rule or credential.
func (g *Gateway) account(s site) *account {
	id := s.rule.control
	if s.keep != nil {
		id = s.keep.cred.control
	}
	g.accounts.mu.Lock()
	defer g.accounts.mu.Unlock()
	if a := g.accounts.of[id]; a != nil {
		return a
	}
	a := &account{one: g.transport(), two: g.transport(), spent: g.accounts.budget(g, s.rule)}
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
