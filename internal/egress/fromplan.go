package egress

import (
	"fmt"
	"slices"
	"strings"

	"ringwall/internal/plan"
)

// FromPlan reads the network controls of a plan. It fails on anything that it
// would have to interpret: a host that is not in canonical form, two different
// rules for one destination, a port that is used twice. Controls that are
// unavailable give nothing.
func FromPlan(p plan.Plan) (Policy, error) {
	out := Policy{mode: modeNone, rules: map[dest]rule{}}
	for _, c := range p.Controls {
		if c.Status == plan.Unavailable {
			continue
		}
		if err := out.add(c); err != nil {
			return Policy{}, fmt.Errorf("control %s: %w", c.ID, err)
		}
	}
	if out.mode == modeNone {
		return Policy{mode: modeNone}, nil
	}
	return out, out.checkPorts()
}

func (p *Policy) add(c plan.Control) error {
	switch w := c.Want; {
	case w.Gateway != nil:
		return p.addGateway(*w.Gateway)
	case w.Egress != nil:
		return p.addRule(c, *w.Egress)
	case w.Credential != nil:
		return p.addCredential(c.ID, *w.Credential)
	}
	return nil
}

func (p *Policy) addGateway(g plan.Gateway) error {
	switch {
	case p.ports != nil || p.mode != modeNone:
		return fmt.Errorf("a second gateway")
	case g.Mode == modeNone:
		return nil
	case g.Mode != modeAllowlist:
		return fmt.Errorf("mode %q is not known", g.Mode)
	}
	p.mode, p.ports = g.Mode, slices.Clone(g.Ports)
	return nil
}

func (p *Policy) addRule(c plan.Control, e plan.Egress) error {
	d, err := checkDest(e.Host, e.Port)
	if err != nil {
		return err
	}
	if a, ok := d.literal(); ok && synthetic(a) {
		return fmt.Errorf("%s lies in a range that the gateway gives to names", e.Host)
	}
	for _, m := range e.Methods {
		if err := checkMethod(m); err != nil {
			return err
		}
	}
	r := rule{control: c.ID, methods: slices.Clone(e.Methods), opaque: c.Status == plan.Downgraded}
	if old, ok := p.rules[d]; ok && !slices.Equal(old.methods, r.methods) {
		return fmt.Errorf("%s also has a rule with other methods: %s", d, old.control)
	}
	p.rules[d] = r
	return nil
}

func checkDest(host string, port int) (dest, error) {
	h, err := plan.CanonicalHost(host)
	if err != nil {
		return dest{}, err
	}
	if h != host {
		return dest{}, fmt.Errorf("host %q is not in canonical form %q", host, h)
	}
	return dest{h, port}, checkPort(port)
}

func checkPort(port int) error {
	if port < 1 || port > 65535 {
		return fmt.Errorf("port %d is not a port", port)
	}
	return nil
}

// framingHeaders are what the gateway itself writes.
var framingHeaders = []string{"host", "content-length", "transfer-encoding", "connection", "trailer", "upgrade", "accept-encoding"}

func (p *Policy) addCredential(id string, c plan.Credential) error {
	d, err := checkDest(c.Host, c.Port)
	if err != nil {
		return err
	}
	if err := checkPort(c.Listen); err != nil {
		return err
	}
	a, isAddr := d.literal()
	switch {
	case c.Scheme != "https" && c.Scheme != "http":
		return fmt.Errorf("scheme %q is neither https nor http", c.Scheme)
	case c.Scheme == "http" && !(isAddr && a.IsLoopback()):
		return fmt.Errorf("http to %s would show the credential on the network: only a loopback address may use http", d)
	case !validToken(c.Header) || slices.Contains(framingHeaders, strings.ToLower(c.Header)):
		return fmt.Errorf("header %q cannot carry a credential", c.Header)
	case !validValue(c.Prefix):
		return fmt.Errorf("the prefix holds control characters")
	}
	p.creds = append(p.creds, credential{c, id})
	return nil
}

// checkPorts refuses a port that two listeners would want.
func (p Policy) checkPorts() error {
	used := map[int]bool{dnsPort: true}
	take := func(port int) error {
		if err := checkPort(port); err != nil {
			return err
		}
		if used[port] {
			return fmt.Errorf("port %d is used twice inside the sandbox", port)
		}
		used[port] = true
		return nil
	}
	for _, port := range p.ports {
		if err := take(port); err != nil {
			return err
		}
	}
	for _, c := range p.creds {
		if err := take(c.Listen); err != nil {
			return fmt.Errorf("control %s: %w", c.control, err)
		}
	}
	return nil
}
