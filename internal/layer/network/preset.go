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
func (r *resolver) preset(key, name string) ([]destination, error) {
	endpoints, ok := r.facts.Ecosystems[name]
	if !ok {
		known := slices.Sorted(maps.Keys(r.facts.Ecosystems))
		return nil, r.policy.ErrorAt(key, "no such preset; there are "+strings.Join(known, ", "))
	}
	var out []destination
	for _, e := range endpoints {
		t := policy.Target{Destination: policy.Destination{Host: e.Host, Port: e.Port}}
		rule := r.presetRule(name, t)
		if rule == nil {
			continue // the machine's policy leaves nothing of it
		}
		d, err := r.destination(key, t, *rule, fmt.Sprintf("%s, preset:%s (%s)", r.policy.Where(key), name, e.From))
		if err != nil {
			return nil, err
		}
		d.preset = true
		out = append(out, d)
	}
	return out, nil
}

// presetRule: packages are only fetched, publishing needs a line of its own in
// the policy; a model is asked with POST. What the machine's policy says of the
// place holds too.
func (r *resolver) presetRule(name string, t policy.Target) *policy.Rule {
	rule := policy.Rule{Host: t.Host}
	if !project.AgentPreset(name) {
		rule.Methods = []string{"GET", "HEAD"}
	}
	bound, bounded := policy.Closest(r.policy.Network.Bounds, t)
	if !bounded {
		return &rule
	}
	left, _ := rule.Narrow(bound)
	return left
}
