package egress

import (
	"fmt"
	"net/http"
	"strings"
	"sync"

	"ringwall/internal/egress/usage"
	"ringwall/internal/evidence"
	"ringwall/internal/plan"
)

// Models is what was read in the answers of models.
type Models struct {
	Answers, Tokens int64
	CostUSD         float64 // of those whose cost is known
	Unknown         int64   // answers whose cost is not
}

// models adds it up.
type models struct {
	mu  sync.Mutex
	sum Models
}

func (m *models) add(u evidence.ModelUsage) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sum.Answers++
	m.sum.Tokens += u.Input + u.CacheRead + u.CacheWrite + u.Output
	if u.CostUSD == nil {
		m.sum.Unknown++
		return
	}
	m.sum.CostUSD += *u.CostUSD
}

func (m *models) total() Models {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.sum
}

// measured tells what a request asks a model for; false: it asks none. A model
// is behind a host that is known for it, and behind a credential, since that may
// be for a company's own gateway.
func measured(host string, credential bool, method, path string) (usage.Endpoint, bool) {
	if !credential && !usage.ModelHost(host) {
		return usage.Endpoint{}, false
	}
	return usage.EndpointOf(method, path)
}

// asksModel is that of a request on its way. A WebSocket is asked for by GET and
// then carries what would be posted.
func (c *crossing) asksModel() (usage.Endpoint, bool) {
	method := c.h.method
	if c.ws {
		method = http.MethodPost
	}
	return measured(c.s.to.host, c.s.keep != nil, method, c.path)
}

// readUsage reads along in an answer of a model's.
func (c *crossing) readUsage(resp *http.Response) {
	if e, ok := c.asksModel(); ok {
		c.g.tapUsage(c.s.to.host, e, resp)
	}
}

// tapUsage lets the body of an answer pass and records what it took. It asks for
// nothing: where the answer is encoded it cannot be read, and its cost is
// unknown.
func (g *Gateway) tapUsage(host string, e usage.Endpoint, resp *http.Response) {
	switch enc := resp.Header.Get("Content-Encoding"); {
	case resp.StatusCode >= 400 || resp.Body == nil: // nobody bills for that
	case resp.StatusCode == http.StatusSwitchingProtocols || !e.Told || enc != "" && !strings.EqualFold(enc, "identity"):
		if e.Paid {
			g.used(host, usage.Usage{Model: e.Model})
		}
	default:
		resp.Body = usage.Tap(resp.Body, usage.NewMeter(e.Model), func(u usage.Usage) {
			if e.Paid || u.Known {
				g.used(host, u)
			}
		})
	}
}

// unanswered records a request to a model whose client went away before there
// was an answer: it may be billed all the same.
func (g *Gateway) unanswered(host string, e usage.Endpoint) {
	if e.Paid && g.ctx.Err() == nil {
		g.used(host, usage.Usage{Model: e.Model, Cut: true})
	}
}

// used records what an answer took.
func (g *Gateway) used(host string, u usage.Usage) {
	e := evidence.ModelUsage{Host: host, Model: printable(u.Model), Unknown: !u.Known, Cut: u.Cut}
	if u.Known {
		e.Input, e.Output, e.Searches = u.Input, u.Output, u.Searches
		e.CacheRead, e.CacheWrite = u.CacheRead, u.CacheWrite+u.CacheWrite1h
	}
	if usd, ok := usage.Cost(u, g.policy.prices); ok {
		e.CostUSD = &usd
	}
	g.models.add(e)
	if err := g.cfg.Recorder.Record(evidence.Event{ModelUsage: &e}); err != nil {
		g.fail(fmt.Errorf("gateway: record: %w", err))
	}
}

// prices turns the owner's prices into those that are reckoned with. What is
// kept in a cache for an hour costs twice the input, as far as anybody knows.
func prices(list []plan.Price) []usage.Price {
	usd := func(n int64) float64 { return float64(n) / 1e6 }
	var out []usage.Price
	for _, p := range list {
		out = append(out, usage.Price{Model: p.Model, Input: usd(p.Input), Output: usd(p.Output), CacheRead: usd(p.CacheRead),
			CacheWrite: usd(p.CacheWrite), CacheWrite1h: max(usd(p.CacheWrite), 2*usd(p.Input))})
	}
	return out
}
