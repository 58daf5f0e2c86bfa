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

// credentials keeps those whose host the machine allows without conditions, or
// has a credential of its own for: the gateway reaches a credential's host on
// the agent's behalf, so it is a destination like any other, and nobody checks
// the conditions of a rule there.
func (m *merger) credentials(machine []group) {
	own := map[Destination]bool{}
	for _, c := range m.machine.Credentials {
		if o, err := ParseOrigin(c.Host); err == nil {
			own[o.Destination] = true
		}
	}
	m.keepCredentials(func(d Destination) bool {
		by, _ := closest(machine, Target{d})
		return own[d] || slices.ContainsFunc(by.rules, func(p placed) bool { return p.Free() })
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
