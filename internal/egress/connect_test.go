package egress

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"ringwall/internal/plan"
)

const testProxy = 3128

// newProxyRig is newRig with a listener for the protocols of a proxy.
func newProxyRig(t testing.TB, upstream string, controls ...plan.Control) *rig {
	r := newRig(t, upstream, controls...)
	r.cfg.Plan.Controls[0].Want.Gateway.Proxy = testProxy
	return r
}

func proxyAddr() string { return fmt.Sprintf("127.0.0.1:%d", testProxy) }

// talk sends, reads to the end, and gives the last bytes when told so.
func talk(t testing.TB, req string) string {
	t.Helper()
	return send(t, dialTest(t, proxyAddr()), []byte(req))
}

// A real client with a proxy's URL: plain HTTP, HTTPS through CONNECT, and both
// through SOCKS 5 with names resolved by the proxy.
func TestProxyWithNetHTTP(t *testing.T) {
	plain, secure := shop(t), httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "secure %s", r.URL.Path)
	}))
	defer secure.Close()
	for _, scheme := range []string{"http", "socks5"} {
		for target, up := range map[string]*httptest.Server{"http://example.com/x": plain, "https://example.com/x": secure} {
			r := newProxyRig(t, upstreamOf(up), allow("example.com", 80), allow("example.com", 443)).start(t)
			conf := secure.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
			tr := &http.Transport{TLSClientConfig: conf, Proxy: http.ProxyURL(&url.URL{Scheme: scheme, Host: proxyAddr()})}
			for range 3 {
				resp, err := (&http.Client{Transport: tr}).Get(target)
				if err != nil {
					t.Fatalf("%s by %s: %v", target, scheme, err)
				}
				if b, _ := io.ReadAll(resp.Body); resp.StatusCode != 200 || !strings.Contains(string(b), "/x") {
					t.Errorf("%s by %s: %d %s", target, scheme, resp.StatusCode, b)
				}
				resp.Body.Close()
			}
			_, err := (&http.Client{Transport: tr}).Get(strings.Replace(target, "example.com", "evil.example", 1))
			if (err == nil) != (scheme == "http" && strings.HasPrefix(target, "http:")) { // there it is an answer
				t.Errorf("evil.example by %s: %v", scheme, err)
			}
			tr.CloseIdleConnections()
			if e := lastRefused(t, r.journal); !strings.Contains(e.What, "evil.example") {
				t.Errorf("event %+v", e)
			}
			r.Close()
		}
	}
}

// A kept connection to the proxy may go to one host after the other, each
// decided on by itself.
func TestProxiedRequestsAreDecidedOneByOne(t *testing.T) {
	r := newProxyRig(t, upstreamOf(shop(t)), allow("a.example", 80), allow("b.example", 80, "GET")).start(t)
	req := func(method, host string) string {
		return method + " http://" + host + "/p HTTP/1.1\r\nHost: " + host + "\r\nProxy-Authorization: Basic x\r\n\r\n"
	}
	got := talk(t, req("GET", "a.example")+req("GET", "b.example")+req("DELETE", "b.example")+req("GET", "evil.example")+req("GET", "a.example"))
	for _, want := range []string{"host=a.example", "host=b.example", "does not allow the method DELETE", "no rule allows evil.example:80"} {
		if strings.Count(got, want) == 0 {
			t.Errorf("%q is not in %q", want, got)
		}
	}
	if strings.Count(got, "HTTP/1.1 200") != 2 || strings.Contains(got, "Proxy-") {
		t.Errorf("answers %q", got)
	}
	if len(r.dials()) != 2 {
		t.Errorf("dialled %v", r.dials())
	}
}

var badConnects = map[string]string{
	"no port":           "CONNECT example.com HTTP/1.1\r\n\r\n",
	"port 0":            "CONNECT example.com:0 HTTP/1.1\r\n\r\n",
	"port with sign":    "CONNECT example.com:+443 HTTP/1.1\r\n\r\n",
	"userinfo":          "CONNECT example.com:443@evil.example:443 HTTP/1.1\r\n\r\n",
	"NUL":               "CONNECT evil.example\x00.example.com:443 HTTP/1.1\r\n\r\n",
	"escape":            "CONNECT evil%2eexample.com:443 HTTP/1.1\r\n\r\n",
	"path":              "CONNECT example.com:443/ HTTP/1.1\r\n\r\n",
	"scheme":            "CONNECT https://example.com:443 HTTP/1.1\r\n\r\n",
	"inet_aton":         "CONNECT 0x7f.1:443 HTTP/1.1\r\n\r\n",
	"mapped address":    "CONNECT [::ffff:127.0.0.1]:443 HTTP/1.1\r\n\r\n",
	"zone":              "CONNECT [fe80::1%lo]:443 HTTP/1.1\r\n\r\n",
	"ideographic stop":  "CONNECT example\u3002com:443 HTTP/1.1\r\n\r\n",
	"other Host":        "CONNECT example.com:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n",
	"other Host's port": "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:22\r\n\r\n",
	"two Hosts":         "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\nHost: example.com:443\r\n\r\n",
	"a body":            "CONNECT example.com:443 HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc",
	"chunked":           "CONNECT example.com:443 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	"bare LF":           "CONNECT example.com:443 HTTP/1.1\n\n",
	"folded":            "CONNECT example.com:443 HTTP/1.1\r\nX: y\r\n z\r\n\r\n",
	"HTTP/2":            "CONNECT example.com:443 HTTP/2.0\r\n\r\n",
	"https target":      "GET https://example.com/ HTTP/1.1\r\nHost: example.com\r\n\r\n",
	"origin form":       "GET / HTTP/1.1\r\nHost: example.com\r\n\r\n",
	"own status page":   "GET /status HTTP/1.1\r\nHost: 127.0.0.1:3128\r\n\r\n",
	"port 443 in plain": "GET http://example.com:443/ HTTP/1.1\r\nHost: example.com:443\r\n\r\n",
	"differing Host":    "GET http://example.com/ HTTP/1.1\r\nHost: evil.example\r\n\r\n",
	"TRACE":             "TRACE http://example.com/ HTTP/1.1\r\nHost: example.com\r\n\r\n",
}

func TestConnectIsStrict(t *testing.T) {
	r := newProxyRig(t, nobody(t), allow("example.com", 443), allow("example.com", 80)).start(t)
	for name, req := range badConnects {
		if got := talk(t, req); !strings.HasPrefix(got, "HTTP/1.1 400 ") {
			t.Errorf("%s: %q", name, got)
		}
	}
	refusedWith403 := []string{
		"evil.example:443", "example.com:22", "127.0.0.1:443", "127.0.0.1:3128", "[::1]:3128", "127.9.9.9:3128", "0.0.0.0:3128",
		"localhost:3128", "198.18.0.99:443", "169.254.169.254:80", "evilexample.com:443", "example.com.evil.example:443",
	}
	for _, target := range refusedWith403 {
		got := talk(t, "CONNECT "+target+" HTTP/1.1\r\nHost: "+target+"\r\n\r\n")
		if !strings.HasPrefix(got, "HTTP/1.1 403 ") || !strings.Contains(got, `"refused":"connect `) {
			t.Errorf("%s: %q", target, got)
		}
	}
	if e := r.journal.refused(); len(e) < len(refusedWith403) {
		t.Errorf("%d events", len(e))
	}
}

// The tunnel is decided on like any connection: name in the hello, Host header,
// and nothing else than TLS on 443.
func TestConnectThenAsEverywhere(t *testing.T) {
	r := newProxyRig(t, echo(t), allow("example.com", 443), allow("example.com", 80), allow("example.com", 2222), allow("10.1.2.3", 443)).start(t)
	synthetic := r.address(t, "example.com", 443)
	hello, evil, unnamed := realHello(t, "example.com"), realHello(t, "evil.example"), realHello(t, "")
	const established = "HTTP/1.1 200 Connection established\r\n\r\n"
	for _, c := range []struct{ target, first, want string }{
		{"example.com:443", string(hello), string(hello)},
		{"EXAMPLE.com.:443", string(hello), string(hello)},
		{synthetic, string(hello), string(hello)},
		{"10.1.2.3:443", string(unnamed), string(unnamed)},
		{"example.com:2222", "\x00raw", "\x00raw"},
		{"example.com:443", string(evil), string(accessDenied[:])},
		{synthetic, string(evil), string(accessDenied[:])},
		{"example.com:443", "\x00raw", ""},
		{"example.com:443", "SSH-2.0-x\r\n", ""},
		{"example.com:80", "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", "HTTP/1.1 421 "},
		{"example.com:80", string(hello), string(accessDenied[:])},
	} {
		got := talk(t, "CONNECT "+c.target+" HTTP/1.1\r\nHost: "+c.target+"\r\nProxy-Authorization: Basic eDp5\r\n\r\n"+c.first)
		rest, ok := strings.CutPrefix(got, established)
		if !ok && c.want != "" || !strings.HasPrefix(rest, c.want) || len(rest) > len(c.want)+1000 {
			t.Errorf("%s, %.20q: %q", c.target, c.first, got)
		}
	}
}

func TestConnectWithoutHost(t *testing.T) {
	newProxyRig(t, echo(t), allow("example.com", 443)).start(t)
	hello := string(realHello(t, "example.com"))
	for _, head := range []string{
		"CONNECT example.com:443 HTTP/1.0\r\n\r\n",
		"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\nContent-Length: 0\r\n\r\n",
	} {
		if got := talk(t, head+hello); !strings.HasSuffix(got, "\r\n\r\n"+hello) {
			t.Errorf("%q: %q", head, got)
		}
	}
}

func TestProxyOnIPv6(t *testing.T) {
	newProxyRig(t, echo(t), allow("example.com", 2222)).start(t)
	got := send(t, dialTest(t, fmt.Sprintf("[::1]:%d", testProxy)), []byte("CONNECT example.com:2222 HTTP/1.1\r\n\r\n\x00x"))
	if !strings.HasSuffix(got, "\r\n\r\n\x00x") {
		t.Errorf("answer %q", got)
	}
}

// A rule for an address of the gateway's own is about the host's loopback; who
// asks the proxy for it would get into a loop, and another port is no loop.
func TestProxyIsNoLoop(t *testing.T) {
	newProxyRig(t, echo(t), allow("127.0.0.1", testProxy), allow("127.0.0.1", 2222), allow("::1", testProxy)).start(t)
	for target, want := range map[string]string{"127.0.0.1:2222": "HTTP/1.1 200 ", "127.0.0.1:3128": "HTTP/1.1 403 ", "[::1]:3128": "HTTP/1.1 403 "} {
		if got := talk(t, "CONNECT "+target+" HTTP/1.1\r\n\r\n\x00x"); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %q", target, got)
		}
	}
	if code := socksAsk(t, dialTest(t, proxyAddr()), socksByAddr("127.0.0.1", testProxy)); code != socksRefused {
		t.Errorf("SOCKS: reply %d", code)
	}
}

// Names below a pattern are bounded for the proxy's clients as for DNS.
func TestProxyNamesAreBounded(t *testing.T) {
	newProxyRig(t, echo(t), allow("*.example.org", 2222)).start(t)
	data := strings.Repeat("4f2a9c81", 6)
	for name, want := range map[string]string{"api.example.org": "HTTP/1.1 200 ", data + ".example.org": "HTTP/1.1 403 "} {
		if got := talk(t, "CONNECT "+name+":2222 HTTP/1.1\r\n\r\n\x00x"); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func FuzzConnect(f *testing.F) {
	for _, in := range badConnects {
		f.Add([]byte(in))
	}
	f.Add([]byte("CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n"))
	f.Add([]byte("CONNECT [2606:4700::1]:443 HTTP/1.0\r\n\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := parseConnect(b)
		if err != nil {
			return
		}
		r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(b)))
		if err != nil {
			return // net/http is stricter: nobody reads it in another way
		}
		if d, err := parseAuthority(r.URL.Host); err != nil || d != h.host || r.Method != "CONNECT" {
			t.Fatalf("net/http reads %s %q, the gateway %+v", r.Method, r.URL.Host, h)
		}
	})
}

func TestSOCKSWithTLS(t *testing.T) {
	srv := httptest.NewTLSServer(http.NotFoundHandler())
	defer srv.Close()
	newProxyRig(t, upstreamOf(srv), allow("example.com", 443)).start(t)
	c := dialTest(t, proxyAddr())
	socksOpen(t, c, socksByName("example.com", 443))
	conf := srv.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	conf.ServerName = "example.com"
	if err := tls.Client(c, conf).Handshake(); err != nil {
		t.Fatal(err)
	}
	c = dialTest(t, proxyAddr())
	socksOpen(t, c, socksByName("example.com", 443))
	conf = conf.Clone()
	conf.ServerName = "evil.example"
	var alert tls.AlertError
	if err := tls.Client(c, conf).Handshake(); !errors.As(err, &alert) && (err == nil || !strings.Contains(err.Error(), "access denied")) {
		t.Errorf("another name in the hello: %v", err)
	}
}
