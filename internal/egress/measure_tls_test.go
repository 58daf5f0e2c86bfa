package egress

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	own "ringwall/internal/egress/authority"
	"ringwall/internal/plan"
)

// newModelRig is a gateway that opens TLS to a host that is known for models,
// whose server is h.
func newModelRig(t *testing.T, h http.Handler) (*rig, *tls.Config) {
	t.Helper()
	const host = "api.openai.com"
	pool := x509.NewCertPool()
	server := httptest.NewUnstartedServer(h)
	var leaves [2]*own.Authority
	for i := range leaves {
		a, err := own.New([]string{host}, time.Now().Add(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(a.Close)
		pool.AppendCertsFromPEM(a.Certificate())
		leaves[i] = a
	}
	leaf, err := leaves[0].Leaf(host)
	if err != nil {
		t.Fatal(err)
	}
	server.TLS = &tls.Config{Certificates: []tls.Certificate{*leaf}}
	server.StartTLS()
	t.Cleanup(server.Close)
	c := allow(host, 443)
	c.Want.Egress.Intercept = true
	r := newRig(t, server.Listener.Addr().String(), c)
	r.cfg.Authority, r.trust = leaves[1], pool
	return r.start(t), &tls.Config{RootCAs: pool, ServerName: host}
}

func askModel(t *testing.T, r *rig, c *tls.Config, head, body string) string {
	t.Helper()
	conn := tls.Client(dialTest(t, r.address(t, c.ServerName, 443)), c)
	io.WriteString(conn, head+"\r\nHost: "+c.ServerName+"\r\n\r\n"+body)
	got, _ := io.ReadAll(conn)
	return string(got)
}

// TestModelUsageInsideTLS: where TLS is opened, the answers of a model's host
// are read without a credential too. They are asked for in plain form.
func TestModelUsageInsideTLS(t *testing.T) {
	const answer = `{"model":"gpt-5","usage":{"prompt_tokens":1000,"completion_tokens":100}}`
	var encoding string
	r, c := newModelRig(t, http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		encoding = q.Header.Get("Accept-Encoding")
		io.Copy(io.Discard, q.Body)
		if q.URL.Path == "/v1/encoded/responses" {
			w.Header().Set("Content-Encoding", "br")
		}
		io.WriteString(w, answer)
	}))
	got := askModel(t, r, c, "POST /v1/chat/completions HTTP/1.1\r\nAccept-Encoding: gzip\r\nConnection: close\r\nContent-Length: 2", "{}")
	if !strings.HasSuffix(got, answer) || encoding != "identity" {
		t.Errorf("the client gets %q, the server was asked for %q", got, encoding)
	}
	got = askModel(t, r, c, "POST /v1/encoded/responses HTTP/1.1\r\nConnection: close\r\nContent-Length: 2", "{}")
	if !strings.HasSuffix(got, answer) {
		t.Errorf("the client gets %q", got)
	}
	askModel(t, r, c, "GET /v1/models HTTP/1.1\r\nAccept-Encoding: gzip\r\nConnection: close", "")
	if encoding != "gzip" {
		t.Errorf("what asks no model is asked for in %q", encoding)
	}
	r.Close()
	m := r.journal.models()
	if len(m) != 2 || m[0].CostUSD == nil || *m[0].CostUSD != 0.00225 || m[0].Host != "api.openai.com" || !m[1].Unknown || m[1].CostUSD != nil {
		t.Errorf("recorded %+v", m)
	}
}

// TestModelUsageWithoutAnAnswer: who goes away before there is an answer may
// have to pay for it; nobody knows how much. A server that cannot be asked sends
// no bill.
func TestModelUsageWithoutAnAnswer(t *testing.T) {
	asked, over := make(chan struct{}), make(chan struct{})
	r, c := newModelRig(t, http.HandlerFunc(func(_ http.ResponseWriter, q *http.Request) {
		io.Copy(io.Discard, q.Body)
		close(asked)
		select {
		case <-q.Context().Done():
		case <-over:
		}
	}))
	defer close(over)
	conn := tls.Client(dialTest(t, r.address(t, c.ServerName, 443)), c)
	io.WriteString(conn, "POST /v1/responses HTTP/1.1\r\nHost: api.openai.com\r\nContent-Length: 2\r\n\r\n{}")
	<-asked
	conn.NetConn().Close()
	for range 500 {
		if len(r.journal.models()) > 0 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if m := r.journal.models(); len(m) != 1 || !m[0].Unknown || !m[0].Cut || m[0].CostUSD != nil {
		t.Errorf("recorded %+v", m)
	}
	r.Close()
	dead := newKeyRig(t, http.NotFoundHandler(), func(k *plan.Credential) { k.Host = "other.example" }).start(t)
	if got := call(t, "X-Api-Key: "+testPlaceholder); !strings.Contains(got, " 502 ") {
		t.Errorf("a server with another's certificate: %q", got)
	}
	if m := dead.journal.models(); len(m) != 0 {
		t.Errorf("recorded %+v", m)
	}
}

// TestModelUsageOfAWebSocket: what is said on it is not read, so it costs an
// unknown amount.
func TestModelUsageOfAWebSocket(t *testing.T) {
	r, c := newModelRig(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
	}))
	got := askModel(t, r, c, "GET /v1/responses HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", "")
	if !strings.Contains(got, " 101 ") {
		t.Fatalf("the client gets %q", got)
	}
	r.Close()
	if m := r.journal.models(); len(m) != 1 || !m[0].Unknown || m[0].CostUSD != nil {
		t.Errorf("recorded %+v", m)
	}
}
