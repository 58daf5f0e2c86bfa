package credform

import "io"

// pass is one way through a text. Places are counted from its beginning.
type pass struct {
	r     *Redactor
	state int32
	pos   int    // how much was taken in
	done  int    // how much was decided on
	buf   []byte // what lies between begins at off
	off   int
	found []span // after done, sorted, apart from each other
	out   []byte // decided
}

// span is a part of the text that goes.
type span struct {
	from, to int
	more     bool // the end of a part that is gone already
}

// take looks at more of the text and gives out what is decided.
func (p *pass) take(b []byte) {
	s, at := p.r.search, p.pos
	p.hold(b)
	for i := 0; i < len(b); i++ {
		if p.state == 0 {
			if i += s.skip(b[i:]); i == len(b) {
				break
			}
		}
		p.state = s.step(p.state, b[i])
		if n := s.nodes[p.state].word; n != 0 {
			p.mark(span{from: at + i + 1 - int(n), to: at + i + 1})
		}
	}
	p.flush(p.pos - int(s.nodes[p.state].depth))
}

// end gives out the rest.
func (p *pass) end() { p.flush(p.pos) }

// hold keeps what is to be looked at behind what is not decided on.
func (p *pass) hold(b []byte) {
	p.buf = append(p.buf[:copy(p.buf, p.buf[p.off:])], b...)
	p.off = 0
	p.pos += len(b)
}

// mark notes a word and joins it with those that it overlaps: of two words that
// share bytes nothing is left.
func (p *pass) mark(w span) {
	if w.from < p.done { // what is decided on and was no word ends before any that is found
		w.from, w.more = p.done, true
	}
	n := len(p.found)
	for ; n > 0 && p.found[n-1].to > w.from; n-- {
		last := p.found[n-1]
		w.from, w.more = min(w.from, last.from), w.more || last.more
	}
	p.found = append(p.found[:n], w)
}

// flush decides on what stands before safe, where no word that is still to be
// found begins. A word that begins there is replaced at once: it may become
// longer at its end only.
func (p *pass) flush(safe int) {
	n := 0
	for ; n < len(p.found) && p.found[n].from <= safe; n++ {
		w := p.found[n]
		p.keep(w.from)
		if !w.more {
			p.out = append(p.out, p.r.placeholder...)
		}
		p.drop(w.to)
	}
	p.found = append(p.found[:0], p.found[n:]...)
	p.keep(safe)
}

func (p *pass) keep(to int) {
	if to > p.done {
		p.out = append(p.out, p.buf[p.off:p.off+to-p.done]...)
		p.drop(to)
	}
}

func (p *pass) drop(to int) { p.off, p.done = p.off+to-p.done, to }

// reader is a pass over a stream.
type reader struct {
	pass  pass
	read  int // of pass.out, how much was fetched
	src   io.ReadCloser
	chunk []byte
	err   error // of src, told when everything before it was fetched
	atEnd func()
}

const chunkSize = 16 << 10

// Read implements io.Reader.
func (r *reader) Read(b []byte) (int, error) {
	for r.read == len(r.pass.out) {
		if r.err != nil {
			r.finish()
			return 0, r.err
		}
		r.fetch()
	}
	n := copy(b, r.pass.out[r.read:])
	r.read += n
	return n, nil
}

func (r *reader) fetch() {
	if r.chunk == nil {
		r.chunk = make([]byte, chunkSize)
	}
	var n int
	n, r.err = r.src.Read(r.chunk)
	r.pass.out, r.read = r.pass.out[:0], 0
	r.pass.take(r.chunk[:n])
	if r.err != nil {
		r.pass.end()
	}
}

func (r *reader) finish() {
	if r.atEnd != nil {
		r.atEnd()
		r.atEnd = nil
	}
}

// Close implements io.Closer.
func (r *reader) Close() error { return r.src.Close() }
