package egress

import (
	"encoding/binary"
	"errors"
)

// clientHello is what the gateway reads of the first message of TLS.
type clientHello struct {
	name string // server_name as sent, or empty
	ech  bool   // encrypted_client_hello is there, real or GREASE
}

const (
	recordHandshake   = 0x16
	recordHeader      = 5
	maxRecord         = 1 << 14 // RFC 8446, 5.1
	msgClientHello    = 1
	extServerName     = 0
	extECH            = 0xfe0d // TLS Encrypted Client Hello
	maxFirstBytes     = 64 << 10
	serverNameIsAHost = 0
)

var (
	// errMore means that the message is not complete yet.
	errMore  = errors.New("more bytes are needed")
	errHello = errors.New("malformed TLS ClientHello")
)

// parseHello reads a ClientHello from the first bytes of a connection. It
// returns errMore until the whole message is there, and errHello on anything
// that a server might read in another way than it does: the gateway decides on
// the name, so the two must see the same one.
func parseHello(b []byte) (clientHello, error) {
	msg, err := handshake(b)
	if err != nil {
		return clientHello{}, err
	}
	return parseHelloBody(msg)
}

// handshake puts the message together; it may be spread over several records.
func handshake(b []byte) ([]byte, error) {
	var msg []byte
	for {
		if want, ok := messageLen(msg); ok && len(msg) >= want {
			return whole(msg, want)
		}
		if len(b) < recordHeader {
			return nil, checkRecord(b)
		}
		if err := checkRecord(b); !errors.Is(err, errMore) {
			return nil, err
		}
		n := int(binary.BigEndian.Uint16(b[3:]))
		if n == 0 || n > maxRecord {
			return nil, errHello
		}
		if len(b) < recordHeader+n {
			return nil, errMore
		}
		msg = append(msg, b[recordHeader:recordHeader+n]...)
		if len(msg) > maxFirstBytes {
			return nil, errHello
		}
		b = b[recordHeader+n:]
	}
}

// checkRecord looks at as much of a record header as there is.
func checkRecord(b []byte) error {
	if len(b) > 0 && b[0] != recordHandshake || len(b) > 1 && b[1] != 3 {
		return errHello
	}
	return errMore
}

// messageLen is the length of the handshake message with its header.
func messageLen(msg []byte) (int, bool) {
	if len(msg) < 4 {
		return 0, false
	}
	return 4 + int(msg[1])<<16 + int(msg[2])<<8 + int(msg[3]), true
}

// whole refuses a second message behind the first: a client waits for the
// answer to its hello.
func whole(msg []byte, want int) ([]byte, error) {
	if msg[0] != msgClientHello || len(msg) != want {
		return nil, errHello
	}
	return msg[4:], nil
}

// parseHelloBody reads legacy_version, random, session ID, cipher suites,
// compression methods and the extensions (RFC 8446, 4.1.2).
func parseHelloBody(b []byte) (clientHello, error) {
	r := reader{b: b}
	r.skip(2 + 32)
	r.vector(1)
	r.vector(2)
	r.vector(1)
	if r.bad {
		return clientHello{}, errHello
	}
	if len(r.b) == 0 {
		return clientHello{}, nil // no extensions: no name
	}
	exts := reader{b: r.vector(2)}
	if r.bad || len(r.b) != 0 {
		return clientHello{}, errHello
	}
	return parseExtensions(exts)
}

func parseExtensions(r reader) (clientHello, error) {
	var h clientHello
	seen := map[uint16]bool{}
	for len(r.b) > 0 {
		kind, body := r.uint16(), r.vector(2)
		if r.bad || seen[kind] {
			return clientHello{}, errHello
		}
		seen[kind] = true
		switch kind {
		case extECH:
			h.ech = true
		case extServerName:
			name, ok := parseServerName(body)
			if !ok {
				return clientHello{}, errHello
			}
			h.name = name
		}
	}
	return h, nil
}

// parseServerName takes a list of exactly one host name (RFC 6066, 3).
func parseServerName(b []byte) (string, bool) {
	r := reader{b: b}
	list := reader{b: r.vector(2)}
	kind := list.uint8()
	name := list.vector(2)
	ok := !r.bad && len(r.b) == 0 && !list.bad && len(list.b) == 0
	return string(name), ok && kind == serverNameIsAHost && len(name) > 0
}

// reader takes bytes from the front; after a short read it is bad for good.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) take(n int) []byte {
	if r.bad || len(r.b) < n {
		r.bad, r.b = true, nil
		return nil
	}
	out := r.b[:n]
	r.b = r.b[n:]
	return out
}

func (r *reader) skip(n int) { r.take(n) }

func (r *reader) uint8() int {
	if b := r.take(1); b != nil {
		return int(b[0])
	}
	return 0
}

func (r *reader) uint16() uint16 {
	if b := r.take(2); b != nil {
		return binary.BigEndian.Uint16(b)
	}
	return 0
}

// vector takes a length of the given size in bytes, then as many bytes.
func (r *reader) vector(size int) []byte {
	if size == 1 {
		return r.take(r.uint8())
	}
	return r.take(int(r.uint16()))
}
