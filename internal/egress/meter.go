package egress

import (
	"bytes"
	"io"
	"net"
)

// meter reads what a tunnel sends where it has to be looked at or counted
// before it goes out.
type meter struct {
	g     *Gateway
	to    dest
	spent *budget
	look  bool // the bytes are not encrypted
	src   io.Reader
	why   string // why the tunnel was ended
}

// reader is the meter itself when there is something to do, else c.
func (m *meter) reader(first []byte, c net.Conn) io.Reader {
	watch := m.g.cfg.Watch
	if !m.look {
		watch = nil
	}
	if watch == nil && !m.spent.bounded() && !m.g.total.bounded() {
		return c
	}
	m.src = io.MultiReader(bytes.NewReader(first), c)
	if watch != nil {
		m.src = watch.Body(m.to.String(), m.src, func(found string) {
			m.why = caught(found)
			m.g.alarm(found, m.to)
		})
	}
	return m
}

// Read implements io.Reader.
func (m *meter) Read(p []byte) (int, error) {
	n, err := m.src.Read(p)
	if n == 0 {
		return 0, err
	}
	if why := m.g.takeBytes(m.spent, n); why != "" {
		m.why = why
		return 0, errStopped
	}
	return n, err
}
