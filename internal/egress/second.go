package egress

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"sync"

	"golang.org/x/net/http/httpguts"
)

// second serves connections that negotiated HTTP/2; net/http does the framing.
type second struct {
	g     *Gateway
	conns chan net.Conn
	srv   *http.Server
}

// secondConn carries the site of a connection below its TLS.
type secondConn struct {
	net.Conn
	site site
	once sync.Once
	done chan struct{}
}

type siteKey struct{}

// startSecond starts a server that Close stops.
func (g *Gateway) startSecond() *second {
	s := &second{g: g, conns: make(chan net.Conn)}
	s.srv = &http.Server{
		Handler:           http.HandlerFunc(s.handle),
		ErrorLog:          log.New(io.Discard, "", 0),
		MaxHeaderBytes:    maxFirstBytes,
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: maxStreams, WriteByteTimeout: g.patience.body},
		IdleTimeout:       g.patience.idle,
		ReadHeaderTimeout: g.patience.first,
		BaseContext:       func(net.Listener) context.Context { return g.ctx },
		ConnContext:       withSite,
		ConnState: func(c net.Conn, state http.ConnState) {
			if sc := below(c); sc != nil && state == http.StateClosed {
				sc.once.Do(func() { close(sc.done) })
			}
		},
	}
	g.conns.add(s.srv)
	g.run(func() { _ = s.srv.Serve(s) })
	return s
}

func below(c net.Conn) *secondConn {
	t, ok := c.(*tls.Conn)
	if !ok {
		return nil
	}
	sc, _ := t.NetConn().(*secondConn)
	return sc
}

func withSite(ctx context.Context, c net.Conn) context.Context {
	if sc := below(c); sc != nil {
		return context.WithValue(ctx, siteKey{}, sc.site)
	}
	return ctx
}

// serve hands a connection over and returns when it is closed.
func (s *second) serve(c *tls.Conn, st site) {
	sc := below(c)
	if sc == nil {
		s.g.fail(fmt.Errorf("gateway: a connection without a place for its site"))
		return
	}
	sc.site, sc.done = st, make(chan struct{})
	select {
	case s.conns <- c:
		<-sc.done
	case <-s.g.ctx.Done():
	}
}

// Accept implements net.Listener.
func (s *second) Accept() (net.Conn, error) {
	select {
	case c := <-s.conns:
		return c, nil
	case <-s.g.ctx.Done():
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener; the context ends Accept.
func (s *second) Close() error { return nil }

// Addr implements net.Listener.
func (s *second) Addr() net.Addr { return &net.TCPAddr{} }

// handle serves one request.
func (s *second) handle(w http.ResponseWriter, r *http.Request) {
	defer func() {
		if p := recover(); p != nil {
			if p != http.ErrAbortHandler {
				s.g.fail(fmt.Errorf("gateway: panic: %v", p))
			}
			panic(http.ErrAbortHandler)
		}
	}()
	st, ok := r.Context().Value(siteKey{}).(site)
	if !ok || r.ProtoMajor != 2 {
		panic(http.ErrAbortHandler)
	}
	st.hear()
	h, err := headOf(r)
	code, why := http.StatusBadRequest, ""
	if err != nil {
		why = err.Error()
	} else if why = st.speaks(&h); why != "" {
		code = http.StatusMisdirectedRequest
	}
	if why != "" {
		s.deny(w, st, &h, code, why)
		return
	}
	s.pass(w, r, st, &h)
}

func (s *second) deny(w http.ResponseWriter, st site, h *requestHead, code int, why string) {
	if !(passage{g: s.g, to: st.to.String()}).harmlessHead(h) {
		panic(http.ErrAbortHandler)
	}
	what := st.what(h)
	if !s.g.refuse(s.g.refusals, what, why) {
		panic(http.ErrAbortHandler)
	}
	writeResponse(w, refusal(code, explain(what, ControlGateway, why)), func(int) {})
}

// pass lets a request through, or says why not.
func (s *second) pass(w http.ResponseWriter, r *http.Request, st site, h *requestHead) {
	ctx, cancel := context.WithCancel(s.g.ctx)
	defer cancel()
	defer context.AfterFunc(r.Context(), cancel)()
	c := s.g.cross(ctx, st, h, r.Body, true)
	defer c.end()
	resp := c.forward()
	defer resp.Body.Close()
	writeResponse(w, resp, c.count)
}

// headOf takes what net/http read and judges it as parseHead does.
func headOf(r *http.Request) (h requestHead, err error) {
	h = requestHead{method: r.Method, target: r.RequestURI, http11: true, header: r.Header, length: r.ContentLength}
	if err := checkMethod(h.method); err != nil {
		return h, err
	}
	if err := h.splitTarget(); err != nil || h.proxied {
		return h, fmt.Errorf("malformed request target")
	}
	h.len = len(r.Method) + len(r.RequestURI) + len(r.Host)
	for name, values := range r.Header {
		for _, v := range values {
			if !validToken(name) || !httpguts.ValidHeaderFieldValue(v) {
				return h, fmt.Errorf("malformed header")
			}
			h.len += len(name) + len(v)
		}
	}
	h.host, err = parseAuthority(r.Host)
	return h, err
}

// writeResponse passes an answer on, each piece at once, and its trailers.
func writeResponse(w http.ResponseWriter, resp *http.Response, count func(int)) {
	for name, values := range resp.Header {
		w.Header()[name] = values
	}
	if resp.ContentLength >= 0 && resp.StatusCode != http.StatusNotModified {
		w.Header().Set("Content-Length", strconv.FormatInt(resp.ContentLength, 10))
	}
	w.WriteHeader(resp.StatusCode)
	flush := http.NewResponseController(w)
	if resp.ContentLength < 0 {
		_ = flush.Flush()
	}
	buf := make([]byte, sendBlock)
	for {
		n, err := resp.Body.Read(buf)
		if n > 0 {
			if _, err := w.Write(buf[:n]); err != nil {
				panic(http.ErrAbortHandler)
			}
			count(n)
			_ = flush.Flush()
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			panic(http.ErrAbortHandler)
		}
	}
	for name, values := range resp.Trailer {
		w.Header()[http.TrailerPrefix+name] = values
	}
}
