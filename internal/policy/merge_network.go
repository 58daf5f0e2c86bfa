package policy

import (
	"maps"
	"slices"
	"strings"
)

// network bounds what may be reached. Denials are joined, of two bounds the
// smaller holds, the machine's proxy wins, and destinations are intersected.
func (m *merger) network() {
	n := m.machine.Network
	if n.Mode == None && m.project.Network.Mode != None {
		m.note("network.mode", "the machine's policy wants %s", quote(None))
		m.adopt("network.mode")
		m.out.Network.Mode = None
	}
	m.union(&m.out.Network.Deny, "network.deny", n.Deny)
	m.outside()
	m.smaller(&m.out.Network.MaxRequests, "network.max_requests", n.MaxRequests)
	m.smaller(&m.out.Network.MaxSent, "network.max_sent", n.MaxSent)
	if m.machine.Has("network.allow") || m.machine.Has("network.rule") || len(n.Rules) > 0 {
		m.destinations()
	}
	m.deniedCredentials()
}

// outside: through which proxy the gateway goes, and whom it trusts, is the
// machine's to say where it says so.
func (m *merger) outside() {
	n, into := m.machine.Network, &m.out.Network
	if m.machine.Has("network.proxy") && n.Proxy != into.Proxy {
		if into.Proxy != "" {
			m.note("network.proxy", "%s is not the machine's proxy", quote(into.Proxy))
		}
		into.Proxy = n.Proxy
		m.adopt("network.proxy")
	}
	if m.machine.Has("network.ca") {
		for _, f := range into.CA {
			if !slices.Contains(n.CA, f) {
				m.refuse("network.ca", f)
			}
		}
		m.forget("network.ca")
		into.CA = n.CA
		for i := range n.CA {
			m.adopt(at("network.ca", i))
		}
	}
	if m.machine.Has("network.proxy_env") && !m.project.Has("network.proxy_env") {
		into.ProxyEnv = n.ProxyEnv
		m.adopt("network.proxy_env")
	}
}

// smaller takes the machine's bound where it is one and the project's is none,
// or larger.
func (m *merger) smaller(into *int64, key string, machine int64) {
	if machine == 0 || *into != 0 && *into <= machine {
		return
	}
	if *into != 0 {
		m.note(key, "the machine's policy allows %d", machine)
	}
	*into = machine
	m.adopt(key)
}

// placed is a rule with the target that it is about and the key of its entry.
type placed struct {
	Rule
	to  Target
	key string
}

// targets are the entries of both lists. That of a preset covers nothing.
func (n Network) targets() (out []placed) {
	add := func(r Rule, key string) {
		t, err := ParseTarget(r.Host)
		if _, preset := Preset(r.Host); preset {
			t, err = Target{Destination{Host: r.Host, Port: -1}}, nil
		}
		if err == nil {
			out = append(out, placed{r, t, key})
		}
	}
	for i, s := range n.Allow {
		add(Rule{Host: s}, at("network.allow", i))
	}
	for i, r := range n.Rules {
		add(r, at("network.rule", i))
	}
	return out
}

// closest is the most exact of those that cover a target.
func closest(list []placed, t Target) (best placed, found bool) {
	for _, p := range list {
		if p.to.Covers(t) && (!found || best.to.Covers(p.to)) {
			best, found = p, true
		}
	}
	return best, found
}

// destinations intersects the two lists. What both name holds with the
// conditions of both; of a project's pattern only the part stays that the
// machine's list has.
func (m *merger) destinations() {
	m.bound("network.allow", m.listed())
	m.forget("network.allow")
	m.forget("network.rule")
	m.out.Network.Allow, m.out.Network.Rules = nil, nil
	machine, project := m.machine.Network.targets(), m.project.Network.targets()
	for _, p := range project {
		if _, preset := Preset(p.Host); preset {
			m.preset(p, slices.Contains(m.machine.Network.Allow, p.Host))
			continue
		}
		m.intersection(p, project, machine)
	}
	for _, p := range machine {
		m.out.Network.Bounds = append(m.out.Network.Bounds, p.Rule)
	}
	m.credentials(machine)
}

// listed is the key of the machine's policy that bounds destinations.
func (m *merger) listed() string {
	if m.machine.Has("network.allow") {
		return "network.allow"
	}
	return "network.rule[0]"
}

func (m *merger) preset(p placed, allowed bool) {
	if !allowed {
		m.refuse("network.allow", p.Host)
		return
	}
	m.keepEntry(p.key, p.Host)
}

func (m *merger) keepEntry(key, entry string) {
	m.move(key, at("network.allow", len(m.out.Network.Allow)))
	m.out.Network.Allow = append(m.out.Network.Allow, entry)
}

// intersection keeps what the machine's list has of one entry of the project's:
// all of it, or the machine's more exact entries within, as far as no other
// entry of the project's is more exact still.
func (m *merger) intersection(p placed, project, machine []placed) {
	kept := false
	if by, covered := closest(machine, p.to); covered {
		kept = true
		if !m.keep(p, by.Rule) && slices.ContainsFunc(project, func(o placed) bool { return o.to != p.to && o.to.Covers(p.to) }) {
			m.shut(p.to, by)
		}
	}
	for _, inner := range machine {
		if inner.to == p.to || !p.to.Covers(inner.to) {
			continue
		}
		kept = true
		part := placed{Rule: p.Rule.at(inner.Host), to: inner.to, key: p.key}
		if owner, _ := closest(project, inner.to); owner.to == p.to && !m.keep(part, inner.Rule) {
			m.shut(inner.to, inner)
		}
	}
	if !kept {
		m.refuse(listOf(p.key), p.Host)
	} else if _, covered := closest(machine, p.to); !covered {
		m.note(listOf(p.key), "of %s only a part is allowed on this machine", quote(p.Host))
	}
}

// shut denies what two rules have nothing in common for, where the entry
// around it would allow it.
func (m *merger) shut(t Target, by placed) {
	m.out.marks[at("network.deny", len(m.out.Network.Deny))] = m.machine.marks[by.key]
	m.out.Network.Deny = append(m.out.Network.Deny, t.String())
}

// listOf is the list that an entry stands in.
func listOf(key string) string { return key[:strings.LastIndexByte(key, '[')] }

func (r Rule) at(host string) Rule {
	r.Host = host
	return r
}

// keep adds what is left of a rule under the machine's; false: nothing is.
func (m *merger) keep(p placed, by Rule) bool {
	r, lost := p.Narrow(by)
	for _, what := range lost {
		m.note("network.rule", "the machine allows fewer %s to %s", what, quote(p.Host))
	}
	if r == nil {
		return false
	}
	if r.Free() && strings.HasPrefix(p.key, "network.allow") {
		m.keepEntry(p.key, p.Host)
		return true
	}
	m.move(p.key, at("network.rule", len(m.out.Network.Rules)))
	m.out.Network.Rules = append(m.out.Network.Rules, *r)
	return true
}

// credentials keeps those whose host the machine allows without conditions, or
// has a credential of its own for: the gateway reaches a credential's host on
// the agent's behalf, so it is a destination like any other, and nobody checks
// the conditions of a rule there.
func (m *merger) credentials(machine []placed) {
	own := map[Destination]bool{}
	for _, c := range m.machine.Credentials {
		if o, err := ParseOrigin(c.Host); err == nil {
			own[o.Destination] = true
		}
	}
	m.keepCredentials(func(d Destination) bool {
		by, covered := closest(machine, Target{d})
		return own[d] || covered && by.Free()
	})
}

// deniedCredentials drops those whose host the machine denies.
func (m *merger) deniedCredentials() {
	if len(m.machine.Network.Deny) == 0 {
		return
	}
	before := m.out.clone()
	m.keepFrom(before, func(d Destination) bool {
		_, denied := m.machine.Denies(Target{d})
		return !denied
	})
}

// clone is a policy whose marks and credentials may be written anew.
func (p Policy) clone() Policy {
	p.marks, p.Credentials = maps.Clone(p.marks), slices.Clone(p.Credentials)
	return p
}

func (m *merger) keepCredentials(allowed func(Destination) bool) { m.keepFrom(m.project, allowed) }

func (m *merger) keepFrom(p Policy, allowed func(Destination) bool) {
	m.forget("credential")
	m.out.Credentials = nil
	for i, c := range p.Credentials {
		if o, err := ParseOrigin(c.Host); err != nil || !allowed(o.Destination) {
			m.note("credential", "%s: %s is not allowed on this machine", c.Name, quote(c.Host))
			continue
		}
		moveMarks(m.out.marks, p.marks, at("credential", i), at("credential", len(m.out.Credentials)))
		m.out.Credentials = append(m.out.Credentials, c)
	}
}

// forget drops where the elements of a list stood.
func (m *merger) forget(key string) {
	maps.DeleteFunc(m.out.marks, func(k string, _ mark) bool { return strings.HasPrefix(k, key+"[") })
}

// move gives an element of the project's lists, and what is in it, its place
// in the result.
func (m *merger) move(from, to string) { moveMarks(m.out.marks, m.project.marks, from, to) }

func moveMarks(into, out marks, from, to string) {
	for k, v := range out {
		if rest, ok := strings.CutPrefix(k, from); ok && (rest == "" || rest[0] == '.' || rest[0] == '[') {
			into[to+rest] = v
		}
	}
}
