// Package network is the fourth layer: no way out of the sandbox but the
// gateway, which lets through what the policy names and holds the credentials.
package network

import (
	"maps"
	"slices"

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
		all, err := resolve(p, f)
		if err != nil {
			return nil, err
		}
		if all, err = opened(p, f.Agent, all); err != nil {
			return nil, err
		}
		destinations, _ = split(p, all)
		keepCommon(destinations)
	}
	open := ports(p.Network, destinations)
	way := gateway(p, open)
	out, err := denials(p)
	if err != nil {
		return nil, err
	}
	secrets, err := credentials(p, f.Agent, append(open, way.Want.Gateway.Proxy))
	if err != nil {
		return nil, err
	}
	out = append([]plan.Control{way}, out...)
	for _, d := range direct(p, destinations, secrets) {
		out = append(out, d.control())
	}
	out = append(out, secrets...)
	stores, err := trust(p, h, f, out)
	if err != nil {
		return nil, err
	}
	if stores != nil {
		out = append(out, *stores)
	}
	if p.Network.Mode != policy.None {
		out = append(out, apart(h))
	}
	if !h.Sandbox.OK {
		withdraw(out, h.Sandbox.Why)
	}
	return out, nil
}

// gateway plans the only way out. With a proxy outside it cannot promise that
// a name leads to no private address: the proxy is the one that resolves. That
// is the owner's own word, so it does not stop a run.
func gateway(p policy.Policy, ports []int) plan.Control {
	n := p.Network
	g := plan.Gateway{Mode: n.Mode, Ports: ports, Bound: bound(p), Prices: prices(p), Learn: n.Learn}
	c := plan.Control{ID: GatewayID, Layer: plan.Network, Want: plan.Op{Gateway: &g}, Status: plan.Enforced, Must: true, From: listed(p)}
	if n.Mode == policy.None {
		return c
	}
	g.Proxy, g.ProxyEnv, g.Upstream = proxyPort(ports), n.ProxyEnv, n.Proxy
	g.MaxRequests, g.MaxSent = n.MaxRequests, n.MaxSent
	if n.Proxy != "" {
		c.Status, c.Must = plan.Downgraded, false
		c.Why = "names are resolved by the proxy of " + p.Where("network.proxy") + ": that none leads to a private address is not checked"
	}
	return c
}

// firstProxy is where the proxy protocols are spoken inside.
const firstProxy = 3128

// proxyPort is a loopback port that no rule needs.
func proxyPort(ports []int) int {
	port := firstProxy
	for slices.Contains(ports, port) {
		port++
	}
	return port
}

// intercepts tells whether the plan has TLS opened anywhere, so that programs
// inside have to trust the run's own authority.
func intercepts(controls []plan.Control) bool {
	return slices.ContainsFunc(controls, func(c plan.Control) bool {
		e, k, g := c.Want.Egress, c.Want.Credential, c.Want.Gateway
		return c.Status != plan.Unavailable && (e != nil && e.Intercept || k != nil && k.Intercept || g != nil && g.Learn)
	})
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
		if t, err := policy.ParseTarget(entry); err == nil {
			out.Refused = append(out.Refused, t.String())
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
func ports(n policy.Network, destinations []destination) []int {
	if n.Mode == policy.None {
		return []int{}
	}
	set := map[int]bool{80: true, policy.HTTPSPort: true}
	if n.Learn { // git's; on others a port is learned of when the kernel refuses it
		set[22], set[9418] = true, true
	}
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
		controls[i].Must = controls[i].Must || controls[i].ID == GatewayID
		controls[i].Why = "no network namespace"
		if why != "" {
			controls[i].Why += ": " + why
		}
	}
}
