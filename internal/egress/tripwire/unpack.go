package tripwire

import (
	"bufio"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"io"
	"iter"
	"strings"
)

// form is a way to pack.
type form struct {
	name   string
	magic  string // what it begins with
	second string // and then one of these; empty: anything
	open   func(io.Reader) (io.Reader, error)
}

// long is how many bytes it is known by.
func (f *form) long() int { return len(f.magic) + min(1, len(f.second)) }

// begins tells whether b begins so.
func (f *form) begins(b []byte) bool {
	n := len(f.magic)
	return len(b) >= f.long() && string(b[:n]) == f.magic && (f.second == "" || strings.IndexByte(f.second, b[n]) >= 0)
}

// forms are those that are found by their first bytes; of zlib those that
// programs write, by the level of packing.
func forms() []form {
	return append([]form{
		{"gzip", "\x1f\x8b\x08", "", openGzip},
		{"zip", "PK\x03\x04", "", openMember},
		{"zlib", "x", "\x01\x5e\x9c\xda", openZlib},
	}, textForms()...)
}

func openGzip(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) }

func openZlib(r io.Reader) (io.Reader, error) { return zlib.NewReader(r) }

// deflated is packed without any first bytes.
func deflated() form {
	return form{"deflate", "", "", func(r io.Reader) (io.Reader, error) { return flate.NewReader(r), nil }}
}

// openMember reads the head of a member of a ZIP.
func openMember(r io.Reader) (io.Reader, error) {
	var head [30]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	if binary.LittleEndian.Uint16(head[8:]) != 8 {
		return nil, errors.New("not packed by deflate")
	}
	names := int64(binary.LittleEndian.Uint16(head[26:])) + int64(binary.LittleEndian.Uint16(head[28:]))
	if _, err := io.CopyN(io.Discard, r, names); err != nil {
		return nil, err
	}
	return flate.NewReader(r), nil
}

// unpacker unpacks one thing as its bytes come. The library's readers want to
// be the ones who ask, so each is a coroutine that waits while there is nothing:
// when feed returns, what came is looked at.
type unpacker struct {
	form    form
	in      []byte
	over    bool // nothing more comes
	got     int64
	next    func() (struct{}, bool)
	stop    func()
	inner   *Stream
	hit     *Hit
	waiting func(struct{}) bool
}

func newUnpacker(f form, st *Stream, k *packed) *unpacker {
	u := &unpacker{form: f, inner: st.set.inner(st.to)}
	if k.depth < maxDepth {
		u.inner.packed = &packed{room: k.room, tries: k.tries, depth: k.depth + 1}
	}
	u.next, u.stop = iter.Pull(func(yield func(struct{}) bool) {
		u.waiting = yield
		u.run()
	})
	return u
}

// feed looks at more; false means that there is an end to it.
func (u *unpacker) feed(p []byte) bool {
	u.in = p
	_, more := u.next()
	u.in = nil
	return more
}

func (u *unpacker) end() {
	u.over = true
	u.next()
	if hit, ok := u.inner.End(); ok && u.hit == nil {
		u.hit = &hit
	}
}

func (u *unpacker) close() {
	u.stop()
	u.inner.Close()
}

// run unpacks and looks until something is found, nothing more comes, or it is
// no such thing after all.
func (u *unpacker) run() {
	r, err := u.form.open(bufio.NewReaderSize(u, 512))
	if err != nil {
		return
	}
	buf := make([]byte, 4<<10)
	for out := int64(0); out <= freeOutput+maxRatio*u.got; {
		n, err := r.Read(buf)
		out += int64(n)
		if hit, ok := u.inner.Look(buf[:n]); ok {
			u.hit = &hit
			return
		}
		if err != nil {
			return
		}
	}
}

// Read implements io.Reader: it waits for feed.
func (u *unpacker) Read(p []byte) (int, error) {
	for len(u.in) == 0 {
		if u.over || !u.waiting(struct{}{}) {
			return 0, io.ErrUnexpectedEOF
		}
	}
	n := copy(p, u.in)
	u.in = u.in[n:]
	u.got += int64(n)
	return n, nil
}

// Packed says that the whole stream is packed by deflate without any first
// bytes, as HTTP's "deflate" may be and a packed message of a WebSocket is. It
// comes before the first look.
func (st *Stream) Packed() {
	if st != nil && st.packed != nil {
		st.packed.whole = true
	}
}
