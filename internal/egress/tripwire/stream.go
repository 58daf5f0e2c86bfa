package tripwire

// chunk is how much of a write is looked at in one go, in bytes.
const chunk = 8 << 10

// carry is how much of the normal form stays for the next write: a piece that
// ends there begins at most so far back.
const carry = longestNeed

// Stream looks at one stream on its way out. It is for one goroutine, must be
// closed, and takes some 20 KiB, and as much again for each thing that is packed
// inside. A nil Stream finds nothing.
type Stream struct {
	set    *Set
	index  *index
	to     string
	rest   [maxEscape]byte // an escape that is not whole yet
	nrest  int
	buf    []byte // the end of the normal form so far, then room
	have   int
	packed *packed
	hit    *Hit
}

// Stream begins to look at a stream to a destination (host:port).
func (s *Set) Stream(to string) *Stream {
	if s == nil {
		return nil
	}
	st, room, tries := s.inner(to), maxPacked, maxStarts
	st.packed = &packed{room: &room, tries: &tries}
	return st
}

// inner is a stream that does not look into what is packed.
func (s *Set) inner(to string) *Stream {
	return &Stream{set: s, index: s.index(), to: to}
}

// Look looks at the next bytes, before they go on. After a hit it tells the same
// again.
func (st *Stream) Look(p []byte) (Hit, bool) {
	if st == nil {
		return Hit{}, false
	}
	for in := p; len(in) > 0 && st.hit == nil; {
		in = in[st.step(in):]
	}
	if st.hit == nil {
		st.unpack(p)
	}
	return st.found()
}

// step looks at a part of p and tells how long it was.
func (st *Stream) step(p []byte) int {
	if st.nrest == 0 {
		p = p[:min(len(p), chunk)]
		used := st.scan(p, false)
		st.nrest = copy(st.rest[:], p[used:])
		return len(p)
	}
	n := min(len(p), maxEscape)
	joined := append(append(make([]byte, 0, 2*maxEscape), st.rest[:st.nrest]...), p[:n]...)
	used := st.scan(joined, false)
	if left := len(joined) - used; left > len(st.rest) { // cannot be: an escape is shorter
		used = len(joined) - len(st.rest)
	}
	st.nrest = copy(st.rest[:], joined[used:])
	return n
}

// End looks at what was waiting for more.
func (st *Stream) End() (Hit, bool) {
	if st == nil {
		return Hit{}, false
	}
	if st.hit == nil && st.nrest > 0 {
		st.scan(st.rest[:st.nrest], true)
		st.nrest = 0
	}
	if st.hit == nil && st.packed != nil {
		st.packed.end(st)
	}
	return st.found()
}

// Close lets go of what was being unpacked.
func (st *Stream) Close() {
	if st != nil && st.packed != nil {
		st.packed.close()
	}
}

func (st *Stream) found() (Hit, bool) {
	if st.hit == nil {
		return Hit{}, false
	}
	return *st.hit, true
}

// scan looks for pieces that end in src, and tells how much of it was used.
func (st *Stream) scan(src []byte, end bool) int {
	if need := st.have + len(src); cap(st.buf) < need {
		st.buf = append(make([]byte, 0, carry+max(len(src), 256)), st.buf[:st.have]...)
	}
	buf := st.buf[:cap(st.buf)]
	wrote, used := st.index.classes.normalise(buf[st.have:], src, end)
	all := buf[:st.have+wrote]
	if p, ok := st.index.find(all, st.wanted); ok {
		v := st.set.values[p.value]
		st.hit = &Hit{v.Name, v.Kind, p.spelling}
	}
	stay := all[max(0, len(all)-carry):]
	st.buf, st.have = buf, copy(buf, stay)
	return used
}

// wanted: a placeholder may go home.
func (st *Stream) wanted(value int) bool {
	home := st.set.values[value].Home
	return home == "" || home != st.to
}
