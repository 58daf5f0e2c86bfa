package egress

import (
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

const (
	firstBuffer = 4 << 10
)

// buffers are lent to connections; only those of the first size come back.
type buffers struct{ pool sync.Pool }

func (p *buffers) get() []byte {
	if b, ok := p.pool.Get().(*[firstBuffer]byte); ok {
		return b[:]
	}
	return new([firstBuffer]byte)[:]
}

func (p *buffers) put(b []byte) {
	if cap(b) == firstBuffer {
		p.pool.Put((*[firstBuffer]byte)(b[:firstBuffer]))
	}
}

// inbound reads the requests of one connection. What lies beyond a head or a
// body stays for the next.
type inbound struct {
	conn net.Conn
	wait patience
	buf  []byte
	r, w int // of buf, what was read and not yet taken
}

// head reads the next request head; io.EOF means that the client is done.
func (in *inbound) head(patience time.Duration) (requestHead, error) {
	if in.r == in.w {
		in.r, in.w = 0, 0
		_ = in.conn.SetReadDeadline(time.Now().Add(patience))
		if err := in.fill(); err != nil {
			return requestHead{}, io.EOF
		}
	}
	for i := 0; ; i++ {
		h, err := parseHead(in.buf[in.r:in.w])
		if !errors.Is(err, errMore) {
			in.r += h.len
			return h, err
		}
		if i == 0 {
			_ = in.conn.SetReadDeadline(time.Now().Add(in.wait.first))
		}
		if i == firstReads || in.w-in.r >= maxFirstBytes {
			return h, errors.New("the head is too large, or comes in too many pieces")
		}
		if err := in.fill(); err != nil {
			return h, errors.New("the head was not completed")
		}
	}
}

// fill reads once, behind what is there already.
func (in *inbound) fill() error {
	if in.r > 0 && in.w == len(in.buf) {
		in.w = copy(in.buf, in.buf[in.r:in.w])
		in.r = 0
	}
	if in.w == len(in.buf) {
		in.buf = append(in.buf, make([]byte, len(in.buf))...)
	}
	n, err := in.conn.Read(in.buf[in.w:])
	in.w += n
	if n > 0 {
		return nil
	}
	return err
}

// Read implements io.Reader: what is left of the buffer first.
func (in *inbound) Read(p []byte) (int, error) {
	if in.r == in.w && len(p) >= firstBuffer {
		return in.conn.Read(p)
	}
	if in.r == in.w {
		in.r, in.w = 0, 0
		if err := in.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, in.buf[in.r:in.w])
	in.r += n
	return n, nil
}

// line reads up to CR LF and gives it without them. It may not be longer than
// most; a line feed that comes alone is an error.
func (in *inbound) line(most int) ([]byte, error) {
	for i := 0; ; {
		for ; in.r+i < in.w; i++ {
			if in.buf[in.r+i] == '\n' {
				return in.cutLine(i)
			}
			if i > most {
				return nil, errors.New("a line is too long")
			}
		}
		if err := in.fill(); err != nil {
			return nil, err
		}
	}
}

func (in *inbound) cutLine(i int) ([]byte, error) {
	l := in.buf[in.r : in.r+i]
	in.r += i + 1
	if i == 0 || l[i-1] != '\r' {
		return nil, errors.New("a line ends without CR")
	}
	return l[:i-1], nil
}
