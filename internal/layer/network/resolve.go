package network

import (
	"fmt"
	"slices"

	"ringwall/internal/plan"
	"ringwall/internal/policy"
	"ringwall/internal/project"
)

// place is all that one part of a policy says of one destination.
type place struct {
	rules []destination
	// Of two presets that name the same place the one of an agent counts, since
	// its model is asked with any method.
	preset, agent bool
}

// resolver gathers places, each once. What the owner wrote out stands before
// what a preset brings, whatever their order.
type resolver struct {
	policy policy.Policy
	facts  project.Facts
	places map[string]*place
	order  []string
}

func resolve(p policy.Policy, f project.Facts) ([]destination, error) {
	r := resolver{policy: p, facts: f, places: map[string]*place{}}
	if err := r.allowed(); err != nil {
		return nil, err
	}
	if err := r.rules(); err != nil {
		return nil, err
	}
	var out []destination
	for _, key := range r.order {
		out = append(out, r.places[key].numbered()...)
	}
	return out, nil
}

// numbered are the rules of a place with their numbers. TLS is opened before it
// is known which of them is for a request, so for all where it is for one.
func (p *place) numbered() []destination {
	open := false
	for _, d := range p.rules {
		open = open || d.egress.Intercept
	}
	for i := range p.rules {
		p.rules[i].nth, p.rules[i].egress.Intercept = i, open
	}
	return p.rules
}

// keepCommon takes out the allowances that only one rule has: its own bounds say the
// same.
func keepCommon(list []destination) {
	users := map[string]int{}
	for _, d := range list {
		for _, a := range d.egress.Within {
			users[a.Name]++
		}
	}
	for i := range list {
		e := &list[i].egress
		e.Within = slices.DeleteFunc(e.Within, func(a plan.Allowance) bool { return users[a.Name] == 1 })
		if len(e.Within) == 0 {
			e.Within = nil
		}
	}
}

func (r *resolver) rules() error {
	for i, rule := range r.policy.Network.Rules {
		// A list from network.allow that the machine's policy turned into a
		// rule has a place, but no key "host".
		if err := r.write(fmt.Sprintf("network.rule[%d]", i), rule); err != nil {
			return err
		}
	}
	return nil
}

func (r *resolver) allowed() error {
	for i, entry := range r.policy.Network.Allow {
		key := fmt.Sprintf("network.allow[%d]", i)
		var err error
		if name, ok := policy.Preset(entry); ok {
			err = r.preset(key, name)
		} else {
			err = r.write(key, policy.Rule{Host: entry})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// write adds what the owner wrote out.
func (r *resolver) write(key string, rule policy.Rule) error {
	t, err := policy.ParseTarget(rule.Host)
	if err != nil {
		return r.policy.ErrorAt(key, err.Error())
	}
	d, err := r.destination(key, t, rule, r.policy.Where(key))
	if err != nil {
		return err
	}
	if old := r.places[d.key()]; old != nil && old.preset {
		delete(r.places, d.key())
		r.order = slices.DeleteFunc(r.order, func(key string) bool { return key == d.key() })
	}
	p := r.place(d.key())
	p.rules = append(p.rules, d)
	return nil
}

// bring adds what a preset stands for.
func (r *resolver) bring(key string, n place) {
	if p := r.place(key); p.rules == nil || p.preset && n.agent && !p.agent {
		*p = n
	}
}

func (r *resolver) place(key string) *place {
	p := r.places[key]
	if p == nil {
		p = &place{}
		r.places[key], r.order = p, append(r.order, key)
	}
	return p
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
	var within []plan.Allowance
	for _, a := range rule.Within {
		within = append(within, plan.Allowance(a))
	}
	return destination{egress: plan.Egress{
		Host: t.Host, Port: t.Port, Methods: rule.Methods, Paths: rule.Paths,
		Intercept:   rule.Opens() && t.Port != httpPort,
		MaxRequests: rule.MaxRequests, MaxSent: rule.MaxSent, MaxUpload: rule.MaxUpload, Within: within,
	}, from: from, shut: rule.Intercept != nil && !*rule.Intercept}, nil
}
