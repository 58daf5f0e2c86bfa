package policy

import (
	"maps"
	"slices"
	"strings"
)

// bounds are what a machine's policy lets through: the methods of each
// destination, nil for any, and the presets.
type bounds struct {
	methods map[Destination][]string
	presets map[string]bool
}

func (m *merger) network() {
	n := m.machine.Network
	if n.Mode == None && m.project.Network.Mode != None {
		m.note("network.mode", "the machine's policy wants %s", quote(None))
		m.adopt("network.mode")
		m.out.Network.Mode = None
	}
	if !m.machine.Has("network.allow") && !m.machine.Has("network.rule") && len(n.Rules) == 0 {
		return
	}
	b := n.bounds()
	m.bound("network.allow", m.destinations())
	m.forget("network.allow")
	m.forget("network.rule")
	m.out.Network.Allow, m.out.Network.Rules = nil, nil
	for i, s := range m.project.Network.Allow {
		m.allow(b, at("network.allow", i), s)
	}
	for i, r := range m.project.Network.Rules {
		m.rule(b, at("network.rule", i), r)
	}
	m.credentials(b)
}

// destinations is the key of the machine's policy that bounds destinations.
func (m *merger) destinations() string {
	if m.machine.Has("network.allow") {
		return "network.allow"
	}
	return "network.rule[0]"
}

func (n Network) bounds() bounds {
	b := bounds{methods: map[Destination][]string{}, presets: map[string]bool{}}
	for _, s := range n.Allow {
		if name, ok := Preset(s); ok {
			b.presets[name] = true
		} else if d, err := ParseDestination(s); err == nil {
			b.methods[d] = nil
		}
	}
	for _, r := range n.Rules {
		if d, err := ParseDestination(r.Host); err == nil {
			b.methods[d] = r.Methods
		}
	}
	return b
}

// allow keeps a preset that the machine has too, and treats a destination as a
// rule for any method.
func (m *merger) allow(b bounds, key, entry string) {
	name, preset := Preset(entry)
	d, err := ParseDestination(entry)
	methods, known := b.methods[d]
	switch {
	case preset && b.presets[name], !preset && err == nil && known && methods == nil:
		m.move(key, at("network.allow", len(m.out.Network.Allow)))
		m.out.Network.Allow = append(m.out.Network.Allow, entry)
	case !preset && err == nil && known:
		m.rule(b, key, Rule{Host: entry})
	default:
		m.refuse("network.allow", entry)
	}
}

// rule keeps the methods that the machine allows too.
func (m *merger) rule(b bounds, key string, r Rule) {
	d, err := ParseDestination(r.Host)
	methods, known := b.methods[d]
	if err != nil || !known {
		m.refuse("network.rule", r.Host)
		return
	}
	kept := common(r.Methods, methods)
	if !slices.Equal(kept, r.Methods) {
		m.note("network.rule", "the machine allows fewer methods to %s", quote(r.Host))
	}
	if kept != nil && len(kept) == 0 {
		return
	}
	m.move(key, at("network.rule", len(m.out.Network.Rules)))
	m.out.Network.Rules = append(m.out.Network.Rules, Rule{Host: r.Host, Methods: kept})
}

// common is what two lists of methods have in common; nil is any method. The
// result is nil only when both are.
func common(a, b []string) []string {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	out := []string{}
	for _, s := range a {
		if slices.Contains(b, s) {
			out = append(out, s)
		}
	}
	return out
}

// credentials keeps those whose host the machine allows without a rule, or has a credential
// of its own for: the gateway reaches a credential's host on the agent's
// behalf, so it is a destination like any other.
func (m *merger) credentials(b bounds) {
	allowed := map[Destination]bool{}
	for d, methods := range b.methods {
		allowed[d] = methods == nil // nobody checks the methods of a credential's requests
	}
	for _, c := range m.machine.Credentials {
		if o, err := ParseOrigin(c.Host); err == nil {
			allowed[o.Destination] = true
		}
	}
	m.forget("credential")
	m.out.Credentials = nil
	for i, c := range m.project.Credentials {
		if o, err := ParseOrigin(c.Host); err != nil || !allowed[o.Destination] {
			m.note("credential", "%s: %s is not allowed on this machine", c.Name, quote(c.Host))
			continue
		}
		m.move(at("credential", i), at("credential", len(m.out.Credentials)))
		m.out.Credentials = append(m.out.Credentials, c)
	}
}

// forget drops where the elements of a list stood.
func (m *merger) forget(key string) {
	maps.DeleteFunc(m.out.marks, func(k string, _ mark) bool { return strings.HasPrefix(k, key+"[") })
}

// move gives an element of the project's lists, and what is in it, its place
// in the result.
func (m *merger) move(from, to string) {
	for k, v := range m.project.marks {
		if rest, ok := strings.CutPrefix(k, from); ok && (rest == "" || rest[0] == '.' || rest[0] == '[') {
			m.out.marks[to+rest] = v
		}
	}
}
