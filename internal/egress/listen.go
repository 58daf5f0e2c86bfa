package egress

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"
)

// open turns one received file into something to serve.
func (g *Gateway) open(s SocketSpec, f *os.File) (func(), error) {
	if f == nil {
		return nil, errors.New("no socket was received")
	}
	if !slices.Contains(g.policy.sockets(), s) {
		return nil, errors.New("the plan has no such socket")
	}
	if s.Network == "udp4" || s.Network == "udp6" {
		return g.openPacket(s, f)
	}
	return g.openListener(s, f)
}

func (g *Gateway) openPacket(s SocketSpec, f *os.File) (func(), error) {
	c, err := net.FilePacketConn(f)
	if err != nil {
		return nil, err
	}
	g.conns.add(c)
	if err := checkBound(s, c.LocalAddr()); err != nil {
		return nil, err
	}
	p, err := newPacketConn(s.Network, c)
	if err != nil {
		return nil, err
	}
	return func() { g.serveUDP(p) }, nil
}

func (g *Gateway) openListener(s SocketSpec, f *os.File) (func(), error) {
	l, err := net.FileListener(f)
	if err != nil {
		return nil, err
	}
	g.conns.add(l)
	if err := checkBound(s, l.Addr()); err != nil {
		return nil, err
	}
	handle, err := g.handler(s)
	if err != nil {
		return nil, err
	}
	return func() { g.accept(l, handle) }, nil
}

// checkBound: a socket that is bound elsewhere is not the one that was asked
// for, and serving it would give its port another meaning.
func checkBound(s SocketSpec, a net.Addr) error {
	want, err := s.AddrPort()
	if err != nil {
		return err
	}
	got, err := netip.ParseAddrPort(a.String())
	if err != nil || a.Network() != s.Network[:3] || got != want {
		return fmt.Errorf("the socket is bound to %s %s", a.Network(), a)
	}
	return nil
}

func (g *Gateway) handler(s SocketSpec) (func(net.Conn), error) {
	switch s.Role {
	case RoleDNS:
		return g.serveDNSConn, nil
	case RoleGateway:
		return g.serveConn, nil
	case RoleProxy:
		return g.serveProxy, nil
	case RoleCredential:
		return g.credentialHandler(s.Port)
	}
	return nil, fmt.Errorf("role %q is not known", s.Role)
}

// accept serves connections until the listener is closed.
func (g *Gateway) accept(l net.Listener, handle func(net.Conn)) {
	for {
		c, err := l.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil && exhausted(err):
			time.Sleep(20 * time.Millisecond)
		case err != nil:
			g.fail(fmt.Errorf("gateway: accept: %w", err))
			return
		default:
			g.admit(c, handle)
		}
	}
}

// exhausted: too many files or too little memory passes when connections end.
func exhausted(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) ||
		errors.Is(err, syscall.ENOBUFS) || errors.Is(err, syscall.ENOMEM)
}

// admit serves a connection if there is room for it.
func (g *Gateway) admit(c net.Conn, handle func(net.Conn)) {
	select {
	case g.slots <- struct{}{}:
	default:
		reset(c)
		g.refuse(g.refusals, "connect", fmt.Sprintf("%d connections are open at once, which is the most", maxConns))
		return
	}
	g.conns.add(c)
	g.run(func() {
		defer func() { <-g.slots }()
		defer g.conns.remove(c)
		defer c.Close()
		handle(c)
	})
}

// reset closes a connection so that the other side sees an error at once, and
// not an end that could be taken for an answer.
func reset(c net.Conn) {
	if t, ok := c.(*net.TCPConn); ok {
		_ = t.SetLinger(0)
	}
	c.Close()
}

// closers is what Close has to close. The zero value is ready.
type closers struct {
	mu     sync.Mutex
	closed bool
	open   map[interface{ Close() error }]struct{}
}

// add closes at once what comes after closeAll.
func (s *closers) add(c interface{ Close() error }) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		c.Close()
		return
	}
	if s.open == nil {
		s.open = map[interface{ Close() error }]struct{}{}
	}
	s.open[c] = struct{}{}
}

func (s *closers) remove(c interface{ Close() error }) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, c)
}

func (s *closers) closeAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for c := range s.open {
		c.Close()
	}
	s.open = nil
}
