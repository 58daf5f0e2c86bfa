package why

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"ringwall/internal/egress"
	"ringwall/internal/plan"
)

const defaultPort = 443

// host asks the gateway's own decision.
func (w World) host(a *Answer) error {
	rules, err := egress.FromPlan(w.Plan)
	if err != nil {
		return fmt.Errorf("the plan's network cannot be read: %w", err)
	}
	q, err := parseRequest(a.Asked)
	if err != nil {
		return err
	}
	a.Subject = strings.TrimSpace(q.method + " " + hostPort(q.host, q.port) + q.path)
	if q.assumed {
		a.note("no port was named: %d is taken", q.port)
	}
	d := rules.Decide(q.host, q.port)
	p := by(w.control(d.Control), "connect", Allowed, "")
	resolves, why := rules.Resolves(q.host)
	switch {
	case !d.Allowed:
		w.refusedHost(rules, a, &p, q.host, q.port, d.Reason)
	case !resolves && why != "":
		p.Verdict, p.Answer, p.Why = Refused, "NXDOMAIN", why
		p.WayOut = policyKey(p.From, `add "`+hostPort(q.host, q.port)+`" to [network] allow`)
	default:
		w.conditions(rules, &p, q)
	}
	w.loopback(&p, q.host, q.port)
	a.one(p)
	return nil
}

func hostPort(host string, port int) string {
	if strings.Contains(host, ":") {
		return fmt.Sprintf("[%s]:%d", host, port)
	}
	return fmt.Sprintf("%s:%d", host, port)
}

// refusedHost says how a refusal is met, and what the owner would write.
func (w World) refusedHost(rules egress.Policy, a *Answer, p *Part, host string, port int, reason string) {
	c, _ := w.Plan.Find(p.Control)
	p.Verdict, p.Answer = Refused, w.networkAnswer(rules, host, port)
	p.Why = strings.Join(append([]string{reason}, fromOf(p.Why)...), "; ")
	g := w.gateway()
	switch {
	case c.Want.Egress != nil && c.Want.Egress.Deny:
		p.WayOut = policyKey(p.From, "take what covers it out of [network] deny")
	case port == 53:
		p.WayOut = "none: port 53 is the gateway's own, it answers all name queries itself"
	case g == nil || g.Mode == "none":
		p.WayOut = policyKey(p.From, `set mode = "allowlist" and add "`+hostPort(host, port)+`" to allow, both of [network],`)
	default:
		w.allowHost(p, g, host, port)
	}
	if k, c := w.credential(host, port); k != nil && k.Listen != 0 {
		p.Verdict, p.Answer, p.Control, p.From = Conditional, "", c.ID, c.From
		p.Why = fmt.Sprintf("through http://127.0.0.1:%d%s, where ringwall adds the key; a connection of the agent's own is refused: %s",
			k.Listen, variable(k.BaseURLEnv), w.networkAnswer(rules, host, port))
		p.WayOut = ""
	}
	if ports := w.portsOf(rules, host); len(ports) > 0 {
		a.note("the policy allows %s on port %s", host, strings.Join(ports, ", "))
	}
}

// allowHost is the line to add, where the machine's policy has no word against it.
func (w World) allowHost(p *Part, g *plan.Gateway, host string, port int) {
	p.WayOut = policyKey("", `add "`+hostPort(host, port)+`" to [network] allow`)
	if g.Bound == nil {
		return
	}
	if slices.Contains(g.Bound.Refused, hostPort(host, port)) {
		p.From, p.Why = g.Bound.From, "the project's policy asks for it and the machine's does not allow it"
		p.WayOut = policyKey(p.From, `the machine's administrator adds "`+hostPort(host, port)+`" to [network] allow`)
		return
	}
	p.WayOut += "; the machine's policy (" + g.Bound.From + ") has to allow it too"
}

func variable(name string) string {
	if name == "" {
		return ""
	}
	return " ($" + name + ")"
}

// networkAnswer is what a client meets.
func (w World) networkAnswer(rules egress.Policy, host string, port int) string {
	g := w.gateway()
	_, err := netip.ParseAddr(host)
	isName := err != nil && host != "localhost"
	resolves, _ := rules.Resolves(host)
	switch {
	case g == nil || g.Mode == "none":
		if isName {
			return "does not resolve"
		}
		return "ENETUNREACH"
	case isName && !resolves:
		return "NXDOMAIN"
	case !slices.Contains(g.Ports, port):
		return "ECONNREFUSED"
	case port == 80:
		return "HTTP 403"
	case port == defaultPort:
		return "TLS access_denied"
	}
	return "ECONNRESET"
}

// loopback answers for the sandbox's own 127.0.0.1, which is never the host's:
// there the gateway speaks for the hosts of credentials, and else only what the
// agent itself starts.
func (w World) loopback(p *Part, host string, port int) {
	addr, err := netip.ParseAddr(host)
	if p.Verdict != Refused || host != "localhost" && (err != nil || !addr.IsLoopback()) {
		return
	}
	for _, c := range w.Plan.Controls {
		if k := c.Want.Credential; k != nil && k.Listen == port && c.Status != plan.Unavailable {
			*p = by(c, p.Operation, Allowed, "")
			p.Why = "the gateway speaks for " + hostPort(k.Host, k.Port) + " there"
			return
		}
	}
	g := w.gateway()
	if g != nil && g.Proxy == port {
		*p = by(w.control(egress.ControlGateway), p.Operation, Allowed, "")
		p.Why = "the gateway takes requests for a proxy there, and allows the same by them"
		return
	}
	if g == nil || !slices.Contains(g.Ports, port) {
		*p = by(w.control(controlView), p.Operation, Conditional, "ECONNREFUSED")
		p.Why = "inside, " + host + " is the sandbox's own: only a server that the agent starts answers there, never one of the host's"
		p.WayOut = "none: the host's own services are out of reach"
	}
}

func (w World) gateway() *plan.Gateway {
	for _, c := range w.Plan.Controls {
		if c.Want.Gateway != nil && c.Status != plan.Unavailable {
			return c.Want.Gateway
		}
	}
	return nil
}

// portsOf lists the ports on which a host is allowed, as text.
func (w World) portsOf(rules egress.Policy, host string) []string {
	var out []string
	for _, c := range w.Plan.Controls {
		e := c.Want.Egress
		if e == nil || !rules.Decide(host, e.Port).Allowed {
			continue
		}
		if port := strconv.Itoa(e.Port); !slices.Contains(out, port) {
			out = append(out, port)
		}
	}
	return out
}

func (w World) credential(host string, port int) (*plan.Credential, plan.Control) {
	for _, c := range w.Plan.Controls {
		if k := c.Want.Credential; k != nil && k.Host == host && k.Port == port && c.Status != plan.Unavailable {
			return k, c
		}
	}
	return nil, plan.Control{}
}
