package tripwire

// What is packed (gzip, zlib, a member of a ZIP) is found by its first bytes
// wherever it begins in a stream, unpacked as it comes, and looked at; what is
// packed in it too. So a gzip body, a packed part of a multipart body and an
// object of git's are seen. The cost is bounded: so many at once in a stream
// with all that lies in it, so deep, and so much output for what came.
const (
	maxPacked  = 4
	maxDepth   = 3
	freeOutput = 4 << 20 // bytes; beyond, at most maxRatio times the input
	maxRatio   = 100
	// What only looks like a beginning costs some 20 us, so there are so many of
	// them in a stream, and one more for so many bytes. In random data there is
	// one in 16 KiB.
	maxStarts     = 256
	bytesPerStart = 256
)

// edge is how much of a write may be the first bytes of what comes in the next.
const edge = 7

// packed is what is being unpacked of one stream.
type packed struct {
	room  *int // how many more may be open, over all depths
	tries *int // how many more may begin, over all depths
	seen  int  // bytes that no try was given for yet
	depth int
	whole bool   // the stream itself is packed, and nothing of it came yet
	last  []byte // the end of what came before
	open  []*unpacker
}

// unpack goes on with what is open, and opens what begins in p.
func (st *Stream) unpack(p []byte) {
	k := st.packed
	if k == nil {
		return
	}
	k.earn(len(p))
	if k.whole {
		k.whole = false
		k.start(st, deflated())
	}
	k.feed(st, p)
	k.begin(st, p)
	k.last = append(k.last, p[max(0, len(p)-edge):]...)
	k.last = append(k.last[:0], k.last[max(0, len(k.last)-edge):]...)
}

// earn gives tries for what came. What is unpacked gives none: a little input
// makes much of it.
func (k *packed) earn(n int) {
	if k.depth > 0 {
		return
	}
	k.seen += n
	*k.tries = min(maxStarts, *k.tries+k.seen/bytesPerStart)
	k.seen %= bytesPerStart
}

// feed gives p to all that is open.
func (k *packed) feed(st *Stream, p []byte) {
	left := k.open[:0]
	for _, u := range k.open {
		if u.feed(p) && st.hit == nil {
			left = append(left, u)
			continue
		}
		u.close()
		st.take(u)
		*k.room++
	}
	k.open = left
}

// take has the hit of something packed.
func (st *Stream) take(u *unpacker) {
	if u.hit != nil && st.hit == nil {
		st.hit = &Hit{u.hit.Value, u.hit.Kind, u.form.name + ", " + u.hit.Spelling}
	}
}

// begin looks for beginnings: those that the last write has the first bytes of,
// then the others.
func (k *packed) begin(st *Stream, p []byte) {
	known := st.index.packed
	if n := len(k.last); n > 0 {
		joined := append(append(make([]byte, 0, 2*edge), k.last...), p[:min(len(p), edge)]...)
		for at := range n {
			if !known.first[joined[at]] {
				continue
			}
			for _, f := range known.forms {
				if at+f.long() > n && f.begins(joined[at:]) {
					k.start(st, f, joined[at:n], p)
				}
			}
		}
	}
	for at := known.next(p, 0); at < len(p) && *k.room > 0 && *k.tries > 0 && st.hit == nil; at = known.next(p, at+1) {
		for _, f := range known.forms {
			if f.begins(p[at:]) {
				k.start(st, f, p[at:])
				break
			}
		}
	}
}

// start unpacks what begins with the given pieces.
func (k *packed) start(st *Stream, f form, pieces ...[]byte) {
	if *k.room == 0 || *k.tries == 0 || st.hit != nil {
		return
	}
	*k.room--
	*k.tries--
	u := newUnpacker(f, st, k)
	k.open = append(k.open, u)
	for _, p := range pieces {
		if !u.feed(p) {
			k.open = k.open[:len(k.open)-1]
			u.close()
			st.take(u)
			*k.room++
			return
		}
	}
}

// end tells all that is open that nothing more comes.
func (k *packed) end(st *Stream) {
	for _, u := range k.open {
		u.end()
		st.take(u)
	}
	k.close()
}

func (k *packed) close() {
	for _, u := range k.open {
		u.close()
		*k.room++
	}
	k.open = nil
}
