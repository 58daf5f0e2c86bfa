package egress

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"golang.org/x/net/websocket"

	"ringwall/internal/egress/tripwire"
)

func dialerTo(addr string) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, addr)
	}
}

// wsEcho is a WebSocket server that sends back what it gets.
func wsEcho(t testing.TB) *httptest.Server {
	srv := httptest.NewServer(websocket.Handler(func(c *websocket.Conn) {
		var m string
		for websocket.Message.Receive(c, &m) == nil && websocket.Message.Send(c, m) == nil {
		}
	}))
	t.Cleanup(srv.Close)
	return srv
}

func TestWebSocket(t *testing.T) {
	r := newRig(t, upstreamOf(wsEcho(t)), allow("a.example", 80)).start(t)
	conf, err := websocket.NewConfig("ws://a.example/chat", "http://a.example/")
	if err != nil {
		t.Fatal(err)
	}
	c, err := websocket.NewClient(conf, dialTest(t, r.address(t, "a.example", 80)))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		want := fmt.Sprintf("message %d %s", i, strings.Repeat("x", i*100))
		if err := websocket.Message.Send(c, want); err != nil {
			t.Fatal(err)
		}
		var got string
		if err := websocket.Message.Receive(c, &got); err != nil || got != want {
			t.Fatalf("%q, %v", got, err)
		}
	}
	c.Close()
	r.Close()
	reqs := r.journal.requests()
	if len(reqs) != 2 || reqs[1].Status != 101 || reqs[1].Sent < 400_000 || reqs[1].Received < 400_000 {
		t.Errorf("requests are %+v", reqs)
	}
}

// What does not ask for a WebSocket as it should is an ordinary request, and no
// upstream may switch then.
func TestNoOtherUpgrade(t *testing.T) {
	headers := []string{
		"Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
	}
	var asked http.Header
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.Header.Clone()
		c, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer c.Close()
		fmt.Fprint(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nopen")
	}))
	defer srv.Close()
	r := newRig(t, upstreamOf(srv), allow("a.example", 80)).start(t)
	ask := func(method string, change func([]string)) string {
		h := append([]string(nil), headers...)
		change(h)
		req := method + " / HTTP/1.1\r\nHost: a.example\r\n" + strings.Join(h, "\r\n") + "\r\n\r\n"
		return send(t, dialTest(t, r.address(t, "a.example", 80)), []byte(req))
	}
	if got := ask("GET", func([]string) {}); !strings.HasPrefix(got, "HTTP/1.1 101 ") || !strings.HasSuffix(got, "open") {
		t.Errorf("as it should be: %q", got)
	}
	for name, got := range map[string]string{
		"POST":        ask("POST", func([]string) {}),
		"h2c":         ask("GET", func(h []string) { h[1] = "Upgrade: h2c" }),
		"a list":      ask("GET", func(h []string) { h[1] = "Upgrade: websocket, h2c" }),
		"version":     ask("GET", func(h []string) { h[2] = "Sec-WebSocket-Version: 8" }),
		"key":         ask("GET", func(h []string) { h[3] = "Sec-WebSocket-Key: short" }),
		"connection":  ask("GET", func(h []string) { h[0] = "Connection: keep-alive" }),
		"with a body": ask("GET", func(h []string) { h[0] += "\r\nContent-Length: 1" }),
	} {
		if name == "with a body" {
			continue // the body is missing, so it is cut short
		}
		if !strings.HasPrefix(got, "HTTP/1.1 502 ") || strings.Contains(got, "open") {
			t.Errorf("%s: %q", name, got)
		}
		if asked.Get("Upgrade") != "" && name != "" {
			t.Errorf("%s: the upstream is asked to switch: %v", name, asked)
		}
	}
}

// A message that a client sends with its request is not lost.
func TestWebSocketFirstBytes(t *testing.T) {
	up := listen(t, func(c net.Conn) {
		in := bufio.NewReader(c)
		if _, err := http.ReadRequest(in); err != nil {
			return
		}
		_, _ = io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
		b := make([]byte, 5)
		_, _ = io.ReadFull(in, b)
		_, _ = c.Write(b)
	})
	r := newRig(t, up, allow("a.example", 80)).start(t)
	c := dialTest(t, r.address(t, "a.example", 80))
	if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\nearly"); err != nil {
		t.Fatal(err)
	}
	if got, _ := io.ReadAll(c); !strings.HasSuffix(string(got), "\r\n\r\nearly") {
		t.Errorf("answer %q", got)
	}
}

// The watch sees what is below the masks of the frames.
func TestWatchedWebSocket(t *testing.T) {
	const decoy = "AKIAQ7QZLJ3VN5TTKX2M"
	for _, watched := range []bool{false, true} {
		r := newRig(t, upstreamOf(wsEcho(t)), allow("a.example", 80))
		if watched {
			r.cfg.Decoys = []tripwire.Value{{Name: "~/.aws/credentials", Kind: tripwire.Decoy, Cores: []string{decoy[4:]}}}
		}
		r.start(t)
		conf, _ := websocket.NewConfig("ws://a.example/chat", "http://a.example/")
		c, err := websocket.NewClient(conf, dialTest(t, r.address(t, "a.example", 80)))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range []string{"small", strings.Repeat("m", 300), strings.Repeat("l", 70_000), "x" + decoy} {
			_ = websocket.Message.Send(c, m)
			var got string
			err := websocket.Message.Receive(c, &got)
			if caught := watched && strings.Contains(m, decoy); (err == nil && got == m) == caught {
				t.Errorf("watched %v, %.30s: %.30q, %v", watched, m, got, err)
			}
		}
		c.Close()
		r.Close()
		rang := r.journal.alarms()
		if len(rang) > 0 != watched || watched && (rang[0].Where != inSocket || rang[0].To != "a.example:80") {
			t.Errorf("watched %v: %+v", watched, rang)
		}
	}
}
