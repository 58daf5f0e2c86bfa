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
	way   passage
	clear bool // the bytes are not encrypted
	spent purse
	src   io.Reader
	look  *watched // nil: nothing is looked for
	why   string   // why the tunnel was ended
}

// reader is the meter itself when there is something to do, else c.
func (m *meter) reader(first []byte, c net.Conn) io.Reader {
	look := m.clear && m.g.watch != nil
	if !look && !m.spent.bounded() && !m.g.total.bounded() {
		return c
	}
	m.src = io.MultiReader(bytes.NewReader(first), c)
	if look {
		m.look = m.way.read(inStream, m.src)
		m.src = m.look
	}
	return m
}

// close ends the looking.
func (m *meter) close() {
	if m.look != nil {
		m.look.Close()
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
