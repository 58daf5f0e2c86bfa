package egress

import (
	"bytes"
	"io"
	"strings"
)

// redactor replaces a secret by its placeholder in what an upstream sends
// back. It holds back only bytes that may be the beginning of the secret, so a
// stream of events is not delayed by it.
type redactor struct {
	src                 io.ReadCloser
	secret, placeholder []byte
	chunk               []byte
	buf                 []byte // read from src, not yet looked at to the end
	out                 []byte // ready for the reader
	err                 error  // of src, told when out is empty
	atEnd               func() // before the end is told; may be nil
}

const redactChunk = 16 << 10

func newRedactor(src io.ReadCloser, secret, placeholder string) *redactor {
	return &redactor{src: src, secret: []byte(secret), placeholder: []byte(placeholder)}
}

// Read implements io.Reader.
func (r *redactor) Read(p []byte) (int, error) {
	for len(r.out) == 0 {
		if r.err != nil {
			r.finish()
			return 0, r.err
		}
		r.fill()
	}
	n := copy(p, r.out)
	r.out = r.out[n:]
	return n, nil
}

func (r *redactor) finish() {
	if r.atEnd != nil {
		r.atEnd()
		r.atEnd = nil
	}
}

func (r *redactor) fill() {
	if r.chunk == nil {
		r.chunk = make([]byte, redactChunk)
	}
	n, err := r.src.Read(r.chunk)
	r.buf = append(r.buf, r.chunk[:n]...)
	r.err = err
	hold := 0
	if err == nil {
		hold = heldBack(r.buf[lastEnd(r.buf, r.secret):], r.secret)
	}
	cut := len(r.buf) - hold
	r.out = bytes.ReplaceAll(r.buf[:cut], r.secret, r.placeholder)
	r.buf = bytes.Clone(r.buf[cut:])
}

// lastEnd is where the last occurrence ends, counted from the left without
// overlap, as bytes.ReplaceAll counts.
func lastEnd(b, secret []byte) int {
	end := 0
	for {
		i := bytes.Index(b[end:], secret)
		if i < 0 {
			return end
		}
		end += i + len(secret)
	}
}

// heldBack is the length of the longest end of b that the secret begins with.
func heldBack(b, secret []byte) int {
	for n := min(len(b), len(secret)-1); n > 0; n-- {
		if bytes.HasSuffix(b, secret[:n]) {
			return n
		}
	}
	return 0
}

// Close implements io.Closer.
func (r *redactor) Close() error { return r.src.Close() }

// redactHeaders does the same for header values.
func redactHeaders(h map[string][]string, secret, placeholder string) {
	for _, values := range h {
		for i, v := range values {
			values[i] = strings.ReplaceAll(v, secret, placeholder)
		}
	}
}
