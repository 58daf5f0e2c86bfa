package egress

import (
	"fmt"
	"net"
	"sync"

	"ringwall/internal/evidence"
)

// A run that learns answers every name and refuses every connection that the
// policy does not allow, when it has said what it is for. Nothing more leaves
// than in any other run.

// learner remembers what was told, so that each thing is told once and there is
// a bound to it.
type learner struct {
	mu   sync.Mutex
	told map[evidence.Needed]bool
}

func (l *learner) first(n evidence.Needed) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.told[n] || len(l.told) >= maxLearned {
		return false
	}
	if l.told == nil {
		l.told = map[evidence.Needed]bool{}
	}
	l.told[n] = true
	return true
}

// needed records what was refused, where the run learns.
func (g *Gateway) needed(n evidence.Needed) {
	n.Path = printable(n.Path)
	if !g.policy.learn || !g.learner.first(n) {
		return
	}
	if err := g.cfg.Recorder.Record(evidence.Event{Needed: &n}); err != nil {
		g.fail(fmt.Errorf("gateway: record: %w", err))
	}
}

// learnedName tells of a name that only this run answers.
func (g *Gateway) learnedName(name string) {
	v4, v6, _, ok := g.table.addrs(name)
	if ok {
		g.needed(evidence.Needed{Proto: "dns", Host: name, Address: v4.String()})
		g.needed(evidence.Needed{Proto: "dns", Host: name, Address: v6.String()})
	}
}

// learnFrom tells what a connection is for that is not allowed, in a run that
// learns, and refuses each of its requests. False: it is still to be refused.
func (g *Gateway) learnFrom(c net.Conn, o opening, d dest, isName bool, why string) bool {
	if _, denied := g.policy.denial(d); denied || !g.policy.learn {
		return false
	}
	n := evidence.Needed{Proto: "tcp", Host: d.host, Port: d.port}
	s := site{scheme: "http", to: d, rules: ruleSet{{control: ControlGateway, refused: why}}}
	switch {
	case o.err != nil || o.proto == protoSilent:
		return false
	case o.proto == protoHTTP && d.port != portHTTPS:
		g.serveSite(&prefixed{Conn: c, prefix: o.data}, s)
		return true
	case o.proto == protoTLS && checkTLS(o, d, isName) == "":
		n.Proto, s.scheme = "tls", "https"
		if g.needed(n); g.cfg.Authority != nil {
			g.intercept(c, o, s)
			return true
		}
	}
	g.needed(n)
	return false
}

// neededRequest tells of a request that is about to be refused.
func (c *crossing) neededRequest() {
	c.g.needed(evidence.Needed{Proto: "http", Host: c.s.to.host, Port: c.s.to.port, Method: c.h.method, Path: c.h.path})
}
