package egress

import (
	"fmt"
	"slices"
	"strings"

	"ringwall/internal/plan"
)

// FromPlan reads the network controls of a plan. It fails on anything that it
// would have to interpret: a host that is not in canonical form, two rules for
// one destination of which one has TLS opened, a port that is used twice.
// Controls that are unavailable give nothing.
func FromPlan(p plan.Plan) (Policy, error) {
	out := Policy{mode: modeNone, rules: map[dest]ruleSet{}, common: map[string]plan.Allowance{}}
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
	case g.MaxRequests < 0 || g.MaxSent < 0:
		return fmt.Errorf("a bound below nothing")
	case g.ProxyEnv && g.Proxy == 0:
		return fmt.Errorf("variables for a proxy that is not there")
	}
	p.mode, p.ports = g.Mode, slices.Clone(g.Ports)
	p.proxy, p.proxyEnv, p.learn = g.Proxy, g.ProxyEnv, g.Learn
	p.maxRequests, p.maxSent = g.MaxRequests, g.MaxSent
	p.upstream, p.prices = g.Upstream, prices(g.Prices)
	return checkUpstream(g.Upstream)
}

// checkUpstream takes nothing but "http://host:port".
func checkUpstream(s string) error {
	if s == "" {
		return nil
	}
	rest, ok := strings.CutPrefix(s, "http://")
	if !ok {
		return fmt.Errorf("the upstream proxy is not http://host:port")
	}
	host, port, err := plan.SplitHostPort(rest, 0)
	if err == nil && (dest{host, port}).String() != rest {
		err = fmt.Errorf("it is not in canonical form")
	}
	if err != nil {
		return fmt.Errorf("the upstream proxy: %w", err)
	}
	return nil
}

func (p *Policy) addRule(c plan.Control, e plan.Egress) error {
	r, err := newRule(c, e)
	if err == nil {
		err = p.addCommon(r.within)
	}
	switch {
	case err != nil:
		return err
	case e.Deny:
		p.denied = append(p.denied, r)
		return nil
	case r.hosts.IsSynthetic():
		return fmt.Errorf("%s lies in a range that the gateway gives to names", e.Host)
	case r.hosts.Exact():
		return p.addExact(dest{e.Host, e.Port}, r)
	}
	return p.addWide(r)
}

// addCommon remembers what rules have in common, which is the same for all.
func (p *Policy) addCommon(list []plan.Allowance) error {
	for _, a := range list {
		if old, known := p.common[a.Name]; known && old != a || a.Name == "" || a.MaxRequests < 0 || a.MaxSent < 0 {
			return fmt.Errorf("an allowance that is not the same for all of its rules, or none")
		}
		p.common[a.Name] = a
	}
	return nil
}

func newRule(c plan.Control, e plan.Egress) (rule, error) {
	hosts, err := plan.ParseHostSet(e.Host)
	if err != nil {
		return rule{}, err
	}
	if !e.Deny || e.Port != 0 {
		if err := checkPort(e.Port); err != nil {
			return rule{}, err
		}
	}
	r := rule{
		control: c.ID, hosts: hosts, port: e.Port, methods: slices.Clone(e.Methods), paths: slices.Clone(e.Paths),
		intercept: e.Intercept, opaque: c.Status == plan.Downgraded && !e.Intercept,
		maxRequests: e.MaxRequests, maxSent: e.MaxSent, maxUpload: e.MaxUpload,
		within: slices.Clone(e.Within),
	}
	return r, r.check(e.Deny)
}

// check refuses what the gateway would have to interpret.
func (r rule) check(deny bool) error {
	if r.maxRequests < 0 || r.maxSent < 0 || r.maxUpload < 0 {
		return fmt.Errorf("a bound below nothing")
	}
	if deny && (r.seen() || r.intercept || r.maxRequests+r.maxSent > 0 || r.within != nil) {
		return fmt.Errorf("a denial has no conditions")
	}
	for _, m := range r.methods {
		if err := checkMethod(m); err != nil {
			return err
		}
	}
	for _, pattern := range r.paths {
		if err := checkPattern(pattern); err != nil {
			return err
		}
	}
	return nil
}

// checkPattern takes a pattern that some path in its one form can match.
func checkPattern(pattern string) error {
	sample := strings.ReplaceAll(pattern, "*", "x")
	if plain, err := normalPath(sample); err != nil || plain != sample || strings.Contains(pattern, "***") {
		return fmt.Errorf("path pattern %q is not in the form in which paths are compared", printable(pattern))
	}
	return nil
}

func (p *Policy) addExact(d dest, r rule) (err error) {
	p.rules[d], err = p.rules[d].with(r)
	return err
}

// addWide keeps the sets of rules about sets of places in order, the most exact
// first.
func (p *Policy) addWide(r rule) (err error) {
	at := len(p.wide)
	for i, old := range p.wide {
		switch {
		case old[0].hosts == r.hosts && old[0].port == r.port:
			p.wide[i], err = old.with(r)
			return err
		case at == len(p.wide) && r.hosts.Narrower(old[0].hosts):
			at = i
		}
	}
	p.wide = slices.Insert(p.wide, at, ruleSet{r})
	return nil
}

// with adds a rule for the same place. What is kept of a rule during a run is
// kept by its control, so no two share one; and a connection is opened, or not,
// before it is known which rule is for what is in it.
func (s ruleSet) with(r rule) (ruleSet, error) {
	for _, old := range s {
		switch {
		case old.control == r.control && old.same(r):
			return s, nil
		case old.control == r.control:
			return nil, fmt.Errorf("a second rule of the same name")
		case old.intercept != r.intercept:
			return nil, fmt.Errorf("TLS is opened by it or by %s, and not by both", old.control)
		}
	}
	return append(s, r), nil
}

// same compares what two rules let through.
func (r rule) same(o rule) bool {
	return slices.Equal(r.methods, o.methods) && slices.Equal(r.paths, o.paths) &&
		r.intercept == o.intercept && r.opaque == o.opaque &&
		r.maxRequests == o.maxRequests && r.maxSent == o.maxSent && r.maxUpload == o.maxUpload &&
		slices.Equal(r.within, o.within)
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
	if p.proxy != 0 {
		if err := take(p.proxy); err != nil {
			return err
		}
	}
	for _, c := range p.creds {
		if d, denied := p.denial(dest{c.Host, c.Port}); denied {
			return fmt.Errorf("control %s: %s denies its host", c.control, d.control)
		}
		if c.Listen == 0 {
			continue
		}
		if err := take(c.Listen); err != nil {
			return fmt.Errorf("control %s: %w", c.control, err)
		}
	}
	return nil
}
