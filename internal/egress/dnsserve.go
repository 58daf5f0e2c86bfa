package egress

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

const (
	dnsTCPTime    = 10 * time.Second
	dnsTCPQueries = 32 // on one connection
)

// packetConn is a UDP socket that tells to which address a question was sent
// and answers from it, as the asker expects of a resolver.
type packetConn interface {
	read(b []byte) (n int, asked net.IP, from net.Addr, err error)
	write(b []byte, asked net.IP, to net.Addr) error
	Close() error
}

func newPacketConn(network string, c net.PacketConn) (packetConn, error) {
	if network == "udp6" {
		p := ipv6.NewPacketConn(c)
		if err := allowAnySource6(c); err != nil {
			return nil, err
		}
		return packetConn6{p}, p.SetControlMessage(ipv6.FlagDst, true)
	}
	p := ipv4.NewPacketConn(c)
	return packetConn4{p}, p.SetControlMessage(ipv4.FlagDst, true)
}

type packetConn4 struct{ *ipv4.PacketConn }

func (p packetConn4) read(b []byte) (int, net.IP, net.Addr, error) {
	n, cm, from, err := p.ReadFrom(b)
	if err != nil || cm == nil {
		return n, nil, from, err
	}
	return n, cm.Dst, from, nil
}

func (p packetConn4) write(b []byte, asked net.IP, to net.Addr) error {
	_, err := p.WriteTo(b, &ipv4.ControlMessage{Src: asked}, to)
	return err
}

type packetConn6 struct{ *ipv6.PacketConn }

func (p packetConn6) read(b []byte) (int, net.IP, net.Addr, error) {
	n, cm, from, err := p.ReadFrom(b)
	if err != nil || cm == nil {
		return n, nil, from, err
	}
	return n, cm.Dst, from, nil
}

func (p packetConn6) write(b []byte, asked net.IP, to net.Addr) error {
	_, err := p.WriteTo(b, &ipv6.ControlMessage{Src: asked}, to)
	return err
}

// serveUDP answers until the socket is closed. A reply that cannot be sent is
// lost, as any datagram may be.
func (g *Gateway) serveUDP(p packetConn) {
	buf := make([]byte, dnsMaxQuery)
	for {
		n, asked, from, err := p.read(buf)
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil:
			g.fail(fmt.Errorf("dns: %w", err))
			return
		case asked == nil:
			continue
		}
		if resp, ok := g.reply(buf[:n]); ok {
			_ = p.write(resp, asked, from)
		}
	}
}

// reply answers one message and records the name when it was refused; what
// cannot be recorded is not answered.
func (g *Gateway) reply(query []byte) ([]byte, bool) {
	if !g.harmlessQuestion(query) {
		return nil, false
	}
	resp, m, err := g.table.answer(query)
	if err != nil {
		return nil, false
	}
	if m.name != "" && !g.toldTool(m.name) && !g.refuse(g.dnsRefusals, "resolve "+m.name, m.reason()) {
		return nil, false
	}
	return resp, true
}

// reason says why a name does not resolve, and what the owner would write.
func (m miss) reason() string {
	if m.why != "" {
		return m.why
	}
	return "no rule names it, so it does not resolve; " + addRule(printable(m.name)+":443")
}

// serveDNSConn answers the questions of one TCP connection.
func (g *Gateway) serveDNSConn(c net.Conn) {
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(dnsTCPTime))
	for range dnsTCPQueries {
		query, err := readDNSMessage(c)
		if err != nil {
			return
		}
		resp, ok := g.reply(query)
		if !ok {
			return
		}
		resp = append(binary.BigEndian.AppendUint16(nil, uint16(len(resp))), resp...)
		if _, err := c.Write(resp); err != nil {
			return
		}
	}
}

func readDNSMessage(r io.Reader) ([]byte, error) {
	var size [2]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		return nil, err
	}
	n := int(binary.BigEndian.Uint16(size[:]))
	if n < dnsHeader || n > dnsMaxQuery {
		return nil, errDrop
	}
	b := make([]byte, n)
	_, err := io.ReadFull(r, b)
	return b, err
}
