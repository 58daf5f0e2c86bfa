package egress

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"

	"ringwall/internal/plan"
)

// The reply codes of SOCKS 5 (RFC 1928, 6) that are used here.
const (
	socksDone        = 0
	socksFailure     = 1
	socksRefused     = 2
	socksCommand     = 7
	socksAddressType = 8
)

// socksError is why a request is not served, with its reply code.
type socksError struct {
	code byte
	why  string
}

// Error implements error.
func (e *socksError) Error() string { return e.why }

// serveSOCKS speaks SOCKS 5 without authentication and with CONNECT only; then
// it is a connection like any other.
func (g *Gateway) serveSOCKS(c *prefixed) {
	if err := readGreeting(c); err != nil {
		g.denySOCKS(c, []byte{5, 0xff}, "SOCKS greeting", err.Error())
		return
	}
	if _, err := c.Write([]byte{5, 0}); err != nil {
		return
	}
	var all bytes.Buffer
	asked, err := readSOCKS(io.TeeReader(c, &all))
	var bad *socksError
	switch {
	case !passage{g: g, to: asked.String()}.harmless(inHost, all.Bytes()):
		reset(c.Conn)
		return
	case errors.As(err, &bad):
		g.denySOCKS(c, socksReply(bad.code), "SOCKS request", bad.why)
		return
	case err != nil:
		return // the client went away
	}
	d, isName, why := g.proxyTarget(asked)
	if why != "" {
		g.denySOCKS(c, socksReply(socksRefused), "connect "+asked.String(), why)
		return
	}
	if _, err := c.Write(socksReply(socksDone)); err == nil {
		g.serveDest(c, d, isName)
	}
}

func (g *Gateway) denySOCKS(c net.Conn, reply []byte, what, why string) {
	if !g.refuse(g.refusals, what, why) {
		reset(c)
		return
	}
	_, _ = c.Write(reply)
	linger(c)
}

// refuseSOCKS4 turns away the older protocol, which knows no IPv6 and in which
// the client's user name comes along.
func (g *Gateway) refuseSOCKS4(c net.Conn) {
	g.denySOCKS(c, []byte{0, 0x5b, 0, 0, 0, 0, 0, 0}, "SOCKS 4 request", "SOCKS 5 is spoken here: socks5h:// in the proxy's URL")
}

// socksReply says nothing of the address that was used.
func socksReply(code byte) []byte { return []byte{5, code, 0, 1, 0, 0, 0, 0, 0, 0} }

// readGreeting takes any list of methods that has "no authentication" in it.
func readGreeting(r io.Reader) error {
	var head [2]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return err
	}
	methods := make([]byte, head[1])
	if _, err := io.ReadFull(r, methods); err != nil {
		return err
	}
	if head[0] != 5 || !strings.Contains(string(methods), "\x00") {
		return errors.New("only a connection without authentication is offered")
	}
	return nil
}

// readSOCKS reads the one request. Nothing is read beyond it.
func readSOCKS(r io.Reader) (dest, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return dest{}, err
	}
	if head[0] != 5 || head[2] != 0 {
		return dest{}, &socksError{socksFailure, "malformed SOCKS request"}
	}
	host, err := readSOCKSHost(r, head[3])
	if err != nil {
		return dest{}, err
	}
	var port [2]byte
	if _, err := io.ReadFull(r, port[:]); err != nil {
		return dest{}, err
	}
	d := dest{host, int(port[0])<<8 | int(port[1])}
	switch {
	case head[1] != 1:
		return d, &socksError{socksCommand, fmt.Sprintf("the SOCKS command %d: only CONNECT (1) is served", head[1])}
	case d.port == 0:
		return d, &socksError{socksFailure, "port 0 is not a port"}
	}
	return d, nil
}

// readSOCKSHost reads an address or a name by its type.
func readSOCKSHost(r io.Reader, kind byte) (string, error) {
	size := [1]byte{}
	switch kind {
	case 1:
		size[0] = 4
	case 4:
		size[0] = 16
	case 3:
		if _, err := io.ReadFull(r, size[:]); err != nil {
			return "", err
		}
	default:
		return "", &socksError{socksAddressType, "an unknown type of address"}
	}
	b := make([]byte, size[0])
	if _, err := io.ReadFull(r, b); err != nil {
		return "", err
	}
	if kind == 3 {
		return socksName(string(b))
	}
	return socksAddr(b)
}

// socksName takes names in plain characters only: whoever checks up to a NUL
// and connects beyond it is passed by with "evil\0.good" (PRX-01).
func socksName(s string) (string, error) {
	for i := range len(s) {
		if !alnum(s[i]) && s[i] != '-' && s[i] != '.' && s[i] != '_' {
			return "", &socksError{socksFailure, fmt.Sprintf("the byte %q does not belong in a host name", s[i])}
		}
	}
	host, err := plan.CanonicalHost(s)
	if err != nil {
		return "", &socksError{socksFailure, err.Error()}
	}
	return host, nil
}

func socksAddr(b []byte) (string, error) {
	a, ok := netip.AddrFromSlice(b)
	if !ok || a.Is4In6() {
		return "", &socksError{socksFailure, "an IPv4-mapped address: send the IPv4 address"}
	}
	return a.String(), nil
}
