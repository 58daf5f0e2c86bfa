package policy

import "slices"

// Narrow puts a rule under another one of the same place: what is left
// satisfies both. It is nil where nothing is left. lost names what the other
// one took away: "methods", "paths", "requests" ...
func (r Rule) Narrow(by Rule) (left *Rule, lost []string) {
	out := r
	out.Methods = common(r.Methods, by.Methods)
	out.Paths = commonPaths(r.Paths, by.Paths)
	out.MaxRequests = least(r.MaxRequests, by.MaxRequests)
	out.MaxSent = least(r.MaxSent, by.MaxSent)
	out.MaxUpload = least(r.MaxUpload, by.MaxUpload)
	out.Intercept = opened(r, by)
	out.Within = slices.Concat(r.Within, by.Within)
	for _, c := range []struct {
		what string
		less bool
	}{
		{"methods", !slices.Equal(out.Methods, r.Methods)},
		{"paths", !slices.Equal(out.Paths, r.Paths)},
		{"requests", r.MaxRequests > out.MaxRequests},
		{"bytes", r.MaxSent > out.MaxSent || r.MaxUpload > out.MaxUpload},
	} {
		if c.less {
			lost = append(lost, c.what)
		}
	}
	if out.Methods != nil && len(out.Methods) == 0 || out.Paths != nil && len(out.Paths) == 0 {
		return nil, lost
	}
	return &out, lost
}

// opened is whether TLS is opened: where either wants it. A project cannot
// leave unseen what the machine wants checked.
func opened(r, by Rule) *bool {
	yes := true
	switch {
	case r.Intercept != nil && *r.Intercept, by.Intercept != nil && *by.Intercept:
		return &yes
	case r.Opens(), by.Opens():
		return nil
	case r.Intercept != nil:
		return r.Intercept
	}
	return by.Intercept
}

// Opens tells whether the rule wants TLS opened where it is spoken.
func (r Rule) Opens() bool {
	if r.Intercept != nil {
		return *r.Intercept
	}
	return r.Methods != nil || r.Paths != nil || r.MaxUpload > 0
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

// commonPaths keeps the patterns of each list that one of the other covers.
// What merely overlaps is left out: that takes away, and never adds.
func commonPaths(a, b []string) []string {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	out := []string{}
	for _, pair := range [][2][]string{{a, b}, {b, a}} {
		for _, narrow := range pair[0] {
			covered := slices.ContainsFunc(pair[1], func(wide string) bool { return coversPath(wide, narrow) })
			if covered && !slices.Contains(out, narrow) {
				out = append(out, narrow)
			}
		}
	}
	return out
}

// least is the smaller of two bounds, of which 0 is none.
func least(a, b int64) int64 {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// Closest are the rules of the most exact destination of some that covers a
// target, in their order; none: nothing covers it.
func Closest(rules []Rule, t Target) (out []Rule) {
	best, _ := closest(groups(Network{Rules: rules}.targets()), t)
	for _, p := range best.rules {
		out = append(out, p.Rule)
	}
	return out
}

// Denies finds the entry of network.deny that covers a target, by its key.
func (p Policy) Denies(t Target) (key string, denied bool) {
	for i, s := range p.Network.Deny {
		if d, err := ParseDeny(s); err == nil && d.Covers(t) {
			return at("network.deny", i), true
		}
	}
	return "", false
}
