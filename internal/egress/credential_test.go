package egress

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"ringwall/internal/plan"
)

const (
	testSecret      = "sk-real-0123456789"
	testPlaceholder = "sk-ringwall-placeholder"
)

// newKeyRig serves a credential at 127.0.0.1:9001 for an https upstream.
func newKeyRig(t *testing.T, h http.Handler, change func(*plan.Credential)) *rig {
	t.Helper()
	srv := httptest.NewTLSServer(h)
	t.Cleanup(srv.Close)
	r := newRig(t, upstreamOf(srv), keyControl(func(c *plan.Credential) {
		c.Host = "example.com" // the name in httptest's certificate
		if change != nil {
			change(c)
		}
	}))
	r.cfg.Secrets = map[string]string{"key": testSecret}
	r.cfg.Placeholders = map[string]string{"key": testPlaceholder}
	roots := x509.NewCertPool()
	roots.AddCert(srv.Certificate())
	r.trust = roots
	return r
}

func call(t *testing.T, headers ...string) string {
	t.Helper()
	return callHead(t, "POST /v1/messages?beta=1 HTTP/1.1", headers...)
}

func callHead(t *testing.T, line string, headers ...string) string {
	t.Helper()
	req := line + "\r\nHost: 127.0.0.1:9001\r\nConnection: close\r\nContent-Length: 2\r\n" + strings.Join(append(headers, ""), "\r\n") + "\r\n{}"
	return ask(t, dialTest(t, "127.0.0.1:9001"), []byte(req))
}

func TestCredentialIsSwapped(t *testing.T) {
	var got *http.Request
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { got = r; io.WriteString(w, "ok") })
	r := newKeyRig(t, h, nil).start(t)
	for _, headers := range [][]string{
		{"X-Api-Key: " + testPlaceholder},
		{"Authorization: Bearer " + testPlaceholder},
		{"authorization: bearer " + testPlaceholder, "x-api-key: " + testPlaceholder},
		{"Accept: */*"},
		{"X-Api-Key:"},
		{"X-Api-Key: " + testPlaceholder, "Cookie: a=b", "Proxy-Authorization: Basic eDp5", "Range: bytes=0-4",
			"Connection: x-api-key", "Accept-Encoding: gzip"},
	} {
		got = nil
		if answer := call(t, headers...); !strings.Contains(answer, " 200 OK") || got == nil {
			t.Errorf("%q: answer %q", headers, answer)
			continue
		}
		if v := got.Header.Values("X-Api-Key"); len(v) != 1 || v[0] != testSecret {
			t.Errorf("%q: the upstream gets the key %q", headers, v)
		}
		for _, name := range []string{"Authorization", "Cookie", "Proxy-Authorization", "Range"} {
			if v := got.Header.Values(name); len(v) != 0 {
				t.Errorf("%q: %s passes: %q", headers, name, v)
			}
		}
		if got.Host != "example.com" || got.RequestURI != "/v1/messages?beta=1" || got.Header.Get("Accept-Encoding") != "identity" {
			t.Errorf("the upstream gets %s %s %v", got.Host, got.RequestURI, got.Header)
		}
	}
	r.Close()
	req := r.journal.requests()[0]
	if req.Credential != "key" || req.Rule != "network.credential:key" || req.Path != "/v1/messages" || req.Host != "example.com" {
		t.Errorf("request is %+v", req)
	}
	if strings.Contains(r.journal.text(), testSecret) {
		t.Error("the secret is in an event")
	}
}

func TestCredentialPrefix(t *testing.T) {
	var got string
	h := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.Header.Get("Authorization") })
	newKeyRig(t, h, func(c *plan.Credential) { c.Header, c.Prefix = "authorization", "Bearer " }).start(t)
	call(t, "Authorization: Bearer "+testPlaceholder)
	if got != "Bearer "+testSecret {
		t.Errorf("the upstream gets %q", got)
	}
}

func TestKeyOfItsOwnIsRefused(t *testing.T) {
	h := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the upstream was reached") })
	r := newKeyRig(t, h, nil).start(t)
	for _, headers := range [][]string{
		{"X-Api-Key: sk-own"},
		{"x-api-key: " + testPlaceholder + "x"},
		{"X-Api-Key: " + testPlaceholder, "X-Api-Key: sk-own"},
		{"X-Api-Key: " + testPlaceholder, "Authorization: Bearer sk-own"},
		{"Authorization: Basic " + testPlaceholder},
		{"Api-Key: sk-own"},
		{"X-Goog-Api-Key: sk-own"},
	} {
		if answer := call(t, headers...); !strings.HasPrefix(answer, "HTTP/1.1 403 ") || strings.Contains(answer, "sk-own") {
			t.Errorf("%q: answer %q", headers, answer)
		}
	}
	for _, query := range []string{"key=own", "KEY=own", "api_key=own", "access_token=own", "a=b&key=own", "a=b;key=own", "%zz"} {
		if answer := callHead(t, "POST /v1?"+query+" HTTP/1.1"); !strings.HasPrefix(answer, "HTTP/1.1 403 ") {
			t.Errorf("%q: answer %q", query, answer)
		}
	}
	e := r.journal.refused()[0]
	if e.Control != "network.credential:key" || e.What != "POST https://example.com/v1/messages" || strings.Contains(r.journal.text(), "sk-own") {
		t.Errorf("event %+v", e)
	}
}

func TestCredentialListenerIsStrict(t *testing.T) {
	h := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the upstream was reached") })
	newKeyRig(t, h, nil).start(t)
	for name, first := range map[string]string{
		"absolute":   "GET http://example.com/ HTTP/1.1\r\nHost: 127.0.0.1:9001\r\n\r\n",
		"TRACE":      "TRACE / HTTP/1.1\r\nHost: 127.0.0.1:9001\r\n\r\n",
		"two bodies": badHeads["length and encoding"],
	} {
		if got := ask(t, dialTest(t, "127.0.0.1:9001"), []byte(first)); !strings.HasPrefix(got, "HTTP/1.1 400 ") {
			t.Errorf("%s: %q", name, got)
		}
	}
	for _, host := range []string{"evil.example:9001", "127.0.0.1", "example.com"} {
		first := "GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n"
		if got := ask(t, dialTest(t, "127.0.0.1:9001"), []byte(first)); !strings.HasPrefix(got, "HTTP/1.1 421 ") {
			t.Errorf("%s: %q", host, got)
		}
	}
	if got := send(t, dialTest(t, "127.0.0.1:9001"), realHello(t, "x.example")); got != string(accessDenied[:]) {
		t.Errorf("TLS: %q", got)
	}
}

func TestEchoedSecretIsReplaced(t *testing.T) {
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key := r.Header.Get("X-Api-Key")
		w.Header().Set("Link", "<x>; k="+key)
		w.WriteHeader(http.StatusEarlyHints)
		w.Header().Set("X-Echo", "key "+key)
		w.Header().Set("Trailer", "X-Late")
		for i := range key { // in pieces
			fmt.Fprint(w, key[i:i+1])
			w.(http.Flusher).Flush()
		}
		fmt.Fprint(w, " end "+key)
		w.Header().Set("X-Late", key)
	})
	newKeyRig(t, h, nil).start(t)
	answer := call(t)
	if strings.Contains(answer, testSecret) || strings.Count(answer, testPlaceholder) < 4 {
		t.Errorf("answer %q", answer)
	}
	if body := unchunk(t, answer); body != testPlaceholder+" end "+testPlaceholder {
		t.Errorf("body %q", body)
	}
}

func TestEchoWithLength(t *testing.T) {
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b := []byte("[" + r.Header.Get("X-Api-Key") + "]")
		w.Header().Set("Content-Length", fmt.Sprint(len(b)))
		_, _ = w.Write(b)
	})
	newKeyRig(t, h, nil).start(t)
	if body := unchunk(t, call(t)); body != "["+testPlaceholder+"]" {
		t.Errorf("body %q", body)
	}
}

// A compressed answer could hide the secret, so it does not pass.
func TestEncodedAnswerIsRefused(t *testing.T) {
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = io.WriteString(z, r.Header.Get("X-Api-Key"))
		z.Close()
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(b.Bytes())
	})
	newKeyRig(t, h, nil).start(t)
	if answer := call(t); !strings.HasPrefix(answer, "HTTP/1.1 502 ") {
		t.Errorf("answer %q", answer)
	}
}

func TestUpstreamCertificateIsChecked(t *testing.T) {
	h := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the upstream was reached") })
	r := newKeyRig(t, h, nil)
	r.trust = x509.NewCertPool()
	r.start(t)
	if answer := call(t); !strings.HasPrefix(answer, "HTTP/1.1 502 ") || strings.Contains(answer, testSecret) {
		t.Errorf("answer %q", answer)
	}
}

func TestCredentialToLoopback(t *testing.T) {
	var got string
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.Header.Get("X-Api-Key") + " " + r.Host }))
	defer srv.Close()
	r := newRig(t, upstreamOf(srv), keyControl(func(c *plan.Credential) { c.Scheme, c.Host, c.Port = "http", "127.0.0.1", 7777 }))
	r.cfg.Secrets, r.cfg.Placeholders = map[string]string{"key": testSecret}, map[string]string{"key": testPlaceholder}
	r.start(t)
	call(t)
	if got != testSecret+" 127.0.0.1:7777" || len(r.dials()) != 1 || r.dials()[0].String() != "127.0.0.1:7777" {
		t.Errorf("the upstream gets %q, dials %v", got, r.dials())
	}
}

func unchunk(t *testing.T, answer string) string {
	t.Helper()
	resp, err := http.ReadResponse(bufio.NewReader(strings.NewReader(answer)), &http.Request{Method: "POST"})
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Errorf("the body ends early: %v", err)
	}
	return string(b)
}
