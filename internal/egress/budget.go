package egress

import (
	"fmt"
	"slices"
	"sync/atomic"

	"ringwall/internal/evidence"
)

// budget is what a rule, or a whole run, may use. Bounds of 0 are none.
type budget struct {
	control     string
	whose       string // "the rule network.allow:...", the name of an allowance, or "the policy"
	common      bool   // of several rules
	maxRequests int64
	maxSent     int64 // bytes out of the sandbox
	requests    atomic.Int64
	sent        atomic.Int64
	told        [2]atomic.Bool // that requests, bytes are used up
}

// The resources of a budget, as they stand in evidence.LimitReached.
const (
	resourceRequests = "requests"
	resourceSent     = "sent_bytes"
)

// purse is all that a request by one rule is taken from, the run apart.
type purse []*budget

// budgets are new ones of a rule: its own, and those that it has in common with
// others.
func (r rule) budgets() purse {
	out := purse{{control: r.control, whose: "the rule " + r.control, maxRequests: r.maxRequests, maxSent: r.maxSent}}
	for _, a := range r.within {
		out = append(out, &budget{control: r.control, whose: a.Name, common: true, maxRequests: a.MaxRequests, maxSent: a.MaxSent})
	}
	return out
}

// bounded reports whether sent bytes have to be counted before they go out.
func (p purse) bounded() bool { return slices.ContainsFunc(p, (*budget).bounded) }

// takeRequest uses one request of each.
func (p purse) takeRequest(g *Gateway) (why string) {
	for _, b := range p {
		if why = b.takeRequest(g); why != "" {
			return why
		}
	}
	return ""
}

// takeBytes uses n bytes of each.
func (p purse) takeBytes(g *Gateway, n int) (why string) {
	for _, b := range p {
		if why = b.takeBytes(g, n); why != "" {
			return why
		}
	}
	return ""
}

// bounded reports whether sent bytes have to be counted.
func (b *budget) bounded() bool { return b.maxSent > 0 }

// takeRequest uses one request, or says that there is none left.
func (b *budget) takeRequest(g *Gateway) (why string) {
	if b.maxRequests <= 0 || b.requests.Add(1) <= b.maxRequests {
		return ""
	}
	return b.usedUp(g, 0, resourceRequests, b.maxRequests)
}

// takeBytes uses n bytes, or says that they are not left.
func (b *budget) takeBytes(g *Gateway, n int) (why string) {
	if b.maxSent <= 0 || b.sent.Add(int64(n)) <= b.maxSent {
		return ""
	}
	return b.usedUp(g, 1, resourceSent, b.maxSent)
}

// usedUp records it once.
func (b *budget) usedUp(g *Gateway, i int, resource string, most int64) string {
	if b.told[i].CompareAndSwap(false, true) {
		e := evidence.LimitReached{Resource: resource, Value: most, Control: b.control}
		if err := g.cfg.Recorder.Record(evidence.Event{LimitReached: &e}); err != nil {
			g.unrecorded(err)
		}
	}
	if i == 0 {
		return fmt.Sprintf("%s allows %d requests in a run, and they are used up; %s", b.whose, most, b.raise("max_requests"))
	}
	return fmt.Sprintf("%s allows %d bytes to be sent in a run, and they are used up; %s", b.whose, most, b.raise("max_sent"))
}

// raise is the way out.
func (b *budget) raise(key string) string {
	if b.common {
		return key + " may be raised there"
	}
	return "the owner may raise " + key + " in ringwall.toml"
}

// take uses a request and its first n bytes of the first rule that has them
// left, and of the run. It says what is used up where none has.
func (g *Gateway) take(rules ruleSet, n int) (r rule, spent purse, why string) {
	if len(rules) == 0 {
		return r, nil, "no rule allows it"
	}
	for _, r = range rules {
		spent = g.purse(r)
		first := spent.takeRequest(g)
		if first == "" {
			first = spent.takeBytes(g, n)
		}
		if first == "" {
			why = g.total.takeRequest(g)
			if why == "" {
				why = g.total.takeBytes(g, n)
			}
			return r, spent, why
		}
		if why == "" {
			why = first
		}
	}
	return r, spent, why
}

// takeBytes asks the rule and the run.
func (g *Gateway) takeBytes(p purse, n int) string {
	if why := p.takeBytes(g, n); why != "" {
		return why
	}
	return g.total.takeBytes(g, n)
}

// affordable takes the request and its head from the budgets of the first rule
// that can pay for it, which is then the request's.
func (c *crossing) affordable() bool {
	var set ruleSet
	for _, a := range c.grants {
		if a.maxUpload == 0 || c.h.length <= a.maxUpload {
			set = append(set, a.rule)
		}
	}
	if len(set) == 0 {
		return c.refuse(403, tooLarge(c.grants[0].maxUpload))
	}
	r, spent, why := c.g.take(set, c.h.len)
	if why != "" {
		return c.refuse(403, why)
	}
	c.rule, c.spent = r, spent
	for _, a := range c.grants {
		if a.control == r.control {
			c.path = a.path
		}
	}
	c.g.sent.Add(int64(c.h.len))
	return true
}

func tooLarge(most int64) string {
	return fmt.Sprintf("the rule allows %d bytes in the body of a request; the owner may raise max_upload in ringwall.toml", most)
}
