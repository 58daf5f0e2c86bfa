package network

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"ringwall/internal/policy"
	"ringwall/internal/project"
)

// preset takes the hosts that the owner's own toolchain configuration names.
func (r *resolver) preset(key, name string) error {
	endpoints, ok := r.facts.Ecosystems[name]
	if !ok {
		known := slices.Sorted(maps.Keys(r.facts.Ecosystems))
		return r.policy.ErrorAt(key, "no such preset; there are "+strings.Join(known, ", "))
	}
	for _, e := range endpoints {
		t := policy.Target{Destination: policy.Destination{Host: e.Host, Port: e.Port}}
		n := place{preset: true, agent: project.AgentPreset(name)}
		for _, rule := range r.presetRules(n.agent, t) {
			d, err := r.destination(key, t, rule, fmt.Sprintf("%s, preset:%s (%s)", r.policy.Where(key), name, e.From))
			if err != nil {
				return err
			}
			n.rules = append(n.rules, d)
		}
		if len(n.rules) > 0 { // else the machine's policy leaves nothing of it
			r.bring(n.rules[0].key(), n)
		}
	}
	return nil
}

// presetRules: packages are only fetched, publishing needs a line of its own in
// the policy; a model is asked with POST. What the machine's policy says of the
// place holds too.
func (r *resolver) presetRules(agent bool, t policy.Target) []policy.Rule {
	rule := policy.Rule{Host: t.Host}
	if !agent {
		rule.Methods = []string{"GET", "HEAD"}
	}
	bounds := policy.Closest(r.policy.Network.Bounds, t)
	if len(bounds) == 0 {
		return []policy.Rule{rule}
	}
	var out []policy.Rule
	for _, bound := range bounds {
		if left, _ := rule.Narrow(bound); left != nil {
			out = append(out, *left)
		}
	}
	return out
}
