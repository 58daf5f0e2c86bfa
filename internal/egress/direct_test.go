package egress

import (
	"crypto/tls"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"ringwall/internal/plan"
)

// TestLateHelloIsOpened: at a port that is not for the web, who waits until the
// gateway takes it for a protocol whose server speaks first does not get past a
// credential of that host. Without one it is such a protocol.
func TestLateHelloIsOpened(t *testing.T) {
	for _, held := range []bool{false, true} {
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "key "+r.Header.Get("X-Api-Key")) })
		controls := []plan.Control{allow("example.com", 8080)}
		if held {
			controls = append(controls, keyControl(func(c *plan.Credential) { c.Host, c.Port, c.Listen, c.Intercept = "example.com", 8080, 0, true }))
		}
		r, conf := newOpenRig(t, h, controls...)
		r.cfg.Secrets, r.cfg.Placeholders = map[string]string{"key": testSecret}, map[string]string{"key": testPlaceholder}
		r.start(t)
		c := dialTest(t, r.address(t, "example.com", 8080))
		time.Sleep(briefTime + briefTime/2)
		t1 := tls.Client(c, conf)
		_, _ = io.WriteString(t1, "GET / HTTP/1.1\r\nHost: example.com:8080\r\nConnection: close\r\nX-Api-Key: own\r\n\r\n")
		b, _ := io.ReadAll(t1)
		if passed := strings.Contains(string(b), "key own"); passed == held {
			t.Errorf("held %v: %q", held, b)
		}
		r.Close()
	}
}

// TestOwnKeyAtAnotherPort: a credential's host does not take another key in
// plain HTTP either; another host does.
func TestOwnKeyAtAnotherPort(t *testing.T) {
	r := newRig(t, upstreamOf(shop(t)), allow("example.com", 80), allow("other.example", 80), keyControl(func(c *plan.Credential) { c.Host = "example.com" }))
	r.cfg.Secrets, r.cfg.Placeholders = map[string]string{"key": testSecret}, map[string]string{"key": testPlaceholder}
	r.start(t)
	for host, want := range map[string]string{"example.com": " 403 ", "other.example": " 200 "} {
		got := askAll(t, r.address(t, host, 80), "GET / HTTP/1.1\r\nHost: "+host+"\r\nConnection: close\r\nX-Api-Key: own\r\n\r\n")
		if !strings.Contains(got, want) {
			t.Errorf("%s: %.200q", host, got)
		}
	}
	if got := askAll(t, r.address(t, "example.com", 80), "GET / HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n"); !strings.Contains(got, " 200 ") {
		t.Errorf("without a key: %.200q", got)
	}
}
