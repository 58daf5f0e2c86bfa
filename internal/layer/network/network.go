// Package network is the fourth layer: no way out of the sandbox but the
// gateway, which lets through what the policy names and holds the credentials.
package network

import (
	"maps"
	"net"
	"slices"
	"strconv"

	"ringwall/internal/host"
	"ringwall/internal/plan"
	"ringwall/internal/policy"
	"ringwall/internal/project"
)

// GatewayID is the control without which there is no network layer.
const GatewayID = "network.gateway"

// Layer plans the network. It has no state.
type Layer struct{}

// ID implements layer.Layer.
func (Layer) ID() plan.LayerID { return plan.Network }

// Plan implements layer.Layer: the gateway, then each allowed destination in
// the order of the policy, then the credentials. Its errors are about the
// policy, at the place in it.
func (Layer) Plan(p policy.Policy, h host.Facts, f project.Facts) ([]plan.Control, error) {
	var destinations []destination
	if p.Network.Mode != policy.None {
		var err error
		if destinations, err = resolve(p, f); err != nil {
			return nil, err
		}
	}
	open := ports(p.Network.Mode, destinations)
	out := []plan.Control{gateway(p, open)}
	for _, d := range destinations {
		out = append(out, d.control())
	}
	secrets, err := credentials(p, f.Agent, open)
	if err != nil {
		return nil, err
	}
	out = append(out, secrets...)
	if p.Network.Mode != policy.None {
		out = append(out, apart(h))
	}
	if !h.Sandbox.OK {
		withdraw(out, h.Sandbox.Why)
	}
	return out, nil
}

func gateway(p policy.Policy, ports []int) plan.Control {
	return plan.Control{
		ID:     GatewayID,
		Layer:  plan.Network,
		Want:   plan.Op{Gateway: &plan.Gateway{Mode: p.Network.Mode, Ports: ports, Bound: bound(p)}},
		Status: plan.Enforced,
		Must:   true,
		From:   listed(p),
	}
}

// bound is the machine's list of destinations, where it has one. What it took
// from the project's is told in the form of a rule.
func bound(p policy.Policy) *plan.Bound {
	b := p.Bound("network.allow")
	if b == nil || p.Network.Mode == policy.None {
		return nil
	}
	out := &plan.Bound{From: b.At}
	for _, entry := range b.Refused {
		if d, err := policy.ParseDestination(entry); err == nil {
			out.Refused = append(out.Refused, net.JoinHostPort(d.Host, strconv.Itoa(d.Port)))
		}
	}
	return out
}

// listed is where the policy says what may be reached: whatever it does not
// name is refused from there.
func listed(p policy.Policy) string {
	for _, key := range []string{"network.allow", "network.rule[0]"} {
		if p.Network.Mode != policy.None && p.Has(key) {
			return p.Where(key)
		}
	}
	return p.Where("network.mode")
}

// ports are those on which the gateway listens inside. On 80 and 443 it always
// does, so that a refusal there comes with a readable reason; on any other the
// kernel refuses at once.
func ports(mode string, destinations []destination) []int {
	if mode == policy.None {
		return []int{}
	}
	set := map[int]bool{80: true, policy.HTTPSPort: true}
	for _, d := range destinations {
		set[d.egress.Port] = true
	}
	return slices.Sorted(maps.Keys(set))
}

// withdraw marks all as not there: without a network namespace of its own, the
// agent has the host's network, and no list bounds it.
func withdraw(controls []plan.Control, why string) {
	for i := range controls {
		controls[i].Status = plan.Unavailable
		controls[i].Why = "no network namespace"
		if why != "" {
			controls[i].Why += ": " + why
		}
	}
}
