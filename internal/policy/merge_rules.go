package policy

import (
	"slices"
	"strings"
)

// group is all that a policy says of one target: of its rules one has to allow
// a request.
type group struct {
	to    Target
	rules []placed
}

// groups are the targets of some rules, each at the place of its first one.
func groups(list []placed) (out []group) {
	index := map[Target]int{}
	for _, p := range list {
		i, known := index[p.to]
		if !known {
			i = len(out)
			index[p.to] = i
			out = append(out, group{to: p.to})
		}
		out[i].rules = append(out[i].rules, p)
	}
	return out
}

// pooled are the entries of both lists. Of one with bounds a merge may make
// several, so its bounds get a name by which they stay one.
func (p Policy) pooled() []placed {
	list := p.Network.targets()
	for i, r := range list {
		if r.MaxRequests > 0 || r.MaxSent > 0 {
			name := r.key + " of " + p.Where(r.key)
			list[i].Within = append(slices.Clip(r.Within), Allowance{name, r.MaxRequests, r.MaxSent})
		}
	}
	return list
}

// closest is the most exact of those that cover a target.
func closest(list []group, t Target) (best group, found bool) {
	for _, g := range list {
		if g.to.Covers(t) && (!found || best.to.Covers(g.to)) {
			best, found = g, true
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
	machine, project := groups(m.machine.pooled()), groups(m.project.pooled())
	for _, g := range project {
		if first := g.rules[0]; g.to.Port < 0 {
			m.preset(first, slices.Contains(m.machine.Network.Allow, first.Host))
			continue
		}
		m.intersection(g, project, machine)
	}
	for _, p := range m.machine.pooled() {
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

// intersection keeps what the machine's list has of one target of the
// project's: all of it, or the machine's more exact targets within, as far as
// no other target of the project's is more exact still.
func (m *merger) intersection(g group, project, machine []group) {
	by, covered := closest(machine, g.to)
	if covered && !m.keepAll(g, by) && slices.ContainsFunc(project, func(o group) bool { return o.to != g.to && o.to.Covers(g.to) }) {
		m.shut(g.to, by)
	}
	kept := covered
	for _, inner := range machine {
		if inner.to == g.to || !g.to.Covers(inner.to) {
			continue
		}
		kept = true
		if owner, _ := closest(project, inner.to); owner.to == g.to && !m.keepAll(g.at(inner), inner) {
			m.shut(inner.to, inner)
		}
	}
	first := g.rules[0]
	if !kept {
		m.refuse(listOf(first.key), first.Host)
	} else if !covered {
		m.note(listOf(first.key), "of %s only a part is allowed on this machine", quote(first.Host))
	}
}

// at is what a group says of a part of its target.
func (g group) at(part group) group {
	out := group{to: part.to}
	for _, p := range g.rules {
		p.Host, p.to = part.rules[0].Host, part.to
		out.rules = append(out.rules, p)
	}
	return out
}

// shut denies what two groups have nothing in common for, where the entry
// around it would allow it.
func (m *merger) shut(t Target, by group) {
	m.out.marks[at("network.deny", len(m.out.Network.Deny))] = m.machine.marks[by.rules[0].key]
	m.out.Network.Deny = append(m.out.Network.Deny, t.String())
}

// listOf is the list that an entry stands in.
func listOf(key string) string { return key[:strings.LastIndexByte(key, '[')] }

// keepAll keeps what is left of a group under the machine's: of each rule what
// it has in common with each of the machine's, in the project's order. False:
// nothing is left.
func (m *merger) keepAll(g, by group) bool {
	some := false
	for _, p := range g.rules {
		var left []Rule
		for _, b := range by.rules {
			if r, _ := p.Narrow(b.Rule); r != nil {
				left = append(left, *r)
				m.keep(p, *r)
			}
		}
		for _, what := range p.lost(by, left) {
			m.note("network.rule", "the machine allows fewer %s to %s", what, quote(p.Host))
		}
		some = some || len(left) > 0
	}
	return some
}

// keep adds what is left of a rule.
func (m *merger) keep(p placed, r Rule) {
	if r.Free() && strings.HasPrefix(p.key, "network.allow") {
		m.keepEntry(p.key, p.Host)
		return
	}
	m.move(p.key, at("network.rule", len(m.out.Network.Rules)))
	m.out.Network.Rules = append(m.out.Network.Rules, r)
}

// lost names what the machine's rules took away of one of the project's, of
// which left is left.
func (p placed) lost(by group, left []Rule) []string {
	most := by.rules[0].Rule
	for _, b := range by.rules[1:] {
		most = most.or(b.Rule)
	}
	_, lost := p.Narrow(most)
	if len(lost) == 0 && !p.within(left) {
		lost = []string{"methods on some paths"}
	}
	return lost
}

// or is the least that allows what one of two rules does, condition by
// condition.
func (r Rule) or(o Rule) Rule {
	r.Methods, r.Paths = joined(r.Methods, o.Methods), joined(r.Paths, o.Paths)
	r.MaxRequests = most(r.MaxRequests, o.MaxRequests)
	r.MaxSent = most(r.MaxSent, o.MaxSent)
	r.MaxUpload = most(r.MaxUpload, o.MaxUpload)
	return r
}

// joined is what is in one of two lists, of which nil is all.
func joined(a, b []string) []string {
	if a == nil || b == nil {
		return nil
	}
	return slices.Concat(a, b)
}

// most is the larger of two bounds, of which 0 is none.
func most(a, b int64) int64 {
	if a == 0 || b == 0 {
		return 0
	}
	return max(a, b)
}

// within tells that each request that a rule allows one of some others does.
func (r Rule) within(others []Rule) bool {
	methods, paths := r.Methods, r.Paths
	if methods == nil {
		methods = []string{""} // one that nobody names
	}
	if paths == nil {
		paths = []string{"/**"}
	}
	for _, method := range methods {
		for _, path := range paths {
			if !slices.ContainsFunc(others, func(o Rule) bool { return o.hasAll(method, path) }) {
				return false
			}
		}
	}
	return true
}

func (r Rule) hasAll(method, path string) bool {
	return (r.Methods == nil || slices.Contains(r.Methods, method)) &&
		(r.Paths == nil || slices.ContainsFunc(r.Paths, func(wide string) bool { return coversPath(wide, path) }))
}
