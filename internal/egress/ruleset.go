package egress

import (
	"fmt"
	"slices"
	"strings"

	"ringwall/internal/plan"
)

// ruleSet is all that the policy says of one place, in its order: a request is
// allowed where one of the rules allows it. None is empty.
type ruleSet []rule

// control stands for the set where no request is known.
func (s ruleSet) control() string {
	if len(s) == 0 {
		return ""
	}
	return s[0].control
}

// intercept tells whether TLS is opened; the rules of a set agree on it.
func (s ruleSet) intercept() bool { return len(s) > 0 && s[0].intercept }

// seen tells whether requests have to be seen.
func (s ruleSet) seen() bool { return slices.ContainsFunc(s, rule.seen) }

// sealed tells that requests would have to be seen inside TLS that is not
// opened. Where the plan says that they are not, the host is enough.
func (s ruleSet) sealed() bool {
	return !s.intercept() && slices.ContainsFunc(s, func(r rule) bool { return r.seen() && !r.opaque })
}

// Request answers for one HTTP request to a destination, as far as the gateway
// sees it: on port 80, and inside TLS that it opens.
func (p Policy) Request(host string, port int, method, path string) Decision {
	set, d := p.match(host, port)
	switch {
	case !d.Allowed:
		return d
	case port != portHTTP && !set.intercept() && !set.sealed():
		d.Path = path
		return d
	}
	_, d = set.request(method, path)
	return d
}

// grant is a rule that allows a request, and the path that is sent by it.
type grant struct {
	rule
	path string
}

// request finds the rules that allow a request, in the policy's order. The decision is
// the first of them, or says why there is none.
func (s ruleSet) request(method, path string) (grants []grant, first Decision) {
	for i, r := range s {
		d := r.request(method, path)
		if d.Allowed {
			grants = append(grants, grant{r, d.Path})
		}
		if i == 0 || d.Allowed && len(grants) == 1 {
			first = d
		}
	}
	if len(grants) == 0 && len(s) > 1 {
		first.Reason = s.refuses(first.Reason, method, path)
	}
	return grants, first
}

// refuses says why none of several rules allows a request: what is wrong with
// the request itself, or what they allow.
func (s ruleSet) refuses(reason, method, path string) string {
	if checkMethod(method) != nil {
		return reason
	}
	plain, err := normalPath(path)
	if err != nil && !slices.ContainsFunc(s, func(r rule) bool { return len(r.paths) == 0 }) {
		return fmt.Sprintf("the path is refused: %v", err)
	}
	if err != nil {
		plain = path
	}
	return fmt.Sprintf("none of the %d rules of %s allows %s %s; they allow %s", len(s), s.place(), method, printable(plain), s.words())
}

// place is what the rules are about.
func (s ruleSet) place() dest { return dest{s[0].hosts.String(), s[0].port} }

const maxWords = 4 // that a refusal tells of: rules, methods, paths

// words are the conditions of the rules.
func (s ruleSet) words() string {
	out := make([]string, 0, maxWords+1)
	for i, r := range s {
		if i == maxWords {
			out = append(out, fmt.Sprintf("and %d more", len(s)-i))
			break
		}
		out = append(out, r.words())
	}
	return strings.Join(out, ", or ")
}

func (r rule) words() string {
	methods, paths := "any method", ""
	if len(r.methods) > 0 {
		methods = few(r.methods)
	}
	if len(r.paths) > 0 {
		paths = " on " + few(r.paths)
	}
	return methods + paths
}

// few are the first words of a list.
func few(list []string) string {
	if len(list) <= maxWords {
		return strings.Join(list, " ")
	}
	return strings.Join(list[:maxWords], " ") + " ..."
}

// request decides on a method and a path, as sent and without the query. Where
// the rule names paths the path is put into its one form first, and what
// servers could read in two ways is refused.
func (r rule) request(method, path string) Decision {
	no := func(format string, args ...any) Decision {
		return Decision{Control: r.control, Reason: fmt.Sprintf(format, args...)}
	}
	if err := checkMethod(method); err != nil {
		return no("%v", err)
	}
	if !r.allowsMethod(method) {
		return no("the rule %s does not allow the method %s", r.control, method)
	}
	if len(r.paths) == 0 {
		return Decision{Allowed: true, Control: r.control, Path: path}
	}
	plain, err := normalPath(path)
	if err != nil {
		return no("the path is refused: %v", err)
	}
	for _, pattern := range r.paths {
		if plan.MatchPath(pattern, plain) {
			return Decision{Allowed: true, Control: r.control, Path: plain}
		}
	}
	return no("the rule %s does not allow the path %s", r.control, printable(plain))
}
