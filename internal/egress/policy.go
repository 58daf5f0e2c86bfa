// Package egress is the gateway: the only way out of a sandbox. It runs outside,
// in a process of its own (package apart), while its listeners live inside the
// sandbox's network namespace. That namespace has nothing but lo, with every address local, so a
// connection to any address on a listened port arrives here, with the address
// that was asked for as its local address; any other port is refused by the
// kernel. Names are answered here too, with synthetic addresses that map back
// to the name, so no question ever leaves the machine before it was allowed.
//
// Deciding is pure (Policy.Decide); the rest is thin around it. Every error
// closes the connection, and what cannot be recorded does not happen.
package egress

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"ringwall/internal/egress/usage"
	"ringwall/internal/plan"
)

// The IDs under which refusals are recorded when no control of the plan is
// more exact.
const (
	ControlGateway = "network.gateway"
	ControlDNS     = "network.dns"
)

const (
	modeNone      = "none"
	modeAllowlist = "allowlist"
	dnsPort       = 53
)

// dest is one destination: a canonical host and a port.
type dest struct {
	host string
	port int
}

// String is the form of a policy line: "example.com:443", "[::1]:22".
func (d dest) String() string {
	if strings.Contains(d.host, ":") {
		return fmt.Sprintf("[%s]:%d", d.host, d.port)
	}
	return fmt.Sprintf("%s:%d", d.host, d.port)
}

// literal returns the address when the host is one.
func (d dest) literal() (netip.Addr, bool) {
	a, err := netip.ParseAddr(d.host)
	return a, err == nil
}

// rule is what the policy says of one destination, or of a set of them.
type rule struct {
	control string
	hosts   plan.HostSet
	port    int      // 0 only of a denial: any
	methods []string // empty: any
	paths   []string // patterns; empty: any
	// intercept: TLS is opened with the run's own authority, and without one
	// nothing of this rule passes in TLS.
	intercept bool
	// opaque: the plan says that methods are not seen inside TLS on this host
	// (the control is downgraded), so TLS may pass as it is.
	opaque bool
	// refused: no rule at all, in a run that learns. Each request is told and
	// refused, for this reason.
	refused     string
	maxRequests int64            // in the run; 0: no bound
	maxSent     int64            // bytes in the run; 0: no bound
	maxUpload   int64            // bytes of one request's body; 0: no bound
	within      []plan.Allowance // in common with other rules
}

// has tells whether a rule is about a destination.
func (r rule) has(d dest) bool {
	return (r.port == 0 || r.port == d.port) && r.hosts.Has(d.host)
}

// seen tells whether the rule needs to see requests.
func (r rule) seen() bool {
	return len(r.methods) > 0 || len(r.paths) > 0 || r.maxUpload > 0
}

func (r rule) allowsMethod(m string) bool {
	return len(r.methods) == 0 || slices.Contains(r.methods, m)
}

// credential is one credential of the plan with the control that asks for it.
type credential struct {
	plan.Credential
	control string
}

// Policy is what may leave. The zero value allows nothing.
type Policy struct {
	mode   string
	ports  []int
	rules  map[dest]ruleSet // about exactly one destination
	wide   []ruleSet        // about sets of them, the most exact first
	denied []rule
	common map[string]plan.Allowance // of several rules, by name
	creds  []credential

	proxy                int    // loopback port on which proxy protocols are spoken; 0: none
	proxyEnv             bool   // the agent's environment names it
	upstream             string // "http://host:port" of a proxy outside; empty: none
	learn                bool
	prices               []usage.Price // of the owner
	maxRequests, maxSent int64         // of the run; 0: no bound
}

// Decision is the answer for one destination, or one request.
type Decision struct {
	Allowed bool
	Control string // ID of the control that allows or refuses
	Reason  string // for people; empty when allowed
	// Path is what is forwarded of a request in place of the path that was
	// asked for: the very bytes that were decided on.
	Path string
}

// Decide answers for an exact host and port. A denial wins. Else the rules that
// are about exactly this destination hold, else the most exact of those about
// a set of them, whatever their place in the policy. What is not listed is
// refused. Of several rules the first one's control is named: which of them is
// for a request is not known before it.
func (p Policy) Decide(host string, port int) Decision {
	_, d := p.match(host, port)
	return d
}

// match is Decide with the rules that hold.
func (p Policy) match(host string, port int) (ruleSet, Decision) {
	h, err := plan.CanonicalHost(host)
	if err != nil {
		return nil, Decision{Control: ControlGateway, Reason: err.Error()}
	}
	d := dest{h, port}
	if r, ok := p.denial(d); ok {
		return nil, Decision{Control: r.control, Reason: denies(r, d)}
	}
	if set, ok := p.find(d); ok {
		return set, Decision{Allowed: true, Control: set.control()}
	}
	return nil, Decision{Control: ControlGateway, Reason: "no rule allows " + d.String()}
}

// denies is the reason of a denial.
func denies(r rule, d dest) string {
	if r.port == 0 {
		return fmt.Sprintf("the policy denies %s: %s", r.hosts, d)
	}
	return fmt.Sprintf("the policy denies %s on port %d: %s", r.hosts, r.port, d)
}

func (p Policy) denial(d dest) (rule, bool) {
	for _, r := range p.denied {
		if r.has(d) {
			return r, true
		}
	}
	return rule{}, false
}

// find are the most exact rules for a destination. An address that stands for a
// name is nobody's destination: the name is.
func (p Policy) find(d dest) (ruleSet, bool) {
	if set, ok := p.rules[d]; ok {
		return set, true
	}
	if a, ok := d.literal(); ok && synthetic(a) {
		return nil, false
	}
	for _, set := range p.wide {
		if set[0].has(d) {
			return set, true
		}
	}
	return nil, false
}

// coversAddress tells whether the policy names an address and port, by itself
// or in a range, so that a name may lead there although it is private. What is
// asked of that address the name's own rule has to ask too: whoever owns the
// name would else decide that it is not asked.
func (p Policy) coversAddress(a netip.Addr, port int, name ruleSet) bool {
	set, allowed := p.find(dest{a.String(), port})
	if !allowed || slices.ContainsFunc(set, rule.bounded) {
		return false
	}
	return slices.EqualFunc(set, name, rule.same) || !set.seen() && !set.intercept()
}

// bounded tells whether a rule has a budget in the run.
func (r rule) bounded() bool { return r.maxRequests > 0 || r.maxSent > 0 || len(r.within) > 0 }

// deniesAddress tells whether a name must not lead to an address.
func (p Policy) deniesAddress(a netip.Addr, port int) bool {
	_, denied := p.denial(dest{a.String(), port})
	return denied
}
