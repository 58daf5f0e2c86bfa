package egress

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"ringwall/internal/evidence"
	"ringwall/internal/plan"
)

func bounded(host string, port int, change func(*plan.Egress)) plan.Control {
	c := allow(host, port)
	change(c.Want.Egress)
	return c
}

func (j *journal) limits() (out []evidence.LimitReached) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, e := range j.events {
		if e.LimitReached != nil {
			out = append(out, *e.LimitReached)
		}
	}
	return out
}

func TestRequestsAreBounded(t *testing.T) {
	for _, whose := range []string{"nobody", "rule", "run"} {
		r := newRig(t, upstreamOf(shop(t)), bounded("a.example", 80, func(e *plan.Egress) {
			if whose == "rule" {
				e.MaxRequests = 3
			}
		}), allow("b.example", 80))
		control := "network.allow:a.example:80"
		if whose == "run" {
			r.cfg.Plan.Controls[0].Want.Gateway.MaxRequests, control = 3, ControlGateway
		}
		r.start(t)
		c := dialTest(t, r.address(t, "a.example", 80))
		in := bufio.NewReader(c)
		for i := range 6 {
			resp, body := exchange1(t, c, in, "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n")
			if want := i < 3 || whose == "nobody"; (resp.StatusCode == 200) != want || !want && !strings.Contains(body, "max_requests") {
				t.Errorf("%s: request %d: %d %s", whose, i, resp.StatusCode, body)
			}
		}
		limits := r.journal.limits()
		if want := map[string]int{"nobody": 0, "rule": 1, "run": 1}[whose]; len(limits) != want {
			t.Errorf("%s: limits %+v", whose, limits)
		} else if want == 1 && (limits[0].Control != control || limits[0].Value != 3 || limits[0].Resource != resourceRequests) {
			t.Errorf("%s: limit %+v", whose, limits[0])
		}
		got := send(t, dialTest(t, r.address(t, "b.example", 80)), []byte("GET / HTTP/1.1\r\nHost: b.example\r\n\r\n"))
		if strings.HasPrefix(got, "HTTP/1.1 200 ") != (whose != "run") {
			t.Errorf("%s: another rule: %q", whose, got)
		}
		r.Close()
	}
}

// scale counts what arrives at an upstream.
type scale struct {
	mu sync.Mutex
	n  int64
}

func (s *scale) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n += int64(len(p))
	return len(p), nil
}

func (s *scale) total() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.n
}

// Not a byte more than the bound leaves in a body, whether its length is told
// or not, over a kept connection or several.
func TestUploadsAreBounded(t *testing.T) {
	const most, size = 100_000, 300_000
	text := strings.Repeat("x", size)
	for name, change := range map[string]func(*plan.Egress){
		"none":       func(*plan.Egress) {},
		"max_upload": func(e *plan.Egress) { e.MaxUpload = most },
		"max_sent":   func(e *plan.Egress) { e.MaxSent = most },
	} {
		for _, length := range []int64{size, -1} {
			got := &scale{}
			srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(got, r.Body) }))
			r := newRig(t, upstreamOf(srv), bounded("a.example", 80, change)).start(t)
			tr := &http.Transport{DialContext: dialerTo(r.address(t, "a.example", 80))}
			req, _ := http.NewRequest("POST", "http://a.example/", strings.NewReader(text))
			req.ContentLength = length
			resp, err := tr.RoundTrip(req)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			b, _ := io.ReadAll(resp.Body)
			if (resp.StatusCode == 200) != (name == "none") || name != "none" && !strings.Contains(string(b), name) {
				t.Errorf("%s, length %d: %d %s", name, length, resp.StatusCode, b)
			}
			tr.CloseIdleConnections()
			r.Close()
			srv.Close()
			if n := got.total(); name != "none" && n > most || name == "none" && n != size {
				t.Errorf("%s, length %d: %d bytes left", name, length, n)
			}
			if s := r.Stats(); name != "none" && s.Sent > most {
				t.Errorf("%s: stats %+v", name, s)
			}
		}
	}
}

// In a tunnel too, and then both ways end.
func TestTunnelsAreBounded(t *testing.T) {
	const most = 100_000
	for _, bound := range []bool{false, true} {
		got := &scale{}
		var over sync.WaitGroup
		over.Add(2)
		up := listen(t, func(c net.Conn) { defer over.Done(); _, _ = io.Copy(got, c) })
		r := newRig(t, up, bounded("a.example", 2222, func(e *plan.Egress) {
			if bound {
				e.MaxSent = most
			}
		})).start(t)
		for range 2 {
			c := dialTest(t, r.address(t, "a.example", 2222))
			_, _ = io.WriteString(c, "\x00"+strings.Repeat("y", 3*most-1))
			_ = c.CloseWrite()
			_, _ = io.ReadAll(c)
		}
		r.Close()
		if !bound {
			over.Wait()
		}
		if n := got.total(); bound && n > most || !bound && n != 6*most {
			t.Errorf("bound %v: %d bytes left", bound, n)
		}
		if limits := r.journal.limits(); bound != (len(limits) == 1) {
			t.Errorf("bound %v: limits %+v", bound, limits)
		}
		if bound && !strings.Contains(lastRefused(t, r.journal).Why, "max_sent") {
			t.Errorf("refused: %+v", lastRefused(t, r.journal))
		}
	}
}

func TestWebSocketsAreBounded(t *testing.T) {
	const most = 50_000
	got, over := &scale{}, make(chan struct{})
	up := listen(t, func(c net.Conn) {
		defer close(over)
		in := bufio.NewReader(c)
		if _, err := http.ReadRequest(in); err == nil {
			_, _ = io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
			_, _ = io.Copy(got, in)
		}
	})
	r := newRig(t, up, bounded("a.example", 80, func(e *plan.Egress) { e.MaxSent = most })).start(t)
	c := dialTest(t, r.address(t, "a.example", 80))
	_, _ = io.WriteString(c, "GET / HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	_, _ = io.WriteString(c, strings.Repeat("z", 3*most))
	_, _ = io.ReadAll(c)
	r.Close()
	<-over
	if n := got.total(); n > most || n == 0 || len(r.journal.limits()) != 1 {
		t.Errorf("%d bytes left, limits %+v", n, r.journal.limits())
	}
}
