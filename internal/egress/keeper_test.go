package egress

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	runs "ringwall/internal/egress/authority"
	"ringwall/internal/egress/credform"
	"ringwall/internal/plan"
)

// vault gives new values and counts how often it was asked.
type vault struct {
	mu    sync.Mutex
	n     int
	value string
	err   error
}

func (v *vault) refresh(_ context.Context, name string) (string, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.n++; name != "key" {
		return "", errors.New("no such credential")
	}
	return v.value, v.err
}

// lock is a service that takes one key, and keeps the bodies that it got.
type lock struct {
	mu     sync.Mutex
	good   string
	bodies []string
}

func (l *lock) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b, _ := io.ReadAll(r.Body)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.bodies = append(l.bodies, string(b))
	if r.Header.Get("X-Api-Key") != l.good {
		w.WriteHeader(http.StatusUnauthorized)
	}
	fmt.Fprintf(w, "you sent %s", r.Header.Get("X-Api-Key"))
}

func postKey(t *testing.T, body string) string {
	t.Helper()
	return ask(t, dialTest(t, "127.0.0.1:9001"), []byte("POST /v1 HTTP/1.1\r\nHost: 127.0.0.1:9001\r\nConnection: close\r\nX-Api-Key: "+
		testPlaceholder+"\r\nContent-Length: "+fmt.Sprint(len(body))+"\r\n\r\n"+body))
}

// TestRefusedKeyIsRenewed: after a 401 a new value is asked for and a small
// request is sent once more. A large one gets the 401, and the next one the new
// value. A key that cannot change is not asked for again.
func TestRefusedKeyIsRenewed(t *testing.T) {
	const newKey = "sk-renewed-0123456789"
	large := strings.Repeat("x", maxRewound+1)
	for _, c := range []struct {
		name    string
		from    func(*plan.Credential)
		refresh error
		body    string
		want    string // status of the first, and of the second request
		asked   int
	}{
		{"small", fromFile, nil, "{}", "200 200", 1},
		{"large", fromFile, nil, large, "401 200", 1},
		{"none to be had", fromFile, errors.New("signed out"), "{}", "401 401", 1},
		{"a variable", nil, nil, "{}", "401 401", 0},
	} {
		l, v := &lock{good: newKey}, &vault{value: newKey, err: c.refresh}
		r := newKeyRig(t, l, c.from)
		r.cfg.Refresh = v.refresh
		r.start(t)
		var got []string
		for range 2 {
			answer := postKey(t, c.body)
			got = append(got, answer[9:12])
			if strings.Contains(answer, newKey) || strings.Contains(answer, testSecret) {
				t.Errorf("%s: the key comes back: %q", c.name, answer)
			}
		}
		if strings.Join(got, " ") != c.want || v.n != c.asked {
			t.Errorf("%s: %v, asked %d times", c.name, got, v.n)
		}
		for _, b := range l.bodies {
			if b != c.body {
				t.Errorf("%s: a body of %d bytes arrived with %d", c.name, len(c.body), len(b))
			}
		}
		r.Close()
		if text := r.journal.text(); strings.Contains(text, newKey) || len(r.journal.requests()) != 4 {
			t.Errorf("%s: recorded %s", c.name, text)
		}
	}
}

func fromFile(c *plan.Credential) { c.FromFile = "~/key" }

// TestValueThatEndsIsRenewed: before it is refused.
func TestValueThatEndsIsRenewed(t *testing.T) {
	for left, asked := range map[time.Duration]int{time.Hour: 0, 10 * time.Second: 1, -time.Hour: 1} {
		l, v := &lock{good: "sk-next-0123456789"}, &vault{value: "sk-next-0123456789"}
		if asked == 0 {
			l.good = testSecret
		}
		r := newKeyRig(t, l, fromFile)
		r.cfg.Secrets["key"] = credform.Value{Secret: testSecret, Expires: time.Now().Add(left)}.Encode()
		r.cfg.Refresh = v.refresh
		r.start(t)
		if answer := postKey(t, "{}"); !strings.Contains(answer, " 200 OK") || v.n != asked || len(l.bodies) != 1 {
			t.Errorf("%s before its end: asked %d times, %d requests, %q", left, v.n, len(l.bodies), answer)
		}
		r.Close()
	}
}

// TestFormsReachTheService: each form, as the service reads it.
func TestFormsReachTheService(t *testing.T) {
	const id, idPlaceholder = "AKIAREAL", "AKIAPLACEHOLDER23456"
	signed := "AWS4-HMAC-SHA256 Credential=" + idPlaceholder + "/20150830/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-date, Signature=0"
	for _, c := range []struct {
		name   string
		change func(*plan.Credential)
		target string
		header string
		want   string
	}{
		{"basic", func(c *plan.Credential) { c.Form, c.User = plan.FormBasic, "me" }, "/", "Authorization: Bearer " + testPlaceholder,
			"Basic " + base64.StdEncoding.EncodeToString([]byte("me:"+testSecret)) + " "},
		{"query", func(c *plan.Credential) { c.Form, c.Param = plan.FormQuery, "key" }, "/?z=1&key=" + testPlaceholder + "&a=%2f", "Accept: x",
			" z=1&key=" + testSecret + "&a=%2f"},
		{"signature", func(c *plan.Credential) { c.Form = plan.FormSigV4 }, "/b/k?x=1", "Authorization: " + signed + "\r\nX-Amz-Date: 20150830T123600Z",
			"AWS4-HMAC-SHA256 Credential=" + id + "/20150830/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-date, Signature="},
	} {
		var got string
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			got = r.Header.Get("Authorization") + " " + r.URL.RawQuery
			fmt.Fprint(w, got)
		})
		r := newKeyRig(t, h, c.change)
		r.cfg.Secrets["key"] = credform.Value{Secret: testSecret, ID: id}.Encode()
		r.cfg.Placeholders["key"] = credform.Value{Secret: testPlaceholder, ID: idPlaceholder}.Encode()
		r.start(t)
		answer := callHead(t, "POST "+c.target+" HTTP/1.1", c.header)
		if !strings.HasPrefix(got, c.want) || !strings.Contains(answer, " 200 OK") || strings.Contains(answer, testSecret) || strings.Contains(answer, base64.StdEncoding.EncodeToString([]byte("me:" + testSecret))[8:20]) {
			t.Errorf("%s: the service gets %q, the client %q", c.name, got, answer)
		}
		if refused := callHead(t, "POST /?key=own HTTP/1.1", "X-Api-Key: own"); !strings.HasPrefix(refused, "HTTP/1.1 403 ") {
			t.Errorf("%s: a key of its own: %q", c.name, refused)
		}
		r.Close()
	}
}

// TestUnsignableIsExplained: the client is told which setting helps.
func TestUnsignableIsExplained(t *testing.T) {
	h := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the upstream was reached") })
	r := newKeyRig(t, h, func(c *plan.Credential) { c.Form = plan.FormSigV4 })
	r.cfg.Secrets["key"], r.cfg.Placeholders["key"] = testSecret+"\nid=AKIAREAL", testPlaceholder+"\nid=AKIAHOLDER"
	r.start(t)
	answer := call(t, "Authorization: AWS4-HMAC-SHA256 Credential=AKIAHOLDER/20150830/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0",
		"X-Amz-Date: 20150830T123600Z", "X-Amz-Content-Sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD")
	if !strings.HasPrefix(answer, "HTTP/1.1 403 ") || !strings.Contains(answer, "chunkedEncodingEnabled(false)") {
		t.Errorf("answer %q", answer)
	}
}

// TestCredentialInOpenedTLS: a client that connects to the host by itself gets
// the secret put in too, over both versions of HTTP. The counterpart is the
// host beside it, for which there is none.
func TestCredentialInOpenedTLS(t *testing.T) {
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Echo", r.Header.Get("Authorization"))
		fmt.Fprintf(w, "%s %s", r.Host, r.Header.Get("Authorization"))
	})
	srv := httptest.NewUnstartedServer(h)
	srv.EnableHTTP2 = true
	srv.StartTLS()
	t.Cleanup(srv.Close)
	own, err := runs.New([]string{"example.com", "www.example.com"}, time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(own.Close)
	r := newRig(t, upstreamOf(srv), openedTo("example.com"), openedTo("www.example.com"), keyControl(func(c *plan.Credential) {
		c.Host, c.Listen, c.Intercept, c.Header, c.Prefix = "example.com", 0, true, "authorization", "Bearer "
	}))
	r.cfg.Secrets, r.cfg.Placeholders = map[string]string{"key": testSecret}, map[string]string{"key": testPlaceholder}
	r.cfg.Authority, r.trust = own, x509.NewCertPool()
	r.trust.AddCert(srv.Certificate())
	r.start(t)
	for _, second := range []bool{false, true} {
		c := opener(t, r, own, second)
		for auth, want := range map[string]string{
			"Bearer " + testPlaceholder: "example.com Bearer " + testPlaceholder, "": "example.com Bearer " + testPlaceholder, "Bearer own": "ringwall refused",
		} {
			resp, body := c("example.com", auth)
			if !strings.HasPrefix(body, want) || strings.Contains(body+resp.Header.Get("X-Echo"), testSecret) || second != (resp.ProtoMajor == 2) {
				t.Errorf("%q: %s %v %q", auth, resp.Proto, resp.Header, body)
			}
		}
		if _, body := c("www.example.com", "Bearer own"); body != "www.example.com Bearer own" {
			t.Errorf("beside it: %q", body)
		}
	}
	r.Close()
	if req := r.journal.requests()[0]; req.Credential == "" && r.journal.requests()[2].Credential == "" {
		t.Errorf("recorded %+v", r.journal.requests())
	}
}

func openedTo(host string) plan.Control {
	c := allow(host, 443)
	c.Want.Egress.Intercept = true
	return c
}

func opener(t *testing.T, r *rig, own *runs.Authority, second bool) func(host, auth string) (*http.Response, string) {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(own.Certificate())
	tr := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: second,
		DialContext: func(_ context.Context, _, addr string) (net.Conn, error) {
			host, _, _ := net.SplitHostPort(addr)
			return dialTest(t, r.address(t, host, 443)), nil
		}}
	t.Cleanup(tr.CloseIdleConnections)
	return func(host, auth string) (*http.Response, string) {
		t.Helper()
		req := &http.Request{Method: "GET", URL: &url.URL{Scheme: "https", Host: host, Path: "/x"}, Header: http.Header{}}
		if auth != "" {
			req.Header.Set("Authorization", auth)
		}
		resp, err := tr.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Error(err)
		}
		return resp, string(b)
	}
}

// TestKeysAreChecked: what could not be told apart from its placeholder, or
// could not be sent, stops the start; no error holds it.
func TestKeysAreChecked(t *testing.T) {
	for name, c := range map[string]struct{ secret, placeholder string }{
		"as it should be": {testSecret, testPlaceholder}, "none": {"", testPlaceholder}, "no placeholder": {testSecret, ""}, "the same": {testSecret, testSecret},
		"within": {testSecret, "x" + testSecret}, "around": {testSecret, testSecret[3:9]}, "line end": {testSecret + "\nx", testPlaceholder}, "control": {testSecret + "\x01", testPlaceholder},
	} {
		_, err := New(Config{Plan: planOf(gatewayControl(443), keyControl(nil)), Recorder: &journal{},
			Secrets: map[string]string{"key": c.secret}, Placeholders: map[string]string{"key": c.placeholder}})
		if (err == nil) != (name == "as it should be") || err != nil && strings.Contains(err.Error(), testSecret) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestKeysShareTheBudgetOfTheRule: the way by a base address and a connection
// of the agent's own use up the same budget.
func TestKeysShareTheBudgetOfTheRule(t *testing.T) {
	for _, bound := range []int64{0, 2} {
		r := newKeyRig(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") }), nil)
		r.cfg.Plan.Controls = append(r.cfg.Plan.Controls, bounded("example.com", 443, func(e *plan.Egress) { e.MaxRequests = bound }))
		r.start(t)
		c := tls.Client(dialTest(t, r.address(t, "example.com", 443)), &tls.Config{RootCAs: r.trust, ServerName: "example.com"})
		if err := c.Handshake(); err != nil {
			t.Fatal(err)
		}
		c.Close()
		for i := range 3 {
			if got := postKey(t, "x"); strings.HasPrefix(got, "HTTP/1.1 200 ") != (bound == 0 || i < 1) {
				t.Errorf("bound %d: call %d: %q", bound, i, got)
			}
		}
		r.Close()
	}
}
