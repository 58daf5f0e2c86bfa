package egress

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"ringwall/internal/plan"
)

// oneLeaf is an authority that has a certificate for one name only.
type oneLeaf struct {
	name string
	cert tls.Certificate
}

func (a oneLeaf) Leaf(name string) (*tls.Certificate, error) {
	if name != a.name {
		return nil, errors.New("no certificate for " + name)
	}
	return &a.cert, nil
}

// intercepted is a rule whose TLS is opened.
func intercepted(host string, methods ...string) plan.Control {
	c := allow(host, 443, methods...)
	c.Want.Egress.Intercept = true
	return c
}

// newOpenRig opens TLS to example.com with the certificate that the upstream
// has too.
func newOpenRig(t testing.TB, h http.Handler, controls ...plan.Control) (*rig, *tls.Config) {
	srv := httptest.NewUnstartedServer(h)
	srv.EnableHTTP2 = true
	srv.StartTLS()
	t.Cleanup(srv.Close)
	r := newRig(t, upstreamOf(srv), controls...)
	r.cfg.Authority = oneLeaf{"example.com", srv.TLS.Certificates[0]}
	r.trust = x509.NewCertPool()
	r.trust.AddCert(srv.Certificate())
	return r, &tls.Config{RootCAs: r.trust, ServerName: "example.com"}
}

func clientOf(t testing.TB, r *rig, conf *tls.Config, two bool) *http.Client {
	addr := r.address(t, "example.com", 443)
	tr := &http.Transport{TLSClientConfig: conf.Clone(), ForceAttemptHTTP2: two, DialContext: dialerTo(addr)}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr}
}

func TestOpenedTLS(t *testing.T) {
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s %s %s %s", r.Proto, r.Method, r.RequestURI, r.Host, b)
	})
	for _, two := range []bool{false, true} {
		r, conf := newOpenRig(t, h, intercepted("example.com", "GET", "POST"))
		r.start(t)
		c := clientOf(t, r, conf, two)
		proto := map[bool]string{false: "HTTP/1.1", true: "HTTP/2.0"}[two]
		for range 3 {
			resp, err := c.Post("https://example.com/a%20b?q=1", "text/plain", strings.NewReader("body"))
			if err != nil {
				t.Fatal(err)
			}
			b, _ := io.ReadAll(resp.Body)
			resp.Body.Close()
			if want := proto + " POST /a%20b?q=1 example.com body"; string(b) != want || resp.Proto != proto {
				t.Errorf("%s: %q, want %q", resp.Proto, b, want)
			}
		}
		req, _ := http.NewRequest("DELETE", "https://example.com/", nil)
		resp, err := c.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if b, _ := io.ReadAll(resp.Body); resp.StatusCode != 403 || !strings.Contains(string(b), "does not allow the method DELETE") {
			t.Errorf("DELETE: %d %s", resp.StatusCode, b)
		}
		resp.Body.Close()
		r.Close()
		reqs := r.journal.requests()
		if len(reqs) != 6 || reqs[0].Path != "/a%20b" || reqs[0].Proto != "http" || len(r.dials()) != 1 {
			t.Errorf("requests %+v, dials %v", reqs, r.dials())
		}
	}
}

func TestOpenedTLSIsStrict(t *testing.T) {
	h := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the upstream was reached") })
	r, conf := newOpenRig(t, h, intercepted("example.com"), intercepted("other.example"))
	r.start(t)
	for _, two := range []bool{false, true} {
		req, _ := http.NewRequest("GET", "https://example.com/", nil)
		req.Host = "evil.example"
		resp, err := clientOf(t, r, conf, two).Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != 421 {
			t.Errorf("another authority, h2 %v: %d", two, resp.StatusCode)
		}
	}
	c := tls.Client(dialTest(t, r.address(t, "example.com", 443)), conf)
	if _, err := io.WriteString(c, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if resp, err := http.ReadResponse(bufio.NewReader(c), nil); err != nil || resp.StatusCode != 400 {
		t.Errorf("HTTP/2 that was not negotiated: %v, %v", resp, err)
	}
	conf = conf.Clone()
	conf.ServerName = "other.example"
	if err := tls.Client(dialTest(t, r.address(t, "other.example", 443)), conf).Handshake(); err == nil || !strings.Contains(err.Error(), "access denied") {
		t.Errorf("no certificate for it: %v", err)
	}
	r.cfg.Authority = nil
	without := newRig(t, nobody(t), intercepted("example.com"))
	r.Close()
	without.start(t)
	if got := send(t, dialTest(t, without.address(t, "example.com", 443)), realHello(t, "example.com")); got != string(accessDenied[:]) {
		t.Errorf("without an authority: %q", got)
	}
}

// Trailers pass on HTTP/2, as gRPC needs it, and a stream flows both ways at
// once.
func TestTrailersAndStreamsOnHTTP2(t *testing.T) {
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Trailer", "Grpc-Status")
		w.Header().Set("X-Te", r.Header.Get("Te"))
		w.WriteHeader(200)
		w.(http.Flusher).Flush()
		buf := make([]byte, 100)
		for {
			n, err := r.Body.Read(buf)
			_, _ = w.Write(buf[:n])
			w.(http.Flusher).Flush()
			if err != nil {
				break
			}
		}
		w.Header().Set("Grpc-Status", "0")
	})
	r, conf := newOpenRig(t, h, intercepted("example.com"))
	r.start(t)
	body, say := io.Pipe()
	req, _ := http.NewRequest("POST", "https://example.com/service/Method", body)
	req.Header.Set("Te", "trailers")
	resp, err := clientOf(t, r, conf, true).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 5)
	for _, word := range []string{"hello", "there", "again"} {
		if _, err := io.WriteString(say, word); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(resp.Body, buf); err != nil || string(buf) != word {
			t.Fatalf("%q, %v", buf, err)
		}
	}
	say.Close()
	_, _ = io.ReadAll(resp.Body)
	if resp.Trailer.Get("Grpc-Status") != "0" || resp.Header.Get("X-Te") != "trailers" {
		t.Errorf("trailers %v, headers %v", resp.Trailer, resp.Header)
	}
}
