package egresstest

import (
	"bytes"
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"
)

// Site is a web server of the internet: plain HTTP on 80, TLS on 443 with
// HTTP/1.1 and HTTP/2, over both families.
type Site struct {
	Name, V4, V6 string

	quiet bool
	mu    sync.Mutex
	seen  []Seen
}

// Seen is a request that arrived.
type Seen struct {
	TLS          bool
	Proto        string // "HTTP/1.1"
	Method, Host string
	URI          string // as sent
	Header       http.Header
	Body         string // its first 64 KiB, as far as it was read at once
	From         string
}

// Web makes a site. A handler that is nil answers with Reached and the name.
// Bodies are remembered only where the handler is nil.
func (n *Net) Web(name string, h http.Handler) *Site {
	n.t.Helper()
	v4, v6 := n.Host(name)
	s := &Site{Name: name, V4: v4, V6: v6}
	n.ServeWeb(s, h, 80, 443, v4, v6)
	return s
}

// Quiet is Web without the list of requests, for what is measured.
func (n *Net) Quiet(name string, h http.Handler) *Site {
	n.t.Helper()
	v4, v6 := n.Host(name)
	s := &Site{Name: name, V4: v4, V6: v6, quiet: true}
	n.ServeWeb(s, h, 80, 443, v4, v6)
	return s
}

// ServeWeb serves a site at more addresses or other ports; 0: none of the kind.
func (n *Net) ServeWeb(s *Site, h http.Handler, plain, secure int, addrs ...string) {
	n.t.Helper()
	server := &http.Server{Handler: s.handler(h), ErrorLog: log.New(io.Discard, "", 0), ReadHeaderTimeout: time.Minute}
	n.t.Cleanup(func() { server.Close() })
	cert, err := n.CA.Certificate(append([]string{s.Name}, addrs...)...)
	if err != nil {
		n.t.Fatal(err)
	}
	server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{"h2", "http/1.1"}}
	for _, a := range addrs {
		if plain != 0 {
			l := n.listener(At(a, plain))
			n.wg.Go(func() { _ = server.Serve(l) })
		}
		if secure != 0 {
			l := n.listener(At(a, secure))
			n.wg.Go(func() { _ = server.ServeTLS(l, "", "") })
		}
	}
}

func (s *Site) handler(h http.Handler) http.Handler {
	if s.quiet {
		return h
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got := Seen{TLS: r.TLS != nil, Proto: r.Proto, Method: r.Method, Host: r.Host, URI: r.RequestURI,
			Header: r.Header.Clone(), From: r.RemoteAddr}
		if h == nil {
			var body bytes.Buffer
			_, _ = io.CopyN(&body, r.Body, 64<<10)
			_, _ = io.Copy(io.Discard, r.Body)
			got.Body = body.String()
		}
		s.mu.Lock()
		s.seen = append(s.seen, got)
		s.mu.Unlock()
		if h == nil {
			_, _ = io.WriteString(w, Reached+s.Name+"\n")
			return
		}
		h.ServeHTTP(w, r)
	})
}

// Requests lists what arrived so far.
func (s *Site) Requests() []Seen {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Seen(nil), s.seen...)
}

// TLSListener is a listener of the internet that speaks TLS for the names.
func (n *Net) TLSListener(addr string, names ...string) net.Listener {
	n.t.Helper()
	cert, err := n.CA.Certificate(names...)
	if err != nil {
		n.t.Fatal(err)
	}
	return tls.NewListener(n.listener(addr), &tls.Config{Certificates: []tls.Certificate{cert}})
}
