package network

import (
	"fmt"

	"ringwall/internal/plan"
	"ringwall/internal/policy"
	"ringwall/internal/project"
)

// denials plans what is refused whatever else allows it.
func denials(p policy.Policy) ([]plan.Control, error) {
	if p.Network.Mode == policy.None {
		return nil, nil
	}
	var out []plan.Control
	for i, entry := range p.Network.Deny {
		key := fmt.Sprintf("network.deny[%d]", i)
		t, err := policy.ParseDeny(entry)
		if err == nil {
			_, err = plan.ParseHostSet(t.Host)
		}
		if err != nil {
			return nil, p.ErrorAt(key, err.Error())
		}
		e := plan.Egress{Host: t.Host, Port: t.Port, Deny: true}
		out = append(out, plan.Control{
			ID: "network.deny:" + hostPort(e), Layer: plan.Network, Want: plan.Op{Egress: &e}, Status: plan.Enforced, From: p.Where(key),
		})
	}
	return out, nil
}

// split takes out what a denial covers in full: it is not in the plan, since
// nothing of it holds.
func split(p policy.Policy, all []destination) (kept, shadowed []destination) {
	for _, d := range all {
		if _, denied := p.Denies(target(d.egress)); denied {
			shadowed = append(shadowed, d)
		} else {
			kept = append(kept, d)
		}
	}
	return kept, shadowed
}

func target(e plan.Egress) policy.Target {
	return policy.Target{Destination: policy.Destination{Host: e.Host, Port: e.Port}}
}

// Shadowed tells which destinations a denial covers, so that nobody wonders
// why an entry does nothing.
func Shadowed(p policy.Policy, f project.Facts) []string {
	all, err := resolve(p, f)
	if err != nil || p.Network.Mode == policy.None {
		return nil // Plan tells the error
	}
	var out []string
	_, shadowed := split(p, all)
	for _, d := range shadowed {
		key, _ := p.Denies(target(d.egress))
		out = append(out, fmt.Sprintf("%s: %s is not allowed, because %s denies it", d.from, d.key(), p.Where(key)))
	}
	return out
}
