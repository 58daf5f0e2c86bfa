package egress

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"ringwall/internal/plan"
)

// proxyError tells that the proxy outside made no connection.
type proxyError struct{ why string }

// Error implements error.
func (e *proxyError) Error() string { return "the upstream proxy " + e.why }

// connectThrough asks the proxy outside for a connection. It resolves the name,
// so where that leads is not checked here; the name is.
func (g *Gateway) connectThrough(ctx context.Context, d dest) (net.Conn, error) {
	c, err := g.dialProxy(ctx)
	if err != nil {
		return nil, &proxyError{"was not reached: " + err.Error()}
	}
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	_ = c.SetDeadline(time.Now().Add(dialTime))
	p, err := askProxy(c, d)
	if err != nil {
		c.Close()
		return nil, err
	}
	_ = c.SetDeadline(time.Time{})
	return p, nil
}

// dialProxy connects to the proxy, which the owner named and which may have any
// address.
func (g *Gateway) dialProxy(ctx context.Context) (c net.Conn, err error) {
	host, port, err := plan.SplitHostPort(strings.TrimPrefix(g.policy.upstream, "http://"), 0)
	if err != nil {
		return nil, err
	}
	addrs := []netip.Addr{}
	if a, literal := (dest{host, port}).literal(); literal {
		addrs = append(addrs, a)
	} else if addrs, err = g.resolve(ctx, host); err != nil {
		return nil, err
	}
	for _, a := range addrs[:min(len(addrs), maxAddrs)] {
		if c, err = g.dialOne(ctx, netip.AddrPortFrom(a, uint16(port))); err == nil {
			return c, nil
		}
	}
	return nil, err
}

// askProxy sends CONNECT and reads the head of the answer.
func askProxy(c net.Conn, d dest) (net.Conn, error) {
	if _, err := fmt.Fprintf(c, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n", d, d); err != nil {
		return nil, &proxyError{"went away"}
	}
	in := inbound{conn: c, buf: make([]byte, firstBuffer)}
	status, err := in.line(maxFirstBytes)
	if err != nil {
		return nil, &proxyError{"gave no valid answer"}
	}
	code, ok := statusOf(string(status))
	for i := 0; ; i++ {
		l, err := in.line(maxFirstBytes)
		if err != nil || i > maxHeaders {
			return nil, &proxyError{"gave no valid answer"}
		}
		if len(l) == 0 {
			break
		}
	}
	if !ok || code/100 != 2 {
		return nil, &proxyError{"refused with status " + strconv.Itoa(code)}
	}
	if in.r == in.w {
		return c, nil
	}
	return &prefixed{Conn: c, prefix: in.buf[in.r:in.w]}, nil
}

// statusOf reads "HTTP/1.1 200 text".
func statusOf(line string) (code int, ok bool) {
	version, rest, _ := strings.Cut(line, " ")
	word, _, _ := strings.Cut(rest, " ")
	code, err := strconv.Atoi(word)
	return code, err == nil && len(word) == 3 && strings.HasPrefix(version, "HTTP/1.")
}

// rootsOf are the authorities that upstreams are believed by: the system's and
// those of extra. nil stands for the system's alone.
func rootsOf(extra []byte) (*x509.CertPool, error) {
	if len(extra) == 0 {
		return nil, nil
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		return nil, fmt.Errorf("the system's certificate authorities: %w", err)
	}
	if !pool.AppendCertsFromPEM(extra) {
		return nil, errors.New("the extra certificate authorities are not certificates in PEM")
	}
	return pool, nil
}
