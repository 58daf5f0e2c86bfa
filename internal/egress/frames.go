package egress

import (
	"encoding/binary"
	"io"
)

// unmasked watches what a client sends in a WebSocket. Each frame is masked
// with a key of the client's choice (RFC 6455, 5.3), so the watch is shown what
// is below it, while the bytes pass as they are, after it has seen them.
type unmasked struct {
	src   io.Reader
	watch io.Reader // reads from plain
	plain plainBytes
	head  []byte // of a frame, not complete yet
	key   [4]byte
	at    int    // in the payload
	left  uint64 // of the payload
}

// plainBytes is what the watch reads: what there is, and never an end.
type plainBytes struct{ b []byte }

// Read implements io.Reader.
func (p *plainBytes) Read(b []byte) (int, error) {
	n := copy(b, p.b)
	p.b = p.b[n:]
	return n, nil
}

func newUnmasked(src io.Reader, watch func(io.Reader) io.Reader) *unmasked {
	u := &unmasked{src: src}
	u.watch = watch(&u.plain)
	return u
}

// Read implements io.Reader.
func (u *unmasked) Read(p []byte) (int, error) {
	n, err := u.src.Read(p)
	u.take(p[:n])
	var seen [4 << 10]byte
	for len(u.plain.b) > 0 {
		if _, err := u.watch.Read(seen[:]); err != nil {
			return 0, err
		}
	}
	return n, err
}

// take goes through the frames and puts their payload into plain.
func (u *unmasked) take(b []byte) {
	out := u.plain.b[:0]
	for len(b) > 0 {
		if u.left == 0 {
			b = u.frame(b)
			continue
		}
		n := int(min(u.left, uint64(len(b))))
		for _, c := range b[:n] {
			out = append(out, c^u.key[u.at&3])
			u.at++
		}
		u.left -= uint64(n)
		b = b[n:]
	}
	u.plain.b = out
}

// frame reads one more byte of a frame's head, and the head when it is whole.
func (u *unmasked) frame(b []byte) []byte {
	u.head = append(u.head, b[0])
	if len(u.head) < 2 {
		return b[1:]
	}
	size, long := uint64(u.head[1]&0x7f), 0
	switch size {
	case 126:
		long = 2
	case 127:
		long = 8
	}
	masked := u.head[1]&0x80 != 0
	want := 2 + long
	if masked {
		want += 4
	}
	if len(u.head) < want {
		return b[1:]
	}
	switch long {
	case 2:
		size = uint64(binary.BigEndian.Uint16(u.head[2:]))
	case 8:
		size = binary.BigEndian.Uint64(u.head[2:])
	}
	u.key = [4]byte{}
	if masked {
		copy(u.key[:], u.head[want-4:])
	}
	u.head, u.at, u.left = u.head[:0], 0, size
	return b[1:]
}
