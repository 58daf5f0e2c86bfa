package egress

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"
)

const (
	dialTime = 10 * time.Second // for each address, and for the question
	maxAddrs = 8                // tried for one connection
)

// resolveOnHost asks for exactly this name: the dot at its end keeps the
// host's search list from making it another one.
func resolveOnHost(ctx context.Context, name string) ([]netip.Addr, error) {
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", name+".")
	for i, a := range addrs {
		addrs[i] = a.Unmap() // package net gives IPv4 addresses in both forms
	}
	return addrs, err
}

func dialTCP(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(ctx, "tcp", to.String())
}

// addressError tells that a name leads only to addresses that no name may lead
// to: private networks, this machine, metadata services.
type addressError struct {
	name  string
	addrs []netip.Addr
}

// Error names the addresses, which come from the name's owner.
func (e *addressError) Error() string {
	list := make([]string, len(e.addrs))
	for i, a := range e.addrs {
		list[i] = a.String()
	}
	return printable(fmt.Sprintf("%s resolves to %s: a name must not lead to a private or special address; "+
		"a rule for the address and port that asks for nothing more than the name's own allows it", e.name, strings.Join(list, ", ")))
}

// connect resolves once and dials exactly what passed the check, so that an
// answer that changes in between changes nothing (DNS rebinding).
func (g *Gateway) connect(ctx context.Context, d dest) (net.Conn, error) {
	if g.policy.upstream != "" {
		return g.connectThrough(ctx, d)
	}
	addrs, err := g.addresses(ctx, d)
	if err != nil {
		return nil, err
	}
	c, err := g.dialAny(ctx, addrs, d.port)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", d, err)
	}
	return c, nil
}

func (g *Gateway) dialOne(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTime)
	defer cancel()
	return g.cfg.Dial(ctx, to)
}

// addresses lists what may be dialled for a destination that was allowed. An
// address that a rule names is what its owner wants, be it private or not.
func (g *Gateway) addresses(ctx context.Context, d dest) ([]netip.Addr, error) {
	if a, ok := d.literal(); ok {
		return []netip.Addr{a}, nil
	}
	all, err := g.resolve(ctx, d.host)
	if err != nil {
		return nil, err
	}
	own, err := g.own.get()
	if err != nil {
		return nil, err
	}
	set, _ := g.policy.match(d.host, d.port)
	good := make([]netip.Addr, 0, len(all))
	for _, a := range all {
		if g.mayLead(a, d.port, set, own) {
			good = append(good, a)
		}
	}
	if len(good) == 0 {
		return nil, &addressError{d.host, all}
	}
	return good[:min(len(good), maxAddrs)], nil
}

// resolve asks outside for the addresses of a name, of which there is at least
// one then.
func (g *Gateway) resolve(ctx context.Context, name string) ([]netip.Addr, error) {
	all, err := g.lookups.get(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("resolve %s: %w", name, err)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("resolve %s: no address", name)
	}
	return all, nil
}

// mayLead tells whether a name, with its rules, may lead to an address: to a
// public one that is not this machine's own, or to one that the policy names
// itself, by its address or in a range, on that port; never to one that it
// denies.
func (g *Gateway) mayLead(a netip.Addr, port int, name ruleSet, own map[netip.Addr]bool) bool {
	if g.policy.deniesAddress(a, port) || a.Is4In6() || a.Zone() != "" {
		return false
	}
	return public(a) && !own[a] || g.policy.coversAddress(a, port, name)
}

// ownFor is how long the addresses of this machine are believed: asking for
// them takes as long as a connection.
const ownFor = time.Second

// ownTable remembers the addresses of this machine.
type ownTable struct {
	mu    sync.Mutex
	addrs map[netip.Addr]bool
	until time.Time
}

func (t *ownTable) get() (map[netip.Addr]bool, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	if now.Before(t.until) {
		return t.addrs, nil
	}
	addrs, err := ownAddrs()
	if err == nil {
		t.addrs, t.until = addrs, now.Add(ownFor)
	}
	return addrs, err
}

// ownAddrs is what the interfaces of this machine have: a public one is often
// allowed more by the services behind it than the world is.
func ownAddrs() (map[netip.Addr]bool, error) {
	list, err := net.InterfaceAddrs()
	if err != nil {
		return nil, fmt.Errorf("own addresses: %w", err)
	}
	own := make(map[netip.Addr]bool, len(list))
	for _, a := range list {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			own[p.Addr().Unmap()] = true
		}
	}
	return own, nil
}
