package network

import (
	"fmt"
	"net"
	"strconv"

	"ringwall/internal/plan"
	"ringwall/internal/policy"
	"ringwall/internal/project"
)

const (
	dnsPort  = 53 // the gateway's own: it answers every resolver's address
	httpPort = 80 // where requests are seen without opening anything
)

// destination is one allowed place, or set of places, and what asked for it.
type destination struct {
	egress plan.Egress
	from   string
	preset bool
	shut   bool // the owner wrote intercept = false
}

// key is what makes two destinations the same.
func (d destination) key() string { return hostPort(d.egress) }

// hostPort is how a rule is named: "example.com:443", "[fd00::/8]:22", and
// without a port where any is meant.
func hostPort(e plan.Egress) string {
	if e.Port == 0 {
		return e.Host
	}
	return net.JoinHostPort(e.Host, strconv.Itoa(e.Port))
}

// control: methods, paths and bodies are seen in plain HTTP, which is what
// port 80 is for, and in TLS that the gateway opens.
func (d destination) control() plan.Control {
	c := plan.Control{
		ID:     "network.allow:" + d.key(),
		Layer:  plan.Network,
		Want:   plan.Op{Egress: &d.egress},
		Status: plan.Enforced,
		From:   d.from,
	}
	if len(d.egress.Methods) > 0 && d.egress.Port != httpPort && !d.egress.Intercept {
		c.Status = plan.Downgraded
		c.Why = "intercept = false: methods are not visible inside TLS, only the host is checked"
	}
	return c
}

// resolver gathers destinations, each once. What the owner wrote out stands
// before what a preset brings, whatever their order.
type resolver struct {
	policy  policy.Policy
	facts   project.Facts
	written map[string]bool
	index   map[string]int
	out     []destination
}

func resolve(p policy.Policy, f project.Facts) ([]destination, error) {
	r := resolver{policy: p, facts: f, written: map[string]bool{}, index: map[string]int{}}
	rules, err := r.rules()
	if err != nil {
		return nil, err
	}
	allowed, err := r.allowed()
	if err != nil {
		return nil, err
	}
	for _, d := range append(allowed, rules...) {
		r.add(d)
	}
	return r.out, nil
}

func (r *resolver) rules() ([]destination, error) {
	var out []destination
	for i, rule := range r.policy.Network.Rules {
		// A list from network.allow that the machine's policy turned into a
		// rule has a place, but no key "host".
		d, err := r.parse(fmt.Sprintf("network.rule[%d]", i), rule)
		if err != nil {
			return nil, err
		}
		r.written[d.key()] = true
		out = append(out, d)
	}
	return out, nil
}

func (r *resolver) allowed() ([]destination, error) {
	var out []destination
	for i, entry := range r.policy.Network.Allow {
		key := fmt.Sprintf("network.allow[%d]", i)
		if name, ok := policy.Preset(entry); ok {
			preset, err := r.preset(key, name)
			if err != nil {
				return nil, err
			}
			out = append(out, preset...)
			continue
		}
		d, err := r.parse(key, policy.Rule{Host: entry})
		if err != nil {
			return nil, err
		}
		r.written[d.key()] = true
		out = append(out, d)
	}
	return out, nil
}

func (r *resolver) parse(key string, rule policy.Rule) (destination, error) {
	t, err := policy.ParseTarget(rule.Host)
	if err != nil {
		return destination{}, r.policy.ErrorAt(key, err.Error())
	}
	return r.destination(key, t, rule, r.policy.Where(key))
}

func (r *resolver) destination(key string, t policy.Target, rule policy.Rule, from string) (destination, error) {
	hosts, err := plan.ParseHostSet(t.Host)
	if err != nil {
		return destination{}, r.policy.ErrorAt(key, err.Error())
	}
	switch {
	case t.Port == dnsPort:
		return destination{}, r.policy.ErrorAt(key, "port 53 is the gateway's own: it answers all name queries itself")
	case hosts.IsSynthetic():
		return destination{}, r.policy.ErrorAt(key, t.Host+" is among the addresses that the gateway gives to names: "+
			plan.Synthetic()[0].String()+" and "+plan.Synthetic()[1].String())
	}
	return destination{egress: plan.Egress{
		Host: t.Host, Port: t.Port, Methods: rule.Methods, Paths: rule.Paths,
		Intercept:   rule.Opens() && t.Port != httpPort,
		MaxRequests: rule.MaxRequests, MaxSent: rule.MaxSent, MaxUpload: rule.MaxUpload,
	}, from: from, shut: rule.Intercept != nil && !*rule.Intercept}, nil
}

// add takes a destination once. Of two presets that name the same place, the
// one that needs any method counts.
func (r *resolver) add(d destination) {
	i, known := r.index[d.key()]
	switch {
	case d.preset && r.written[d.key()]:
	case !known:
		r.index[d.key()] = len(r.out)
		r.out = append(r.out, d)
	case d.egress.Methods == nil:
		r.out[i] = d
	}
}
