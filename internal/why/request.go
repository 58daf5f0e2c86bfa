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

// request is a question about a host: a place, and what is asked of it as far
// as the question says.
type request struct {
	method  string // of "PUT https://..."; empty: not said
	host    string
	port    int
	path    string // of a URL, without the query; empty: not said
	assumed bool   // the port is a guess
}

// schemePorts are the ports of URLs.
func schemePorts() map[string]int {
	return map[string]int{"http": 80, "ws": 80, "https": 443, "wss": 443, "ssh": 22}
}

// parseRequest reads a URL with or without a method before it, a host with a
// port, or a host.
func parseRequest(s string) (request, error) {
	var q request
	rest := s
	if method, url, ok := strings.Cut(s, " "); ok && strings.Contains(url, "://") {
		q.method, rest = method, strings.TrimLeft(url, " ")
	}
	if scheme, after, isURL := strings.Cut(rest, "://"); isURL {
		end := len(after)
		if i := strings.IndexAny(after, "/?#"); i >= 0 {
			end = i
		}
		q.path, _, _ = strings.Cut(after[end:], "#")
		q.path, _, _ = strings.Cut(q.path, "?")
		rest, q.port = after[:end], schemePorts()[strings.ToLower(scheme)]
	}
	return q, q.place(rest)
}

// place reads what stands where a URL has its authority.
func (q *request) place(s string) error {
	q.assumed = q.port == 0
	if q.port == 0 {
		q.port = defaultPort
	}
	if addr, err := netip.ParseAddr(s); err == nil { // an IPv6 address without brackets
		q.host = addr.String()
		return nil
	}
	host, port, err := plan.SplitHostPort(s, q.port)
	if err != nil {
		return err
	}
	q.assumed = q.assumed && port == q.port && !strings.HasSuffix(s, ":"+strconv.Itoa(port))
	q.host, q.port = host, port
	return nil
}

// conditions adds what the rules ask of a request, where the question leaves it
// open, and decides where it does not.
func (w World) conditions(rules egress.Policy, p *Part, q request) {
	c, _ := w.Plan.Find(p.Control)
	e := c.Want.Egress
	if e == nil {
		return
	}
	set := w.beside(c)
	p.Why = strings.Join(append(fromOf(p.Why), spends(set)...), "; ")
	only := demands(set)
	switch {
	case len(only) > 0 && c.Status == plan.Downgraded && !e.Intercept && q.port != 80:
		p.Why = strings.Join(only, "; ") + " is asked for and not checked: " + c.Why
	case q.method != "" || q.path != "" && slices.ContainsFunc(set, hasPaths):
		w.decideRequest(rules, p, q, set)
	case len(only) > 0:
		p.Verdict, p.Answer = Conditional, "HTTP 403"
		p.Why = strings.Join(append(only, spends(set)...), "; ")
		p.WayOut = policyKey(p.From, widen(set))
	}
}

// beside are the rules of a rule's place, itself among them.
func (w World) beside(c plan.Control) (set []*plan.Egress) {
	own := c.Want.Egress
	for _, o := range w.Plan.Controls {
		if e := o.Want.Egress; e != nil && !e.Deny && o.Status != plan.Unavailable && e.Host == own.Host && e.Port == own.Port {
			set = append(set, e)
		}
	}
	return set
}

func hasPaths(e *plan.Egress) bool { return len(e.Paths) > 0 }

// demands are the conditions of a set of rules for each request; nothing where
// one of them has none.
func demands(set []*plan.Egress) []string {
	if len(set) == 1 {
		return only(set[0])
	}
	all := make([]string, 0, len(set))
	for _, e := range set {
		one := only(e)
		if len(one) == 0 {
			return nil
		}
		all = append(all, strings.Join(one, ", "))
	}
	return []string{strings.Join(all, "; or ")}
}

// spends is what is counted, where a place has one rule. Of several, the one
// that a request goes by is charged.
func spends(set []*plan.Egress) []string {
	if len(set) == 1 {
		return budgets(set[0])
	}
	for _, e := range set {
		if len(budgets(e)) > 0 {
			return []string{"each rule counts its own requests and bytes"}
		}
	}
	return nil
}

// only are the conditions of a rule for each request.
func only(e *plan.Egress) []string {
	var out []string
	if len(e.Methods) > 0 {
		out = append(out, "only "+strings.Join(e.Methods, ", "))
	}
	if len(e.Paths) > 0 {
		out = append(out, "only the paths "+strings.Join(e.Paths, ", "))
	}
	return out
}

// budgets are what a rule counts.
func budgets(e *plan.Egress) []string {
	var out []string
	for _, b := range []struct {
		n    int64
		text string
	}{
		{e.MaxRequests, "at most %d requests of a run"},
		{e.MaxSent, "at most %d bytes sent in a run"},
		{e.MaxUpload, "at most %d bytes in one request"},
	} {
		if b.n > 0 {
			out = append(out, fmt.Sprintf(b.text, b.n))
		}
	}
	for _, a := range e.Within {
		out = append(out, "what "+a.Name+" allows, together with others")
	}
	return out
}

func widen(set []*plan.Egress) string {
	e := set[0]
	switch {
	case len(set) > 1:
		return "add one more [[network.rule]] of the same host"
	case len(e.Paths) == 0:
		return "add the method to methods of this [[network.rule]]"
	case len(e.Methods) == 0:
		return "add the path to paths of this [[network.rule]]"
	}
	return "add the method to methods, or the path to paths, of this [[network.rule]]"
}

// lacking is a set without the conditions that are not why a request is
// refused.
func lacking(set []*plan.Egress, method string) []*plan.Egress {
	e := set[0]
	switch {
	case len(set) > 1:
		return set
	case len(e.Methods) > 0 && !slices.Contains(e.Methods, method):
		return []*plan.Egress{{Methods: e.Methods}}
	}
	return []*plan.Egress{{Paths: e.Paths}}
}

// decideRequest asks the gateway's own decision on a request. A method that was
// not said is one that the rules allow.
func (w World) decideRequest(rules egress.Policy, p *Part, q request, set []*plan.Egress) {
	if q.path == "" {
		q.path = "/"
	}
	method, d := tryMethods(rules, q, set)
	switch {
	case !d.Allowed:
		p.Verdict, p.Answer, p.Why = Refused, "HTTP 403", d.Reason
		p.WayOut = policyKey(p.From, widen(lacking(set, method)))
		return
	case q.method == "" && method != "":
		p.Verdict, p.Answer = Conditional, "HTTP 403"
		p.Why = strings.Join(append(demands(set), spends(set)...), "; ")
		p.WayOut = policyKey(p.From, widen(set))
		return
	}
	if c, found := w.Plan.Find(d.Control); found {
		*p = by(c, p.Operation, Allowed, "")
		p.Why = strings.Join(append(fromOf(p.Why), budgets(c.Want.Egress)...), "; ")
	}
	if d.Path != q.path {
		p.Why = strings.Join(append(fromOf(p.Why), "the path is sent as "+d.Path), "; ")
	}
}

// tryMethods decides on the method that was said. Where none was, it finds one
// that the rules allow there; the method is empty where they allow any.
func tryMethods(rules egress.Policy, q request, set []*plan.Egress) (method string, d egress.Decision) {
	if q.method != "" {
		return q.method, rules.Request(q.host, q.port, q.method, q.path)
	}
	const any = "X-ANY" // that no rule names
	if d = rules.Request(q.host, q.port, any, q.path); d.Allowed {
		return "", d
	}
	methods := []string{"GET"}
	for _, e := range set {
		methods = slices.Concat(e.Methods, methods)
	}
	for _, method = range methods {
		if d = rules.Request(q.host, q.port, method, q.path); d.Allowed {
			return method, d
		}
	}
	return method, d
}
