package egress

import (
	"bufio"
	"context"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
)

// outside is a proxy that connects everything to one place, or refuses.
type outside struct {
	mu     sync.Mutex
	status string
	asked  []string
}

func (o *outside) serve(to string) func(net.Conn) {
	return func(c net.Conn) {
		in := bufio.NewReader(c)
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		o.mu.Lock()
		o.asked = append(o.asked, r.Method+" "+r.RequestURI)
		status := o.status
		o.mu.Unlock()
		fmt.Fprintf(c, "HTTP/1.1 %s\r\nX-Proxy: yes\r\n\r\n", status)
		if !strings.HasPrefix(status, "2") {
			return
		}
		up, err := net.Dial("tcp", to)
		if err != nil {
			return
		}
		defer up.Close()
		go func() { _, _ = io.Copy(up, in); closeWrite(up) }()
		_, _ = io.Copy(c, up)
	}
}

func TestUpstreamProxy(t *testing.T) {
	o := &outside{status: "200 OK"}
	proxy := listen(t, o.serve(upstreamOf(shop(t))))
	r := newRig(t, nobody(t), allow("a.example", 80), allow("10.1.2.3", 2222))
	r.cfg.Plan.Controls[0].Want.Gateway.Upstream = "http://proxy.example:3128"
	r.cfg.Resolve = func(_ context.Context, name string) ([]netip.Addr, error) {
		if name != "proxy.example" {
			t.Errorf("%s is resolved here", name)
		}
		return []netip.Addr{mustAddr("10.0.0.9")}, nil // a proxy often has a private address
	}
	r.cfg.Dial = func(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
		if to.String() != "10.0.0.9:3128" {
			t.Errorf("%s is dialled", to)
		}
		return (&net.Dialer{}).DialContext(ctx, "tcp", proxy)
	}
	r.start(t)
	get := func() string {
		return send(t, dialTest(t, r.address(t, "a.example", 80)), []byte("GET /x HTTP/1.1\r\nHost: a.example\r\n\r\n"))
	}
	if got := get(); !strings.Contains(got, "GET /x host=a.example") {
		t.Errorf("answer %q", got)
	}
	raw := send(t, dialTest(t, "10.1.2.3:2222"), []byte("\x00not HTTP\r\n\r\n"))
	if !strings.HasPrefix(raw, "HTTP/1.1 400 ") { // which is what the shop says of it
		t.Errorf("raw: %q", raw)
	}
	if got := send(t, dialTest(t, "10.1.2.4:2222"), []byte("\x00x")); got != "" {
		t.Errorf("what is not allowed: %q", got)
	}
	o.mu.Lock()
	if fmt.Sprint(o.asked) != "[CONNECT a.example:80 CONNECT 10.1.2.3:2222]" {
		t.Errorf("the proxy was asked %q", o.asked)
	}
	o.status = "407 Proxy Authentication Required"
	o.mu.Unlock()
	r.Close()

	again := newRig(t, nobody(t), allow("a.example", 80))
	again.cfg = r.cfg
	again.journal = r.journal
	again.start(t)
	got := send(t, dialTest(t, again.address(t, "a.example", 80)), []byte("GET /x HTTP/1.1\r\nHost: a.example\r\n\r\n"))
	if !strings.HasPrefix(got, "HTTP/1.1 502 ") || !strings.Contains(got, "the upstream proxy refused with status 407") {
		t.Errorf("refused outside: %q", got)
	}
}

func FuzzUpstreamProxyAnswer(f *testing.F) {
	for _, s := range []string{"HTTP/1.1 200 OK\r\n\r\nSSH-2.0", "HTTP/1.0 407 x\r\nA: b\r\n\r\n", "HTTP/1.1 200\r\n\r\n", "x\n\n", "HTTP/1.1 20 OK\r\n\r\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := askProxy(askedConn{memConn{r: strings.NewReader(string(b))}}, dest{"a.example", 443})
		if err != nil {
			return
		}
		rest, _ := io.ReadAll(c)
		head, found := strings.CutSuffix(string(b), string(rest))
		if !found || !strings.HasPrefix(head, "HTTP/1.") || !strings.HasSuffix(head, "\n\r\n") && !strings.HasSuffix(head, "\r\n\r\n") {
			t.Fatalf("%q was taken, then %q", head, rest)
		}
	})
}

// askedConn takes what is written.
type askedConn struct{ memConn }

func (askedConn) Write(p []byte) (int, error) { return len(p), nil }

func TestExtraRoots(t *testing.T) {
	srv := httptest.NewTLSServer(http.NotFoundHandler())
	defer srv.Close()
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw})
	for _, extra := range [][]byte{nil, text} {
		r := newKeyRig(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "known") }), nil)
		r.trust, r.cfg.Roots = nil, extra
		r.start(t)
		got := call(t)
		if strings.Contains(got, "known") != (extra != nil) {
			t.Errorf("with %d bytes of roots: %q", len(extra), got)
		}
		r.Close()
	}
	if _, err := New(Config{Plan: planOf(gatewayControl(80)), Recorder: &journal{}, Roots: []byte("no PEM")}); err == nil {
		t.Error("roots that are none are taken")
	}
}
