package egress

import (
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
)

// sender writes answers on a connection that speaks HTTP/1.
type sender struct {
	conn net.Conn
	pool *blocks

	mu     sync.Mutex
	begun  bool // the answer; 100 Continue comes before it or never
	http11 bool
	method string
}

// sendBlock is how much of an answer goes out at once.
const sendBlock = 32 << 10

// blocks are lent while an answer is copied.
type blocks struct{ pool sync.Pool }

func (p *blocks) get() *[sendBlock]byte {
	if b, ok := p.pool.Get().(*[sendBlock]byte); ok {
		return b
	}
	return new([sendBlock]byte)
}

func (p *blocks) put(b *[sendBlock]byte) { p.pool.Put(b) }

func (w *sender) reset(h *requestHead) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.begun, w.http11, w.method = false, h.http11, h.method
}

// continuer asks for the body when a client waits for that; it is called before
// the first byte of the body is needed.
func (w *sender) continuer(h *requestHead) func() error {
	if !h.http11 || !hasToken(h.header["Expect"], "100-continue") {
		return func() error { return nil }
	}
	return func() error {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.begun {
			return errLeft
		}
		_, err := io.WriteString(w.conn, "HTTP/1.1 100 Continue\r\n\r\n")
		return err
	}
}

func (w *sender) begin() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.begun = true
}

// send writes a whole answer; an error means that it was cut short.
func (w *sender) send(x *crossing, resp *http.Response, keep bool) error {
	w.begin()
	block := w.pool.get()
	defer w.pool.put(block)
	f := w.frame(resp, keep)
	head := appendHead(block[:0], resp, f)
	if f.empty {
		_, err := w.conn.Write(head)
		return err
	}
	if resp.ContentLength < 0 || len(head) > sendBlock/2 {
		if _, err := w.conn.Write(head); err != nil {
			return err
		}
		head = head[:0]
	}
	return w.copy(x, resp.Body, block[:], len(head), f)
}

// frame is how the end of an answer is told.
type frame struct {
	empty   bool // no body follows
	chunked bool
	length  int64 // -1: not said
	close   bool
}

func (w *sender) frame(resp *http.Response, keep bool) frame {
	f := frame{length: resp.ContentLength, close: !keep}
	switch code := resp.StatusCode; {
	case code == http.StatusNoContent || code == http.StatusNotModified || code < 200:
		f.empty, f.length = true, -1
	case w.method == http.MethodHead:
		f.empty = true
	case f.length < 0 && w.http11:
		f.chunked = true
	case f.length < 0:
		f.close = true
	case f.length == 0:
		f.empty = true
	}
	return f
}

// appendHead writes status line and headers. What the upstream sent and is no
// header is left out.
func appendHead(b []byte, resp *http.Response, f frame) []byte {
	b = append(b, "HTTP/1.1 "...)
	b = strconv.AppendInt(b, int64(resp.StatusCode), 10)
	b = append(append(b, ' '), http.StatusText(resp.StatusCode)...)
	b = append(b, "\r\n"...)
	for name, values := range resp.Header {
		if !validToken(name) {
			continue
		}
		for _, v := range values {
			if validValue(v) {
				b = appendField(b, name, v)
			}
		}
	}
	switch {
	case f.chunked:
		b = append(b, "Transfer-Encoding: chunked\r\n"...)
	case f.length >= 0:
		b = append(strconv.AppendInt(append(b, "Content-Length: "...), f.length, 10), "\r\n"...)
	}
	if f.close {
		b = append(b, "Connection: close\r\n"...)
	}
	return append(b, "\r\n"...)
}

func appendField(b []byte, name, value string) []byte {
	b = append(append(b, name...), ": "...)
	return append(append(b, value...), "\r\n"...)
}

// chunkRoom is for the line before a chunk: four digits and CR LF. Two more
// bytes end the chunk.
const chunkRoom = 6

// copy sends a body block by block, as it comes. The first from bytes of the
// block are there already.
func (w *sender) copy(x *crossing, body io.Reader, block []byte, from int, f frame) error {
	left := f.length
	for {
		start := from
		if f.chunked {
			start += chunkRoom
		}
		n, err := body.Read(block[start : len(block)-2])
		left -= int64(n)
		x.count(n)
		out := block[:start+n]
		switch {
		case f.chunked && n > 0:
			out = endChunk(block, start, n)
		case f.chunked:
			out = nil
		}
		if len(out) > 0 {
			if _, werr := w.conn.Write(out); werr != nil {
				return werr
			}
		}
		from = 0
		if err != nil || f.length >= 0 && left <= 0 {
			return w.last(err, left, f)
		}
	}
}

// endChunk writes what stands around n bytes of a chunk at start.
func endChunk(block []byte, start, n int) []byte {
	const digits = "0123456789abcdef"
	at := start - chunkRoom
	for i := range 4 {
		block[at+i] = digits[n>>(12-4*i)&15]
	}
	block[at+4], block[at+5] = '\r', '\n'
	block[start+n], block[start+n+1] = '\r', '\n'
	return block[at : start+n+2]
}

// last ends a body, or says that it was cut short.
func (w *sender) last(err error, left int64, f frame) error {
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return err
	case f.length >= 0 && left != 0:
		return io.ErrUnexpectedEOF
	case f.chunked:
		_, err = io.WriteString(w.conn, "0\r\n\r\n")
		return err
	}
	return nil
}
