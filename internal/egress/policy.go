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

// rule is what the policy says of one destination.
type rule struct {
	control string
	methods []string // empty: any
	// opaque: the plan says that methods are not seen inside TLS on this host
	// (the control is downgraded), so TLS may pass.
	opaque bool
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
	mode  string
	ports []int
	rules map[dest]rule
	creds []credential
}

// Decision is the answer for one destination.
type Decision struct {
	Allowed bool
	Control string // ID of the control that allows or refuses
	Reason  string // for people; empty when allowed
}

// Decide answers for an exact host and port. There are no patterns, no
// defaults and no order of rules: what is not listed is refused.
func (p Policy) Decide(host string, port int) Decision {
	h, err := plan.CanonicalHost(host)
	if err != nil {
		return Decision{Control: ControlGateway, Reason: err.Error()}
	}
	d := dest{h, port}
	if r, ok := p.rules[d]; ok {
		return Decision{Allowed: true, Control: r.control}
	}
	return Decision{Control: ControlGateway, Reason: "no rule allows " + d.String()}
}

// names lists the allowed names, sorted, each once. Addresses are not names.
func (p Policy) names() []string {
	var out []string
	for d := range p.rules {
		if _, isAddr := d.literal(); !isAddr {
			out = append(out, d.host)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
