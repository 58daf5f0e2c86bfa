package egress

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"

	"ringwall/internal/evidence"
)

// webConn is a connection whose request head was read, checked and decided on.
// net/http reads the head again from prefix. One connection carries one
// request, so there is no second one to smuggle.
type webConn struct {
	net.Conn
	prefix []byte
	head   requestHead
	to     dest
	rule   rule
	once   sync.Once
	done   chan struct{}
}

// Read gives back what was read for the decision first.
func (c *webConn) Read(b []byte) (int, error) {
	if len(c.prefix) > 0 {
		n := copy(b, c.prefix)
		c.prefix = c.prefix[n:]
		return n, nil
	}
	return c.Conn.Read(b)
}

// CloseWrite lets net/http end an answer before it closes.
func (c *webConn) CloseWrite() error {
	closeWrite(c.Conn)
	return nil
}

// webServer is net/http behind the gateway's own accept and decision.
type webServer struct {
	g     *Gateway
	conns chan net.Conn
	srv   *http.Server
}

type connKey struct{}

// startWeb starts a server that Close stops.
func (g *Gateway) startWeb(h http.Handler) *webServer {
	w := &webServer{g: g, conns: make(chan net.Conn)}
	w.srv = &http.Server{
		Handler:        g.guarded(h),
		ErrorLog:       log.New(io.Discard, "", 0),
		MaxHeaderBytes: maxFirstBytes,
		BaseContext:    func(net.Listener) context.Context { return g.ctx },
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, connKey{}, c)
		},
		ConnState: func(c net.Conn, s http.ConnState) {
			if wc, ok := c.(*webConn); ok && (s == http.StateClosed || s == http.StateHijacked) {
				wc.once.Do(func() { close(wc.done) })
			}
		},
	}
	w.srv.SetKeepAlivesEnabled(false)
	g.conns.add(w.srv)
	g.run(func() { _ = w.srv.Serve(w) })
	return w
}

// serve hands a connection over and returns when it is closed.
func (w *webServer) serve(c *webConn) {
	c.done = make(chan struct{})
	select {
	case w.conns <- c:
		<-c.done
	case <-w.g.ctx.Done():
	}
}

// Accept implements net.Listener.
func (w *webServer) Accept() (net.Conn, error) {
	select {
	case c := <-w.conns:
		return c, nil
	case <-w.g.ctx.Done():
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener; the context ends Accept.
func (w *webServer) Close() error { return nil }

// Addr implements net.Listener.
func (w *webServer) Addr() net.Addr { return &net.TCPAddr{} }

// guarded turns a panic into a fault and makes sure that net/http read the
// very request that was decided on.
func (g *Gateway) guarded(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if p := recover(); p != nil {
				if p != http.ErrAbortHandler {
					g.fail(fmt.Errorf("gateway: panic: %v", p))
				}
				panic(http.ErrAbortHandler)
			}
		}()
		c := connOf(r)
		if r.Method != c.head.method || r.RequestURI != c.head.target || cmp.Or(r.URL.EscapedPath(), "/") != c.head.path {
			panic(http.ErrAbortHandler)
		}
		h.ServeHTTP(w, r)
	})
}

func connOf(r *http.Request) *webConn { return r.Context().Value(connKey{}).(*webConn) }

// forward sends a plain HTTP request to the destination that was allowed.
func (g *Gateway) forward(w http.ResponseWriter, r *http.Request) {
	c := connOf(r)
	x, ok := g.begin(evidence.Request{
		Proto: "http", Host: c.to.host, Port: c.to.port, Rule: c.rule.control,
		Method: c.head.method, Path: printable(c.head.path),
	})
	if !ok {
		panic(http.ErrAbortHandler)
	}
	g.exchangeHTTP(x, w, r, g.proxy(upstream{scheme: "http", to: c.to, transport: g.plain}))
}

// exchangeHTTP runs the proxy and records the totals, also when it is cut off.
func (g *Gateway) exchangeHTTP(x *exchange, w http.ResponseWriter, r *http.Request, h http.Handler) {
	body := &countedBody{ReadCloser: r.Body, total: &g.sent}
	r.Body = body
	cw := &countedWriter{ResponseWriter: w, total: &g.received}
	defer func() { x.end(cw.status, body.n.Load(), cw.n) }()
	h.ServeHTTP(cw, r)
}
