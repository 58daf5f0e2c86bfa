package network

import (
	"fmt"
	"maps"
	"slices"
	"strings"
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
		d, err := r.destination(key, e.Host, e.Port, fmt.Sprintf("%s, preset:%s (%s)", r.policy.Where(key), name, e.From))
		if err != nil {
			return nil, err
		}
		d.egress.Methods, d.preset = presetMethods(name), true
		out = append(out, d)
	}
	return out, nil
}

// presetMethods: packages are only fetched, publishing needs a line of its own
// in the policy; a model is asked with POST.
func presetMethods(preset string) []string {
	if preset == "anthropic" {
		return nil
	}
	return []string{"GET", "HEAD"}
}
