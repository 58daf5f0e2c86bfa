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
	name, port, assumed, err := destination(a.Asked)
	if err != nil {
		return err
	}
	a.Subject = hostPort(name, port)
	if assumed {
		a.note("no port was named: %d is taken", port)
	}
	d := rules.Decide(name, port)
	p := by(w.control(d.Control), "connect", Allowed, "")
	switch {
	case !d.Allowed:
		w.refusedHost(a, &p, name, port, d.Reason)
	default:
		w.methods(&p)
	}
	w.loopback(&p, name, port)
	a.one(p)
	return nil
}

// destination reads a URL, a host with a port, or a host.
func destination(s string) (host string, port int, assumed bool, err error) {
	rest, port := s, 0
	if scheme, after, isURL := strings.Cut(s, "://"); isURL {
		rest, _, _ = strings.Cut(after, "/")
		port = map[string]int{"http": 80, "https": 443, "ssh": 22}[scheme]
	}
	assumed = port == 0
	if port == 0 {
		port = defaultPort
	}
	if addr, err := netip.ParseAddr(rest); err == nil { // an IPv6 address without brackets
		return addr.String(), port, assumed, nil
	}
	host, split, err := plan.SplitHostPort(rest, port)
	if err != nil {
		return "", 0, false, err
	}
	return host, split, assumed && split == port && !strings.HasSuffix(rest, ":"+strconv.Itoa(port)), nil
}

func hostPort(host string, port int) string {
	if strings.Contains(host, ":") {
		return fmt.Sprintf("[%s]:%d", host, port)
	}
	return fmt.Sprintf("%s:%d", host, port)
}

// refusedHost says how a refusal is met, and what the owner would write.
func (w World) refusedHost(a *Answer, p *Part, host string, port int, reason string) {
	p.Verdict, p.Answer = Refused, w.networkAnswer(host, port)
	p.Why = strings.Join(append([]string{reason}, fromOf(p.Why)...), "; ")
	g := w.gateway()
	switch {
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
			k.Listen, variable(k.BaseURLEnv), w.networkAnswer(host, port))
		p.WayOut = ""
	}
	if ports := w.portsOf(host); len(ports) > 0 {
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
func (w World) networkAnswer(host string, port int) string {
	g := w.gateway()
	_, err := netip.ParseAddr(host)
	isName := err != nil && host != "localhost"
	switch {
	case g == nil || g.Mode == "none":
		if isName {
			return "does not resolve"
		}
		return "ENETUNREACH"
	case isName && len(w.portsOf(host)) == 0:
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

// methods adds the condition of a rule that names some.
func (w World) methods(p *Part) {
	c, _ := w.Plan.Find(p.Control)
	if c.Want.Egress == nil || len(c.Want.Egress.Methods) == 0 {
		return
	}
	only := "only " + strings.Join(c.Want.Egress.Methods, ", ")
	if c.Status == plan.Downgraded {
		p.Why = only + " is asked for and not checked: " + c.Why
		return
	}
	p.Verdict, p.Why = Conditional, only
	p.Answer = "HTTP 403"
	p.WayOut = policyKey(p.From, "add the method to methods of this [[network.rule]]")
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
	if g := w.gateway(); g == nil || !slices.Contains(g.Ports, port) {
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
func (w World) portsOf(host string) []string {
	var out []string
	for _, c := range w.Plan.Controls {
		if e := c.Want.Egress; e != nil && e.Host == host && c.Status != plan.Unavailable {
			out = append(out, strconv.Itoa(e.Port))
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
