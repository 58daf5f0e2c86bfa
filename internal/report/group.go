package report

import (
	"cmp"
	"slices"

	"ringwall/internal/evidence"
)

// refusalKey is what makes two refusals the same. Whose word it is belongs to
// it: what was observed is never mixed with what was claimed.
type refusalKey struct {
	layer, control, what, errno string
	source                      evidence.Source
}

// hostKey is what makes two requests go to the same place.
type hostKey struct {
	name string
	port int
}

// refused counts one event.
func (r *reducer) refused(iteration int, e evidence.Refused) {
	n := max(1, e.Count)
	k := refusalKey{e.Layer, e.Control, e.What, e.Errno, e.Source}
	if r.refusals[k] == nil {
		r.refusals[k] = &Refusal{Control: e.Control, What: e.What, Errno: e.Errno, Source: e.Source, Program: e.Program, Why: e.Why}
		r.order = append(r.order, k)
	}
	r.refusals[k].Count += n
	if e.Layer == "permissions" {
		r.told[iteration] = true
	}
	if i := r.find(iteration); i >= 0 {
		r.run.Timeline[i].Stopped += n
	}
}

// deniedTools counts what the agent says its own permissions refused, unless
// the same iteration has events for that: one denial is counted once.
func (r *reducer) deniedTools() {
	for i := range r.run.Timeline {
		n := r.run.Timeline[i].Number
		if r.told[n] {
			continue
		}
		for _, tool := range r.denied[n] {
			r.refused(n, evidence.Refused{Layer: "permissions", What: tool, Source: evidence.Claimed, Count: 1,
				Why: "the agent's own permissions do not allow it"})
		}
	}
}

// collect puts the refusals under their layers, the most frequent first. An
// event of a layer that this version does not know is shown, never lost.
func (r *reducer) collect() {
	for _, k := range r.order {
		i, known := r.layers[k.layer]
		if !known {
			i = len(r.run.Layers)
			r.layers[k.layer] = i
			r.run.Layers = append(r.run.Layers, Layer{Name: k.layer, Refusals: []Refusal{}})
		}
		l := &r.run.Layers[i]
		l.Refusals = append(l.Refusals, *r.refusals[k])
		l.Stopped += r.refusals[k].Count
	}
	for _, l := range r.run.Layers {
		slices.SortStableFunc(l.Refusals, func(a, b Refusal) int { return cmp.Compare(b.Count, a.Count) })
	}
}

// request adds one exchange to its host. A lookup has no port of its own; it
// is kept under port 0 until finish joins it to the requests that followed.
func (r *reducer) request(iteration int, e evidence.Request) {
	k := hostKey{e.Host, e.Port}
	if e.Proto == "dns" {
		k.port = 0
	}
	h, n := r.host(k), max(1, e.Count)
	switch i := r.find(iteration); {
	case e.Ended: // it was counted when it was decided
	case e.Proto == "dns":
		h.Lookups += n
	default:
		h.Requests += n
		if i >= 0 {
			r.run.Timeline[i].Requests += n
		}
	}
	if e.Status >= 400 {
		h.Failed += n
	}
	h.Sent, h.Received = h.Sent+e.Sent, h.Received+e.Received
	h.Rule, h.Credential = cmp.Or(h.Rule, e.Rule), cmp.Or(h.Credential, e.Credential)
}

// host finds or makes the entry.
func (r *reducer) host(k hostKey) *Host {
	i, ok := r.hosts[k]
	if !ok {
		i = len(r.run.Hosts)
		r.hosts[k] = i
		r.run.Hosts = append(r.run.Hosts, Host{Name: k.name, Port: k.port})
	}
	return &r.run.Hosts[i]
}

// joinLookups adds lookups to the first requests to the same name, where there
// are any, and sorts: the busiest host first.
func (r *reducer) joinLookups() {
	hosts, first := r.run.Hosts, map[string]int{}
	for i, h := range hosts {
		if _, ok := first[h.Name]; !ok && h.Requests > 0 {
			first[h.Name] = i
		}
	}
	joins := func(h Host) (int, bool) {
		i, ok := first[h.Name]
		return i, ok && h.Port == 0 && h.Requests == 0
	}
	for _, h := range hosts {
		if i, ok := joins(h); ok {
			to := &hosts[i]
			to.Lookups, to.Sent, to.Received = to.Lookups+h.Lookups, to.Sent+h.Sent, to.Received+h.Received
		}
	}
	r.run.Hosts = slices.DeleteFunc(hosts, func(h Host) bool { _, ok := joins(h); return ok })
	slices.SortStableFunc(r.run.Hosts, func(a, b Host) int { return cmp.Compare(b.Requests, a.Requests) })
}

// limitSet keeps one of each: every iteration sets the same ones.
func (r *reducer) limitSet(l Limit) {
	if !r.limits[l] {
		r.limits[l] = true
		r.run.Limits = append(r.run.Limits, l)
	}
}

// warning counts a message.
func (r *reducer) warning(msg string) {
	i, ok := r.warnings[msg]
	if !ok {
		i = len(r.run.Warnings)
		r.warnings[msg] = i
		r.run.Warnings = append(r.run.Warnings, Warning{Message: msg})
	}
	r.run.Warnings[i].Count++
}

// cost sums what is known and counts what is not. A command that is not an
// agent's claims nothing and has no cost to know.
func (r *reducer) cost() {
	for _, it := range r.run.Timeline {
		switch {
		case it.Claim != nil && it.Claim.CostUSD != nil:
			r.run.Cost.Known = true
			r.run.Cost.USD += *it.Claim.CostUSD
		default:
			r.run.Cost.Unknown++
		}
	}
}
