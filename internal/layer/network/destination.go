package network

import (
	"fmt"
	"net"
	"strconv"

	"ringwall/internal/plan"
	"ringwall/internal/policy"
	"ringwall/internal/project"
)

// dnsPort is the gateway's own: it answers every resolver's address.
const dnsPort = 53

// destination is one allowed place and what asked for it.
type destination struct {
	egress plan.Egress
	from   string
	preset bool
}

// key is what makes two destinations the same.
func (d destination) key() string {
	return net.JoinHostPort(d.egress.Host, strconv.Itoa(d.egress.Port))
}

// control: methods are seen in plain HTTP, which is what port 80 is for. The
// gateway does not open TLS, so elsewhere only the host is checked.
func (d destination) control() plan.Control {
	c := plan.Control{
		ID:     "network.allow:" + d.key(),
		Layer:  plan.Network,
		Want:   plan.Op{Egress: &d.egress},
		Status: plan.Enforced,
		From:   d.from,
	}
	if len(d.egress.Methods) > 0 && d.egress.Port != 80 {
		c.Status = plan.Downgraded
		c.Why = "methods are not visible inside TLS: only the host is checked"
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
		d, err := r.parse(fmt.Sprintf("network.rule[%d]", i), rule.Host)
		if err != nil {
			return nil, err
		}
		d.egress.Methods = rule.Methods
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
		d, err := r.parse(key, entry)
		if err != nil {
			return nil, err
		}
		r.written[d.key()] = true
		out = append(out, d)
	}
	return out, nil
}

func (r *resolver) parse(key, entry string) (destination, error) {
	d, err := policy.ParseDestination(entry)
	if err != nil {
		return destination{}, r.policy.ErrorAt(key, err.Error())
	}
	return r.destination(key, d.Host, d.Port, r.policy.Where(key))
}

func (r *resolver) destination(key, host string, port int, from string) (destination, error) {
	name, err := plan.CanonicalHost(host)
	if err != nil {
		return destination{}, r.policy.ErrorAt(key, err.Error())
	}
	if port == dnsPort {
		return destination{}, r.policy.ErrorAt(key, "port 53 is the gateway's own: it answers all name queries itself")
	}
	return destination{egress: plan.Egress{Host: name, Port: port}, from: from}, nil
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
