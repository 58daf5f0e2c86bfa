package egress

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	runs "ringwall/internal/egress/authority"
	"ringwall/internal/plan"
)

func signs(t testing.TB, names ...string) *runs.Authority {
	t.Helper()
	a, err := runs.New(names, time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Close)
	return a
}

func opens(host string, port int, methods ...string) plan.Control {
	c := allow(host, port, methods...)
	c.Want.Egress.Intercept = true
	return c
}

// tlsShop is a TLS server for a name; it says what it got and counts it.
type tlsShop struct {
	addr string
	got  atomic.Int64
}

func newTLSShop(t testing.TB, conf *tls.Config) *tlsShop {
	t.Helper()
	conf.NextProtos = []string{"h2", "http/1.1"}
	l, err := tls.Listen("tcp4", "127.0.0.1:0", conf)
	if err != nil {
		t.Fatal(err)
	}
	s := &tlsShop{addr: l.Addr().String()}
	srv := &http.Server{ErrorLog: log.New(io.Discard, "", 0), Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.got.Add(1)
		_, _ = io.WriteString(w, r.Method+" "+r.RequestURI+" host="+r.Host+" sni="+r.TLS.ServerName)
	})}
	go func() { _ = srv.Serve(l) }()
	t.Cleanup(func() { srv.Close() })
	return s
}

func leafOf(t testing.TB, a *runs.Authority, name string) *tls.Config {
	t.Helper()
	leaf, err := a.Leaf(name)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{*leaf}}
}

// openingRig: TLS to a.example and b.example is opened with the authority own,
// and ends at a shop that the authority far vouches for.
type openingRig struct {
	*rig
	own, far *runs.Authority
	shop     *tlsShop
}

func newOpeningRig(t testing.TB, controls ...plan.Control) *openingRig {
	t.Helper()
	r := &openingRig{own: signs(t, "a.example", "b.example", "203.0.113.7"), far: signs(t, "a.example", "b.example", "203.0.113.7")}
	r.shop = newTLSShop(t, leafOf(t, r.far, "a.example"))
	r.rig = newRig(t, r.shop.addr, controls...)
	r.cfg.Authority, r.cfg.Roots = r.own, r.far.Certificate()
	return r
}

func poolOf(a *runs.Authority) *x509.CertPool {
	p := x509.NewCertPool()
	p.AppendCertsFromPEM(a.Certificate())
	return p
}

// client speaks to a name through the gateway, and trusts the authority.
func (r *openingRig) client(t testing.TB, name string, trusts *runs.Authority, second bool) *http.Client {
	t.Helper()
	addr := r.address(t, name, 443)
	tr := &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "tcp", addr)
		},
		TLSClientConfig:   &tls.Config{RootCAs: poolOf(trusts)},
		ForceAttemptHTTP2: second,
	}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr, Timeout: 20 * time.Second}
}

func fetch(t testing.TB, c *http.Client, method, host, at string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequest(method, "https://"+at+"/x?y=1", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = host
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, _ := io.ReadAll(resp.Body)
	return resp, string(b)
}

// TestIntercepted: methods are seen and enforced inside TLS, with both versions
// of HTTP. Where the rule does not have TLS opened, the client speaks to the
// server itself, and what it sends is not seen.
func TestIntercepted(t *testing.T) {
	r := newOpeningRig(t, opens("a.example", 443, "GET"))
	r.start(t)
	for _, second := range []bool{false, true} {
		c := r.client(t, "a.example", r.own, second)
		resp, body := fetch(t, c, "GET", "", "a.example")
		if resp.StatusCode != 200 || body != "GET /x?y=1 host=a.example sni=a.example" || resp.ProtoMajor == 2 != second {
			t.Errorf("%s %s %q", resp.Proto, resp.Status, body)
		}
		before := r.shop.got.Load()
		resp, body = fetch(t, c, "POST", "", "a.example")
		if resp.StatusCode != 403 || !strings.Contains(body, "does not allow the method POST") || r.shop.got.Load() != before {
			t.Errorf("%s %s %q", resp.Proto, resp.Status, body)
		}
	}
	r.Close()
	if got := r.journal.text(); !strings.Contains(got, "Method:GET") || !strings.Contains(got, "POST https://a.example/x") {
		t.Errorf("the journal says %s", got)
	}

	open := newOpeningRig(t, allow("a.example", 443))
	open.start(t)
	resp, body := fetch(t, open.client(t, "a.example", open.far, true), "POST", "", "a.example")
	if resp.StatusCode != 200 || !strings.HasPrefix(body, "POST ") {
		t.Errorf("unopened: %s %q", resp.Status, body)
	}
}

// TestFrontingInsideTLS (PRX-07): a Host header that is not the name of the
// connection is 421, and goes nowhere. Where TLS is not opened it passes, which
// is why a rule can ask for that.
func TestFrontingInsideTLS(t *testing.T) {
	r := newOpeningRig(t, opens("a.example", 443), opens("b.example", 443))
	r.start(t)
	for _, second := range []bool{false, true} {
		for _, host := range []string{"b.example", "evil.example", "a.example.evil", "a.example:8443"} {
			c := r.client(t, "a.example", r.own, second)
			if resp, body := fetch(t, c, "GET", host, "a.example"); resp.StatusCode != 421 || !strings.Contains(body, "Host") {
				t.Errorf("%s: %s %q", host, resp.Status, body)
			}
		}
	}
	if n := r.shop.got.Load(); n != 0 {
		t.Errorf("the upstream saw %d requests", n)
	}
	r.Close()
	open := newOpeningRig(t, allow("a.example", 443))
	open.start(t)
	if resp, body := fetch(t, open.client(t, "a.example", open.far, false), "GET", "evil.example", "a.example"); resp.StatusCode != 200 || !strings.Contains(body, "host=evil.example") {
		t.Errorf("unopened: %s %q", resp.Status, body)
	}
}

// TestInterceptedUpstreamIsVerified: the gateway believes a server as strictly
// as the client would have.
func TestInterceptedUpstreamIsVerified(t *testing.T) {
	stranger := signs(t, "a.example")
	old := func(r *openingRig) *tls.Config {
		c := leafOf(t, r.far, "a.example")
		c.MaxVersion = tls.VersionTLS11
		c.MinVersion = tls.VersionTLS10
		return c
	}
	for name, conf := range map[string]func(*openingRig) *tls.Config{
		"":                     func(r *openingRig) *tls.Config { return leafOf(t, r.far, "a.example") },
		"an unknown authority": func(*openingRig) *tls.Config { return leafOf(t, stranger, "a.example") },
		"the run's authority":  func(r *openingRig) *tls.Config { return leafOf(t, r.own, "a.example") },
		"another name":         func(r *openingRig) *tls.Config { return leafOf(t, r.far, "b.example") },
		"TLS 1.1":              old,
	} {
		r := newOpeningRig(t, opens("a.example", 443))
		shop := newTLSShop(t, conf(r))
		r.cfg.Dial = leadTo(shop.addr)
		r.start(t)
		resp, body := fetch(t, r.client(t, "a.example", r.own, false), "GET", "", "a.example")
		code, reached := http.StatusBadGateway, int64(0)
		if name == "" {
			code, reached = http.StatusOK, 1
		}
		if resp.StatusCode != code || shop.got.Load() != reached {
			t.Errorf("%q: %s %q, %d requests", name, resp.Status, body, shop.got.Load())
		}
		r.Close()
	}
}

func leadTo(addr string) func(context.Context, netip.AddrPort) (net.Conn, error) {
	return func(ctx context.Context, _ netip.AddrPort) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	}
}

// TestInterceptedNonsense: what is neither HTTP/1.1 nor HTTP/2 ends the
// connection.
func TestInterceptedNonsense(t *testing.T) {
	r := newOpeningRig(t, opens("a.example", 443))
	r.start(t)
	for _, text := range []string{"SSH-2.0-x\r\n\r\n", "\x00\x01\x02\x03\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\x16\x03\x01\x00\x05hello"} {
		c := tls.Client(dialTest(t, r.address(t, "a.example", 443)), &tls.Config{RootCAs: poolOf(r.own), ServerName: "a.example"})
		if _, err := c.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		_ = c.CloseWrite()
		got, _ := io.ReadAll(c)
		if s := string(got); s != "" && !strings.HasPrefix(s, "HTTP/1.1 400 ") {
			t.Errorf("%q is answered with %q", text, s)
		}
	}
	if n := r.shop.got.Load(); n != 0 || len(r.dials()) != 0 {
		t.Errorf("the upstream saw %d requests and %d connections", n, len(r.dials()))
	}
}
