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
	look  bool   // the bytes are not encrypted
	rule  string // control that allows it
	src   io.Reader
	// watched is what looks at them; nil: nobody does.
	watched *watched
	why     string // why the tunnel was ended
}

// reader is the meter itself when there is something to do, else c.
func (m *meter) reader(first []byte, c net.Conn) io.Reader {
	look := m.look && m.g.watch != nil
	if !look && !m.spent.bounded() && !m.g.total.bounded() {
		return c
	}
	m.src = io.MultiReader(bytes.NewReader(first), c)
	if look {
		m.watched = passage{g: m.g, to: m.to.String(), rule: m.rule}.read(inStream, m.src)
		m.src = m.watched
	}
	return m
}

// end lets go of what was looked at.
func (m *meter) end() {
	if m.watched != nil {
		m.watched.Close()
	}
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
