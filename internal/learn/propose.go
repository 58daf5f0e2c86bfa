package learn

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"ringwall/internal/layer/network"
	"ringwall/internal/plan"
	"ringwall/internal/policy"
	"ringwall/internal/project"
)

// Proposal is what an owner could add, and what is to be known of it.
type Proposal struct {
	policy.Addition
	Left     []Note // what is not proposed, and why
	Warnings []Note // about what is
}

// Note is a word about something that was asked for.
type Note struct {
	What string `json:"what"`
	Why  string `json:"why"`
}

// Propose makes additions to a project's policy. Bound is that policy as the
// machine's bounds it, whose denials hold. Presets are what the owner's own
// configuration says that they stand for.
func Propose(own, bound policy.Policy, presets map[string][]project.Endpoint, s *Seen) Proposal {
	m := maker{policy: own, bound: bound, presets: presets}
	for _, place := range s.Places() {
		m.place(place)
	}
	for _, tool := range s.Tools() {
		if !slices.Contains(own.Tools.Allow, tool) {
			m.Tools = append(m.Tools, tool)
			m.warn(tool, "it reaches beyond an agent's work: ringwall why --as tool "+tool)
		}
	}
	if s.More > 0 {
		m.leave(fmt.Sprintf("%d more", s.More), "more was asked for than is looked at")
	}
	return m.Proposal
}

type maker struct {
	Proposal
	policy  policy.Policy
	bound   policy.Policy
	presets map[string][]project.Endpoint
}

func (m *maker) leave(what, why string) { m.Left = append(m.Left, Note{what, why}) }
func (m *maker) warn(what, why string)  { m.Warnings = append(m.Warnings, Note{what, why}) }

// place proposes what allows one place.
func (m *maker) place(p Place) {
	d := policy.Destination{Host: p.Host, Port: p.Port}
	if why := never(m.bound, p); why != "" {
		m.leave(show(d), why)
		return
	}
	if why := doubt(p); why != "" {
		m.warn(show(d), why)
	}
	if m.byPreset(d, p) || m.byRule(d, p) {
		return
	}
	if len(p.Methods) == 0 {
		m.Allow = append(m.Allow, entry(d))
		return
	}
	m.Rules = append(m.Rules, policy.Rule{Host: entry(d), Methods: slices.Sorted(slices.Values(p.Methods))})
}

// never says why a place is not proposed at all.
func never(p policy.Policy, place Place) string {
	reason, sink := network.Shared(place.Host)
	key, denied := p.Denies(policy.Target{Destination: policy.Destination{Host: place.Host, Port: place.Port}})
	a, err := netip.ParseAddr(place.Host)
	switch {
	case place.Port == 0:
		return "only its name was asked for, so its port is not known"
	case place.Port == 53:
		return "the gateway answers all name queries itself"
	case err == nil && slices.ContainsFunc(plan.Synthetic(), func(r netip.Prefix) bool { return r.Contains(a) }):
		return "an address that stands for a name, which nobody asked for"
	case err == nil && (a.IsLoopback() || a.IsUnspecified()):
		return "this is the sandbox itself: nothing listens there"
	case err == nil && (a.IsLinkLocalUnicast() || a.IsMulticast()):
		return "no such address is a place to work with: metadata services are found there"
	case denied:
		return p.Where(key) + " denies it"
	case sink:
		return reason
	}
	return ""
}

// doubt is what is to be known of a place before it is allowed.
func doubt(p Place) string {
	a, err := netip.ParseAddr(p.Host)
	reason, _ := network.Shared(p.Host)
	switch {
	case reason != "":
		return reason
	case err == nil && a.IsPrivate():
		return "an address of a private network"
	case err == nil:
		return "an address, whose owner may change"
	}
	return ""
}

// byPreset proposes a preset of packages that stands for the place, the smallest
// of them. What it does not cover needs a word of the owner's own.
func (m *maker) byPreset(d policy.Destination, p Place) bool {
	best := ""
	for _, name := range slices.Sorted(maps.Keys(m.presets)) {
		list := m.presets[name]
		named := slices.ContainsFunc(list, func(e project.Endpoint) bool { return e.Host == d.Host && e.Port == d.Port })
		if named && !project.AgentPreset(name) && (best == "" || len(list) < len(m.presets[best])) {
			best = name
		}
	}
	if best == "" {
		return false
	}
	entry := "preset:" + best
	if !slices.Contains(m.Allow, entry) && !slices.Contains(m.policy.Network.Allow, entry) {
		m.Allow = append(m.Allow, entry)
	}
	if more := slices.DeleteFunc(slices.Clone(p.Methods), fetches); len(more) > 0 {
		m.leave(strings.Join(more, ", ")+" "+show(d), entry+" is for fetching only; what is more needs a [[network.rule]] of its own")
	}
	return true
}

// fetches tells the methods that presets of packages allow.
func fetches(method string) bool { return method == "GET" || method == "HEAD" }

// byRule proposes more methods for a rule that names the place already: of
// several the first that is about no paths, else the first.
func (m *maker) byRule(d policy.Destination, p Place) bool {
	at := m.rulesFor(d)
	if len(at) == 0 {
		return false
	}
	best, lacking := at[0], slices.Clone(p.Methods)
	for _, i := range slices.Backward(at) {
		r := m.policy.Network.Rules[i]
		if len(r.Methods) == 0 {
			lacking = nil
		} else if len(r.Paths) == 0 {
			best = i
		}
		lacking = slices.DeleteFunc(lacking, func(s string) bool { return slices.Contains(r.Methods, s) })
	}
	if len(lacking) == 0 {
		m.leave(show(d), "a [[network.rule]] names it; what it refuses is its paths or its bounds")
		return true
	}
	if m.Addition.Methods == nil {
		m.Addition.Methods = map[int][]string{}
	}
	m.Addition.Methods[best] = append(m.Addition.Methods[best], lacking...)
	if other := m.otherPaths(at, p.Paths); len(other) > 0 {
		m.leave(strings.Join(other, ", ")+" "+show(d), "no [[network.rule]] of the place has these paths, and which pattern is meant is yours to say")
	}
	return true
}

// otherPaths are those that no rule of a place allows, whatever the method.
func (m *maker) otherPaths(at []int, paths []string) []string {
	return slices.DeleteFunc(slices.Clone(paths), func(path string) bool {
		return slices.ContainsFunc(at, func(i int) bool {
			r := m.policy.Network.Rules[i]
			return len(r.Paths) == 0 || slices.ContainsFunc(r.Paths, func(p string) bool { return plan.MatchPath(p, path) })
		})
	})
}

// rulesFor are the places of the policy's rules for a destination.
func (m *maker) rulesFor(d policy.Destination) (at []int) {
	for i, r := range m.policy.Network.Rules {
		if to, err := policy.ParseDestination(r.Host); err == nil && to == d {
			at = append(at, i)
		}
	}
	return at
}

// entry is a place as an owner writes it: 443 is the port of no port.
func entry(d policy.Destination) string {
	if d.Port == policy.HTTPSPort {
		return strings.TrimSuffix(d.String(), ":443")
	}
	return d.String()
}

func show(d policy.Destination) string {
	if d.Port == 0 {
		return d.Host
	}
	return d.String()
}
