package egress

import (
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"ringwall/internal/egress/credform"
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
		cores := Watched(c.Shape, cfg.Placeholders[c.Name])
		if len(cores) == 0 {
			continue // it is the same for everybody, and so a proof of nothing
		}
		values = append(values, tripwire.Value{
			Name: c.Name, Kind: tripwire.Placeholder, Cores: cores, Home: dest{c.Host, c.Port}.String(),
		})
	}
	return tripwire.New(values)
}

// Watched are the parts of an encoded placeholder that are looked for: the
// random ones that are long enough to be a proof. The identifier beside it is no
// secret: clients sign with it for any host.
func Watched(shape, placeholder string) []string {
	v, err := credform.Decode(placeholder)
	if err != nil {
		return nil
	}
	return slices.DeleteFunc(credform.Cores(shape, v.Secret), func(c string) bool { return !tripwire.Proof(c) })
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
	if p.g.raised.raise(h.Value) {
		err := p.g.cfg.Recorder.Record(evidence.Event{Alarm: &evidence.Alarm{
			Value: h.Value, Kind: h.Kind, Spelling: h.Spelling, Where: p.where, To: printable(p.to), Rule: p.rule,
		}})
		if err != nil {
			p.g.unrecorded(err)
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

// harmlessHead looks at a request's head: at all of it first, since there is
// nearly always nothing, and then where it was.
func (p passage) harmlessHead(h *requestHead) bool {
	if p.g.watch == nil {
		return true
	}
	if _, found := p.g.watch.Find(p.to, h.text()); !found {
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
	return p.harmless(inHeader, h.text())
}

// text is all of a head that a client chooses, as it was sent where that is known.
func (h *requestHead) text() []byte {
	if h.raw != "" {
		return []byte(h.raw)
	}
	b := make([]byte, 0, 1<<10)
	b = append(append(b, h.method...), ' ')
	b = append(append(b, h.target...), '\n')
	b = append(append(b, h.host.host...), '\n')
	for name, values := range h.header {
		for _, v := range values {
			b = append(append(b, name...), ": "...)
			b = append(append(b, v...), '\n')
		}
	}
	return b
}

// towards is the way of a connection.
func (g *Gateway) towards(d dest, set ruleSet, decision Decision) passage {
	p := passage{g: g, to: d.String()}
	if decision.Allowed {
		p.rule = set.control()
	}
	return p
}

// harmlessOpening looks at where a connection goes, and at its first bytes as
// they came. Those of HTTP that may go on are looked at with their request.
func (p passage) harmlessOpening(o opening, allowed bool) bool {
	switch {
	case p.g.watch == nil:
		return true
	case !p.harmless(inHost, []byte(p.to)):
		return false
	case len(o.data) == 0 || allowed && o.proto == protoHTTP && o.err == nil:
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
var errCaught = errors.New("what is sent holds a value that must not leave the sandbox")

// read watches a reader. A nil set finds nothing, and costs as much.
func (p passage) read(where string, src io.Reader) *watched {
	p.where = where
	if where == inSocket {
		return &watched{passage: p, src: src, l: p.g.watch.Frames(p.to)}
	}
	return &watched{passage: p, src: src, l: p.g.watch.Stream(p.to)}
}

// Read implements io.Reader.
func (w *watched) Read(b []byte) (int, error) {
	n, err := w.src.Read(b)
	hit, found, open := w.look(b[:n], err != nil)
	switch {
	case found:
		w.trip(hit)
		return 0, errCaught
	case !open:
		return 0, io.ErrClosedPipe
	}
	return n, err
}

func (w *watched) look(b []byte, end bool) (hit tripwire.Hit, found, open bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.l == nil {
		return hit, false, false
	}
	if hit, found = w.l.Look(b); !found && end {
		hit, found = w.l.End()
	}
	return hit, found, true
}

// Packed says that all of it is packed by deflate.
func (w *watched) Packed() {
	if st, ok := w.l.(*tripwire.Stream); ok {
		st.Packed()
	}
}

// Close implements io.Closer. Nothing is given on after it.
func (w *watched) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.l != nil {
		w.l.Close()
		w.l = nil
	}
	return nil
}

// harmlessQuestion looks at a question for a name, as it came.
func (g *Gateway) harmlessQuestion(query []byte) bool {
	if g.watch == nil {
		return true
	}
	if _, found := g.watch.Find("", query); !found {
		return true
	}
	return passage{g: g, to: questionName(query)}.harmless(inName, query)
}

// questionName is the name that is asked for, to be told.
func questionName(query []byte) string {
	var p dnsmessage.Parser
	if _, err := p.Start(query); err != nil {
		return "a name"
	}
	q, err := p.Question()
	if err != nil {
		return "a name"
	}
	return strings.TrimSuffix(q.Name.String(), ".")
}

// settleTime is how long what was sent just before the end may take to be looked
// at, when all who sent it are gone.
const settleTime = 250 * time.Millisecond

// settle waits for the connections of those who are gone, so that one who sends
// and exits is caught. Where nothing is looked for there is no wait.
func (g *Gateway) settle() {
	if g.watch == nil || g.second == nil || g.ctx.Err() != nil { // the second is nil: nothing was served
		return
	}
	time.Sleep(time.Millisecond) // one that is there already is taken now
	for end := time.Now().Add(settleTime); len(g.slots) > 0 && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
}
