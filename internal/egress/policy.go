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
	maxRequests int64 // in the run; 0: no bound
	maxSent     int64 // bytes in the run; 0: no bound
	maxUpload   int64 // bytes of one request's body; 0: no bound
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
	rules  map[dest]rule // about exactly one destination
	wide   []rule        // about sets of them, the most exact first
	denied []rule
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

// Decide answers for an exact host and port. A denial wins. Else the rule that
// is about exactly this destination holds, else the most exact of those about
// a set of them; their order in the policy means nothing. What is not listed is
// refused.
func (p Policy) Decide(host string, port int) Decision {
	_, d := p.match(host, port)
	return d
}

// match is Decide with the rule that allows.
func (p Policy) match(host string, port int) (rule, Decision) {
	h, err := plan.CanonicalHost(host)
	if err != nil {
		return rule{}, Decision{Control: ControlGateway, Reason: err.Error()}
	}
	d := dest{h, port}
	if r, ok := p.denial(d); ok {
		return rule{}, Decision{Control: r.control, Reason: denies(r, d)}
	}
	if r, ok := p.find(d); ok {
		return r, Decision{Allowed: true, Control: r.control}
	}
	return rule{}, Decision{Control: ControlGateway, Reason: "no rule allows " + d.String()}
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

// find is the most exact rule for a destination. An address that stands for a
// name is nobody's destination: the name is.
func (p Policy) find(d dest) (rule, bool) {
	if r, ok := p.rules[d]; ok {
		return r, true
	}
	if a, ok := d.literal(); ok && synthetic(a) {
		return rule{}, false
	}
	for _, r := range p.wide {
		if r.has(d) {
			return r, true
		}
	}
	return rule{}, false
}

// Request answers for one HTTP request to a destination, as far as the gateway
// sees it: on port 80, and inside TLS that it opens.
func (p Policy) Request(host string, port int, method, path string) Decision {
	r, d := p.match(host, port)
	switch {
	case !d.Allowed:
		return d
	case port != portHTTP && !r.intercept && (r.opaque || !r.seen()):
		d.Path = path
		return d
	}
	return r.request(method, path)
}

// request decides on a method and a path, as sent and without the query. Where
// the rule names paths the path is put into its one form first, and what
// servers could read in two ways is refused.
func (r rule) request(method, path string) Decision {
	no := func(format string, args ...any) Decision {
		return Decision{Control: r.control, Reason: fmt.Sprintf(format, args...)}
	}
	if err := checkMethod(method); err != nil {
		return no("%v", err)
	}
	if !r.allowsMethod(method) {
		return no("the rule %s does not allow the method %s", r.control, method)
	}
	if len(r.paths) == 0 {
		return Decision{Allowed: true, Control: r.control, Path: path}
	}
	plain, err := normalPath(path)
	if err != nil {
		return no("the path is refused: %v", err)
	}
	for _, pattern := range r.paths {
		if plan.MatchPath(pattern, plain) {
			return Decision{Allowed: true, Control: r.control, Path: plain}
		}
	}
	return no("the rule %s does not allow the path %s", r.control, printable(plain))
}

// coversAddress tells whether the policy names an address and port, by itself
// or in a range, so that a name may lead there although it is private. What is
// asked of that address the name's own rule has to ask too: whoever owns the
// name would else decide that it is not asked.
func (p Policy) coversAddress(a netip.Addr, port int, name rule) bool {
	r, allowed := p.find(dest{a.String(), port})
	free := r.maxRequests == 0 && r.maxSent == 0
	return allowed && free && (r.same(name) || !r.seen() && !r.intercept)
}

// deniesAddress tells whether a name must not lead to an address.
func (p Policy) deniesAddress(a netip.Addr, port int) bool {
	_, denied := p.denial(dest{a.String(), port})
	return denied
}
