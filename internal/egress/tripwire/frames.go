package tripwire

import "encoding/binary"

// Frames looks at what a client sends through a WebSocket (RFC 6455, 5.2): each
// frame is masked with a key of its own, and a message may be packed (RFC 7692).
// A nil Frames finds nothing.
type Frames struct {
	set     *Set
	to      string
	text    *Stream // of all messages that are not packed, one after the other
	packed  *Stream // of those that are
	head    []byte  // of a frame, as far as it came
	left    uint64  // of a frame's payload
	key     [4]byte // the next byte's part comes first
	deep    bool    // the message is packed
	last    bool    // its last frame
	between bool    // the frame is of no message
	data    []byte  // unmasked
	hit     *Hit
}

const (
	frameLast   = 0x80
	framePacked = 0x40 // RSV1
	frameMasked = 0x80
	longFrame   = 126
	hugeFrame   = 127
)

// Frames begins to look at a WebSocket.
func (s *Set) Frames(to string) *Frames {
	if s == nil {
		return nil
	}
	return &Frames{set: s, to: to, text: s.Stream(to)}
}

// Look looks at the next bytes, before they go on.
func (f *Frames) Look(p []byte) (Hit, bool) {
	if f == nil {
		return Hit{}, false
	}
	for len(p) > 0 && f.hit == nil {
		if f.left == 0 {
			p = p[f.begin(p):]
			continue
		}
		n := int(min(uint64(len(p)), f.left, chunk))
		f.payload(p[:n])
		p = p[n:]
	}
	if f.hit == nil {
		return Hit{}, false
	}
	return *f.hit, true
}

// begin takes the head of a frame, and tells how much of p belonged to it.
func (f *Frames) begin(p []byte) int {
	for i, c := range p {
		f.head = append(f.head, c)
		if len(f.head) == headLength(f.head) {
			f.open()
			return i + 1
		}
	}
	return len(p)
}

// headLength is that of a frame's head, as far as it can be told; -1: not yet.
func headLength(b []byte) int {
	if len(b) < 2 {
		return -1
	}
	n := 2
	switch b[1] &^ frameMasked {
	case longFrame:
		n += 2
	case hugeFrame:
		n += 8
	}
	if b[1]&frameMasked != 0 {
		n += 4
	}
	return n
}

// open begins a frame whose head is whole.
func (f *Frames) open() {
	b := f.head
	f.head = f.head[:0]
	f.last, f.between = b[0]&frameLast != 0, false
	switch op := b[0] & 0x0f; {
	case op == 1 || op == 2: // a message begins; 0 continues it
		f.deep = b[0]&framePacked != 0
	case op >= 8: // comes between, never packed
		f.between = true
	}
	length, rest := uint64(b[1]&^frameMasked), b[2:]
	switch length {
	case longFrame:
		length, rest = uint64(binary.BigEndian.Uint16(rest)), rest[2:]
	case hugeFrame:
		length, rest = binary.BigEndian.Uint64(rest), rest[8:]
	}
	f.left, f.key = length, [4]byte{}
	copy(f.key[:], rest)
	if length == 0 {
		f.payload(nil)
	}
}

// payload looks at a part of a frame.
func (f *Frames) payload(p []byte) {
	f.data = append(f.data[:0], p...)
	for i := range f.data {
		f.data[i] ^= f.key[i%4]
	}
	n := len(p) % 4
	f.key = [4]byte{f.key[n], f.key[(n+1)%4], f.key[(n+2)%4], f.key[(n+3)%4]}
	f.left -= uint64(len(p))
	st := f.text
	if f.deep && !f.between {
		st = f.inflated()
		if f.left == 0 && f.last { // what a sender leaves out at the end of each message
			f.data = append(f.data, 0, 0, 0xff, 0xff)
		}
	}
	if hit, ok := st.Look(f.data); ok {
		f.hit = &hit
	}
}

// inflated is the stream of packed messages. It begins anew where one ended it.
func (f *Frames) inflated() *Stream {
	if f.packed != nil && len(f.packed.packed.open) == 0 && !f.packed.packed.whole {
		f.packed.Close()
		f.packed = nil
	}
	if f.packed == nil {
		f.packed = f.set.Stream(f.to)
		f.packed.Packed()
	}
	return f.packed
}

// End looks at what was waiting for more.
func (f *Frames) End() (Hit, bool) {
	if f == nil {
		return Hit{}, false
	}
	if f.hit != nil {
		return *f.hit, true
	}
	if hit, ok := f.text.End(); ok {
		return hit, true
	}
	return f.packed.End()
}

// Close lets go of what was being unpacked.
func (f *Frames) Close() {
	if f != nil {
		f.text.Close()
		f.packed.Close()
	}
}
