package egress

import (
	"bytes"
	"errors"
	"net"
	"os"
	"strings"
	"time"
)

// protocol is what the first bytes of a connection are.
type protocol int

const (
	protoSilent protocol = iota // nothing came, or the client went away
	protoRaw
	protoTLS
	protoHTTP
)

const (
	firstTime  = 10 * time.Second       // for a complete hello or head
	idleTime   = 90 * time.Second       // between two requests of a connection
	bodyTime   = 60 * time.Second       // for the next bytes of a body
	briefTime  = 300 * time.Millisecond // for a client that may wait for the server
	firstReads = 128                    // a hello of thousands of tiny pieces costs its sender, not us
)

// patience is how long a client may take.
type patience struct{ first, idle, body time.Duration }

// opening is what a client said first. err is set when it began as TLS or HTTP
// and did not go on as such; data is always all that was read.
type opening struct {
	proto protocol
	data  []byte
	hello clientHello
	head  requestHead
	err   error
}

// sniff reads the first bytes. When web is set, only TLS and HTTP are expected
// and the client has to speak first. Otherwise a client that is silent for a
// moment is taken for one whose server speaks first (SSH, SMTP, MySQL).
func (g *Gateway) sniff(c net.Conn, web bool) opening {
	defer func() { _ = c.SetReadDeadline(time.Time{}) }()
	start := time.Now()
	patience := g.patience.first
	if !web {
		patience = briefTime
	}
	buf := make([]byte, 0, 4<<10)
	for range firstReads {
		_ = c.SetReadDeadline(start.Add(patience))
		n, err := c.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if n > 0 {
			patience = g.patience.first
			o := classify(buf, web)
			if !errors.Is(o.err, errMore) {
				return o
			}
		}
		if err != nil {
			return cutShort(buf, web, err)
		}
		if len(buf) == maxFirstBytes {
			break
		}
		buf = grow(buf)
	}
	o := classify(buf, web)
	o.err = errors.New("the first message is too large, or comes in too many pieces")
	return o
}

// cutShort is what is left when the client stops before its message is whole.
func cutShort(buf []byte, web bool, err error) opening {
	if len(buf) > 0 {
		o := classify(buf, web)
		if o.proto != protoRaw {
			o.err = errors.New("the first message was not completed")
			return o
		}
		return opening{proto: protoRaw, data: buf}
	}
	if !web && errors.Is(err, os.ErrDeadlineExceeded) {
		return opening{proto: protoRaw}
	}
	return opening{proto: protoSilent, err: err}
}

// grow doubles a full buffer, up to maxFirstBytes.
func grow(buf []byte) []byte {
	if len(buf) < cap(buf) {
		return buf
	}
	out := make([]byte, len(buf), min(2*cap(buf), maxFirstBytes))
	copy(out, buf)
	return out
}

// classify tells what non-empty bytes are. On web ports anything that is not
// TLS and starts like a word is read as HTTP; elsewhere only a known method
// is, because "EHLO" and "PING" look like one.
func classify(b []byte, web bool) opening {
	o := opening{proto: protoRaw, data: b}
	switch {
	case b[0] == recordHandshake:
		o.proto = protoTLS
		o.hello, o.err = parseHello(b)
	case web && alnum(b[0]):
		o.proto = protoHTTP
		o.head, o.err = parseHead(b)
	case !web:
		whole, begun := startsWithMethod(b)
		if whole {
			o.proto = protoHTTP
			o.head, o.err = parseHead(b)
		} else if begun {
			o.err = errMore
		}
	}
	return o
}

// methods that a client may send first on a port that is not for the web.
const methods = "GET HEAD POST PUT DELETE PATCH OPTIONS CONNECT TRACE TRACK PRI"

// startsWithMethod reports whether b starts with a method and a blank, or is
// the beginning of that.
func startsWithMethod(b []byte) (whole, begun bool) {
	for m := range strings.SplitSeq(methods, " ") {
		m := []byte(m + " ")
		whole = whole || bytes.HasPrefix(b, m)
		begun = begun || bytes.HasPrefix(m, b)
	}
	return whole, begun
}
