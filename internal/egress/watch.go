package egress

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"ringwall/internal/egress/tripwire"
	"ringwall/internal/evidence"
)

// Where a value was found, as alarms name it.
const (
	inHost   = "host"
	inPath   = "path"
	inQuery  = "query"
	inHeader = "header"
	inBody   = "body"
	inStream = "stream" // of a port that is not for the web
	inSocket = "websocket"
	inName   = "dns"
	inHello  = "sni"
)

// watchFor makes what is looked for: the decoys everywhere, and each placeholder
// everywhere but on its way to its credential's host.
func watchFor(cfg Config, p Policy) (*tripwire.Set, error) {
	values := slices.Clone(cfg.Decoys)
	for _, c := range p.creds {
		before, after, random := strings.Cut(c.Shape, "%s")
		if !random {
			continue // it is the same for everybody, and so a proof of nothing
		}
		core := strings.TrimSuffix(strings.TrimPrefix(cfg.Placeholders[c.Name], before), after)
		values = append(values, tripwire.Value{
			Name: c.Name, Kind: tripwire.Placeholder, Cores: []string{core}, Home: dest{c.Host, c.Port}.String(),
		})
	}
	return tripwire.New(values)
}

// passage is where something was about to go.
type passage struct {
	g     *Gateway
	to    string // host:port; of a question for a name, the name
	rule  string // control that allows it; empty: none
	where string
}

// trip raises the alarm, once for each value, and lets nothing out any more. The
// alarm is recorded before anybody learns of it.
func (p passage) trip(h tripwire.Hit) {
	if p.g.alarms.raise(h.Value) {
		err := p.g.cfg.Recorder.Record(evidence.Event{Alarm: &evidence.Alarm{
			Value: h.Value, Kind: h.Kind, Spelling: h.Spelling, Where: p.where, To: printable(p.to), Rule: p.rule,
		}})
		if err != nil {
			p.g.fail(fmt.Errorf("gateway: record: %w", err))
		}
	}
	p.g.cancel()
	p.g.conns.closeAll()
}

// raised are the values that an alarm was raised for.
type raised struct {
	mu   sync.Mutex
	seen map[string]bool
}

// raise tells whether this is the first time.
func (r *raised) raise(value string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	was := r.seen[value]
	if r.seen == nil {
		r.seen = map[string]bool{}
	}
	r.seen[value] = true
	return !was
}

// harmless looks at a text; false: there was an alarm.
func (p passage) harmless(where string, text []byte) bool {
	p.where = where
	hit, found := p.g.watch.Find(p.to, text)
	if found {
		p.trip(hit)
	}
	return !found
}

// harmlessHead looks at each part of a request's head.
func (p passage) harmlessHead(h *requestHead) bool {
	if p.g.watch == nil {
		return true
	}
	if !p.harmless(inPath, []byte(h.path)) || !p.harmless(inQuery, []byte(h.query)) || !p.harmless(inHost, []byte(h.host.host)) {
		return false
	}
	for name, values := range h.header {
		for _, v := range values {
			if !p.harmless(inHeader, []byte(name+": "+v)) {
				return false
			}
		}
	}
	return p.harmless(inHeader, []byte(h.method))
}

// harmlessOpening looks at the first bytes of a connection, as they came.
func (p passage) harmlessOpening(o opening) bool {
	switch {
	case p.g.watch == nil || len(o.data) == 0:
		return true
	case o.proto == protoTLS:
		return p.harmless(inHello, o.data)
	case o.proto != protoHTTP:
		return p.harmless(inStream, o.data)
	case o.err != nil:
		return p.harmless(inHeader, o.data)
	}
	return p.harmlessHead(&o.head) && p.harmless(inBody, o.data[o.head.len:])
}

// looker is a stream that is looked at: plain, or in the frames of a WebSocket.
type looker interface {
	Look(p []byte) (tripwire.Hit, bool)
	End() (tripwire.Hit, bool)
	Close()
}

// watched reads what a client sends and looks at it before it is given on. After
// an alarm it fails. It may be closed while it is read.
type watched struct {
	passage
	src io.Reader

	mu sync.Mutex
	l  looker // nil: closed
}

// errCaught ends what carried a value that must not leave.
var errCaught = fmt.Errorf("what is sent holds a value that must not leave the sandbox")

// read watches a reader; where nothing is looked for it is the reader itself.
func (p passage) read(where string, src io.Reader) io.ReadCloser {
	p.where = where
	if p.g.watch == nil {
		return io.NopCloser(src)
	}
	if where == inSocket {
		return &watched{passage: p, src: src, l: p.g.watch.Frames(p.to)}
	}
	return &watched{passage: p, src: src, l: p.g.watch.Stream(p.to)}
}

// Read implements io.Reader.
func (w *watched) Read(b []byte) (int, error) {
	n, err := w.src.Read(b)
	if hit, found := w.look(b[:n], err != nil); found {
		w.trip(hit)
		return 0, errCaught
	}
	return n, err
}

func (w *watched) look(b []byte, end bool) (tripwire.Hit, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.l == nil {
		return tripwire.Hit{}, false
	}
	if hit, found := w.l.Look(b); found || !end {
		return hit, found
	}
	return w.l.End()
}

// Close implements io.Closer. What is read later was not looked at, so the
// caller gives nothing on any more.
func (w *watched) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.l != nil {
		w.l.Close()
		w.l = nil
	}
	return nil
}
