package egress

import (
	"errors"
	"io"
	"strings"
	"sync"
	"time"
)

const (
	bodyRate    = 64      // bytes a second that a body has on average, after the time for its next bytes
	maxTrailers = 8 << 10 // bytes
	maxChunkLen = 20      // bytes of the line before a chunk
)

// errBody means that a body is not framed as it has to be; the connection then
// has no known place to go on from.
type errBody struct{ why string }

// Error implements error.
func (e errBody) Error() string { return e.why }

// body is what comes after a request head, framed by the gateway itself. It is
// read by the goroutine that sends it, while another one may already answer.
type body struct {
	mu    sync.Mutex
	in    *inbound
	first func() error // before the first read: the client may wait to be asked
	chunk chunked      // nil-like unless the body is chunked
	left  int64        // of the body, or of the chunk
	start time.Time
	n     int64
	err   error // io.EOF at the end; any error stays
}

// chunked tells where in a chunked body the reader is.
type chunked int

const (
	notChunked chunked = iota
	chunkFirst         // before the first chunk's size
	chunkNext          // behind a chunk's data
)

func newBody(in *inbound, length int64, first func() error) *body {
	b := &body{in: in, first: first, left: length}
	switch length {
	case unknownLength:
		b.left, b.chunk = 0, chunkFirst
	case 0:
		b.err = io.EOF
	}
	return b
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err == nil && b.start.IsZero() {
		b.start = time.Now()
		b.err = b.first()
	}
	if b.err != nil || len(p) == 0 {
		return 0, b.err
	}
	n, err := b.read(p)
	b.n += int64(n)
	if b.err = err; err != nil && n > 0 {
		return n, nil
	}
	return n, err
}

func (b *body) read(p []byte) (int, error) {
	if err := b.await(); err != nil {
		return 0, err
	}
	if b.left == 0 { // only a chunked body is not at its end then
		if err := b.nextChunk(); err != nil {
			return 0, err
		}
	}
	n, err := b.in.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	switch {
	case err != nil && n == 0:
		return 0, errBody{"the body was not completed"}
	case b.left == 0 && b.chunk == notChunked:
		return n, io.EOF
	}
	return n, nil
}

// await bounds the time for the next bytes, and how slow all may be together.
func (b *body) await() error {
	if b.in.r < b.in.w {
		return nil
	}
	now := time.Now()
	if spent := now.Sub(b.start); spent > b.in.wait.body && b.n < int64(spent/time.Second)*bodyRate {
		return errBody{"the body comes too slowly"}
	}
	return b.in.conn.SetReadDeadline(now.Add(b.in.wait.body))
}

// nextChunk reads the size of the next chunk; the last one ends the body.
func (b *body) nextChunk() error {
	if b.chunk == chunkNext {
		if l, err := b.in.line(0); err != nil || len(l) != 0 {
			return errBody{"a chunk does not end where it should"}
		}
	}
	b.chunk = chunkNext
	l, err := b.in.line(maxChunkLen)
	if err != nil {
		return errBody{"malformed chunk"}
	}
	if b.left, err = chunkSize(l); err != nil {
		return err
	}
	if b.left > 0 {
		return nil
	}
	if err := b.trailers(); err != nil {
		return err
	}
	return io.EOF
}

// chunkSize takes hexadecimal digits and nothing else: what follows them
// (RFC 9112, 7.1.1) is used by nobody and read by parsers in many ways.
func chunkSize(l []byte) (n int64, err error) {
	if len(l) == 0 || len(l) > 15 {
		return 0, errBody{"malformed chunk size"}
	}
	for _, c := range l {
		if !isHex(c) {
			return 0, errBody{"malformed chunk size"}
		}
		n = n<<4 | int64(hexValue(c))
	}
	return n, nil
}

func hexValue(c byte) byte {
	switch {
	case c <= '9':
		return c - '0'
	case c <= 'F':
		return c - 'A' + 10
	}
	return c - 'a' + 10
}

// trailers reads the lines behind the last chunk. They go nowhere, since
// nobody looked at them when the request was decided.
func (b *body) trailers() error {
	for most := maxTrailers; most > 0; {
		l, err := b.in.line(most)
		if err != nil {
			return errBody{"malformed trailer"}
		}
		if len(l) == 0 {
			return nil
		}
		name, value, ok := strings.Cut(string(l), ":")
		if !ok || !validToken(name) || !validValue(value) {
			return errBody{"malformed trailer"}
		}
		most -= len(l)
	}
	return errBody{"the trailers are too large"}
}

// Close implements io.Closer; the connection goes on.
func (b *body) Close() error { return nil }

var errLeft = errors.New("the answer came before the body")

// done reports whether all of the body was read. Nothing is read any more.
func (b *body) done() bool {
	if b.mu.TryLock() {
		defer b.mu.Unlock()
		return b.finish()
	}
	_ = b.in.conn.SetReadDeadline(time.Unix(1, 0)) // ends the read that goes on
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.finish()
}

func (b *body) finish() bool {
	if b.err == nil {
		b.err = errLeft
	}
	return b.err == io.EOF
}

// ended is done without an end to it.
func (b *body) ended() bool {
	if !b.mu.TryLock() {
		return false
	}
	defer b.mu.Unlock()
	return b.err == io.EOF
}
