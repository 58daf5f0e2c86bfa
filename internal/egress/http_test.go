package egress

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
)

// shop is an upstream that says what it got.
func shop(t testing.TB) *httptest.Server {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s host=%s body=%s headers=%v", r.Method, r.RequestURI, r.Host, b, r.Header)
	}))
	t.Cleanup(srv.Close)
	return srv
}

// last makes a request the last of its connection, so that its answer ends.
func last(req string) []byte {
	return []byte(strings.Replace(req, "\r\n", "\r\nConnection: close\r\n", 1))
}

func upstreamOf(srv *httptest.Server) string { return srv.Listener.Addr().String() }

func TestHTTPIsForwarded(t *testing.T) {
	r := newRig(t, upstreamOf(shop(t)), allow("a.example", 80), allow("a.example", 8080), allow("127.1.2.3", 8080)).start(t)
	for _, c := range []struct{ addr, req, want string }{
		{r.address(t, "a.example", 80), "GET /x/%2e%2e//y;v?q=1;2|3 HTTP/1.1\r\nHost: A.example\r\n\r\n", "GET /x/%2e%2e//y;v?q=1;2|3 host=a.example body= "},
		{r.address(t, "a.example", 80), "GET http://a.example/z HTTP/1.1\r\nHost: a.example\r\n\r\n", "GET /z host=a.example "},
		{r.address(t, "a.example", 80), "GET http://a.example HTTP/1.1\r\nHost: a.example\r\n\r\n", "GET / host=a.example "},
		{r.address(t, "a.example", 8080), "POST /p HTTP/1.1\r\nHost: a.example:8080\r\nContent-Length: 5\r\n\r\nhello", "POST /p host=a.example:8080 body=hello "},
		{r.address(t, "a.example", 8080), "POST /p HTTP/1.1\r\nHost: a.example:8080\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", "body=abc "},
		{"127.1.2.3:8080", "GET / HTTP/1.0\r\nHost: 127.1.2.3:8080\r\n\r\n", "GET / host=127.1.2.3:8080 "},
	} {
		got := ask(t, dialTest(t, c.addr), last(c.req))
		if !strings.HasPrefix(got, "HTTP/1.") || !strings.Contains(got, " 200 OK") || !strings.Contains(got, c.want) {
			t.Errorf("%q: answer %q", c.req, got)
		}
	}
	r.Close()
	reqs := r.journal.requests()
	if len(reqs) != 12 || reqs[0].Method != "GET" || reqs[0].Path != "/x/%2e%2e//y;v" || reqs[0].Status != 0 ||
		reqs[1].Status != 200 || reqs[1].Received == 0 || reqs[1].Millis == 0 {
		t.Errorf("requests are %+v", reqs)
	}
}

func TestHeadersThatDoNotPass(t *testing.T) {
	r := newRig(t, upstreamOf(shop(t)), allow("a.example", 80)).start(t)
	got := ask(t, dialTest(t, r.address(t, "a.example", 80)), last("GET / HTTP/1.1\r\nHost: a.example\r\nX-Stays: yes\r\n"+
		"Connection: Upgrade, HTTP2-Settings, X-Hop\r\nUpgrade: h2c\r\nHTTP2-Settings: AAA\r\nX-Hop: 1\r\nTE: trailers\r\n"+
		"Proxy-Authorization: Basic x\r\nProxy-Connection: keep-alive\r\nX-Forwarded-For: 10.0.0.1\r\nX-Forwarded-Host: h\r\n"+
		"Forwarded: for=x\r\nX-Real-Ip: 10.0.0.1\r\nX_Forwarded_For: 10.0.0.1\r\nX-Host: h\r\nTrue-Client-IP: 10.0.0.1\r\n\r\n"))
	_, headers, _ := strings.Cut(got, "headers=")
	if !strings.Contains(headers, "X-Stays") {
		t.Fatalf("answer %q", got)
	}
	for _, h := range []string{"Upgrade", "Http2", "Hop", "Proxy", "Forwarded", "Real-Ip", "Host", "Client"} {
		if strings.Contains(headers, h) {
			t.Errorf("%s passes: %s", h, headers)
		}
	}
}

// Each form of smuggling gets 400, and the upstream never hears of it.
func TestHTTPSmuggling(t *testing.T) {
	r := newRig(t, nobody(t), allow("a.example", 80)).start(t)
	addr := r.address(t, "a.example", 80)
	for name, head := range badHeads {
		if name == "CRLF first" {
			continue // not a word: reset, as any other protocol
		}
		if got := ask(t, dialTest(t, addr), []byte(head)); !strings.HasPrefix(got, "HTTP/1.1 400 ") {
			t.Errorf("%s: answer %q", name, got)
		}
	}
	for name, head := range map[string]string{
		"too large": "GET / HTTP/1.1\r\nHost: a.example\r\nX: " + strings.Repeat("y", maxFirstBytes) + "\r\n\r\n",
	} {
		if got := ask(t, dialTest(t, addr), []byte(head)); !strings.HasPrefix(got, "HTTP/1.1 400 ") {
			t.Errorf("%s: answer %q", name, got)
		}
	}
	for _, head := range []string{
		"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a.example:8080\r\n\r\n",
	} {
		if got := ask(t, dialTest(t, addr), []byte(head)); !strings.HasPrefix(got, "HTTP/1.1 421 ") {
			t.Errorf("%s: answer %q", head, got)
		}
	}
	if got := send(t, dialTest(t, addr), []byte("GET / HTTP/1.1\r\nHost: a.exa")); !strings.HasPrefix(got, "HTTP/1.1 400 ") {
		t.Errorf("cut short: answer %q", got)
	}
	if len(r.journal.requests()) != 0 || len(r.journal.refused()) == 0 {
		t.Errorf("events: %s", r.journal.text())
	}
}

func TestHTTPRefusedIsReadable(t *testing.T) {
	r := newRig(t, nobody(t), allow("a.example", 443), allow("get.example", 8080, "GET", "HEAD")).start(t)
	for _, c := range []struct{ addr, req, what, fix string }{
		{"93.184.216.34:80", "GET /p?secret=1 HTTP/1.1\r\nHost: other.example\r\n\r\n", "GET http://93.184.216.34/p", `allow = ["93.184.216.34:80"]`},
		{r.address(t, "a.example", 80), "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n", "GET http://a.example/", `allow = ["a.example:80"]`},
		{r.address(t, "get.example", 8080), "POST /up HTTP/1.1\r\nHost: get.example:8080\r\nContent-Length: 3\r\n\r\nabc", "POST http://get.example:8080/up", `methods = ["GET", "HEAD", "POST"]`},
		{"[2606:4700::1]:8080", "GET / HTTP/1.1\r\nHost: x.example\r\n\r\n", "GET http://[2606:4700::1]:8080/", `allow = ["[2606:4700::1]:8080"]`},
	} {
		resp, err := http.ReadResponse(bufio.NewReader(strings.NewReader(ask(t, dialTest(t, c.addr), last(c.req)))), nil)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		if resp.StatusCode != 403 || !strings.Contains(string(body), "ringwall refused: "+c.what+"\n") ||
			!strings.Contains(string(body), c.fix) || !strings.Contains(string(body), `"control":"network.gateway"`) {
			t.Errorf("%s: %d %s", c.req, resp.StatusCode, body)
		}
		e := lastRefused(t, r.journal)
		if e.What != c.what || strings.Contains(e.What+e.Why, "secret") {
			t.Errorf("event %+v", e)
		}
	}
}

func TestMethodsAreEnforced(t *testing.T) {
	r := newRig(t, upstreamOf(shop(t)), allow("get.example", 8080, "GET")).start(t)
	addr := r.address(t, "get.example", 8080)
	if got := ask(t, dialTest(t, addr), last("GET / HTTP/1.1\r\nHost: get.example:8080\r\n\r\n")); !strings.Contains(got, " 200 OK") {
		t.Errorf("GET: %q", got)
	}
	// A rule with methods is for HTTP: waiting does not turn it into a tunnel.
	c := dialTest(t, addr)
	if got := ask(t, c, []byte("\x00POST / HTTP/1.1\r\nHost: get.example:8080\r\n\r\n")); got != "" {
		t.Errorf("raw: %q", got)
	}
	if n := len(r.dials()); n != 1 {
		t.Errorf("%d dials", n)
	}
}

func TestHTTPToPrivateAddress(t *testing.T) {
	r := newRig(t, nobody(t), allow("a.example", 80))
	r.cfg.Resolve = func(context.Context, string) ([]netip.Addr, error) {
		return []netip.Addr{mustAddr("169.254.169.254")}, nil
	}
	r.start(t)
	got := ask(t, dialTest(t, r.address(t, "a.example", 80)), last("GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"))
	if !strings.HasPrefix(got, "HTTP/1.1 403 ") || !strings.Contains(got, "169.254.169.254") {
		t.Errorf("answer %q", got)
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	srv := httptest.NewServer(http.RedirectHandler("http://evil.example/", http.StatusFound))
	defer srv.Close()
	r := newRig(t, upstreamOf(srv), allow("a.example", 80)).start(t)
	got := ask(t, dialTest(t, r.address(t, "a.example", 80)), last("GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"))
	if !strings.Contains(got, " 302 Found") || len(r.dials()) != 1 {
		t.Errorf("answer %q, dials %v", got, r.dials())
	}
}

// Events of a stream arrive while the upstream is still open.
func TestEventsStream(t *testing.T) {
	more := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprint(w, "data: one\n\n")
		w.(http.Flusher).Flush()
		<-more
		fmt.Fprint(w, "data: two\n\n")
	}))
	defer srv.Close()
	r := newRig(t, upstreamOf(srv), allow("a.example", 80)).start(t)
	c := dialTest(t, r.address(t, "a.example", 80))
	if _, err := c.Write(last("GET / HTTP/1.1\r\nHost: a.example\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(c)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			t.Fatalf("the first event does not arrive: %v", err)
		}
		if strings.Contains(line, "data: one") {
			break
		}
	}
	close(more)
	if rest, _ := io.ReadAll(in); !strings.Contains(string(rest), "data: two") {
		t.Errorf("the rest is %q", rest)
	}
}

// Control characters in an answer's headers never reach the client, nor headers
// that are for the next hop only.
func TestOddHeadersOfAnswers(t *testing.T) {
	for odd, want := range map[string]string{"X-Odd: ab": "HTTP/1.1 200 ", "X-Odd: a\x01\x1b[2Jb": "HTTP/1.1 502 ", "X Odd: a": "HTTP/1.1 200 "} {
		up := listen(t, func(c net.Conn) {
			_, _ = http.ReadRequest(bufio.NewReader(c))
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n"+odd+"\r\nConnection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: 5\r\nContent-Length: 2\r\n\r\nok")
		})
		r := newRig(t, up, allow("a.example", 80)).start(t)
		got := ask(t, dialTest(t, r.address(t, "a.example", 80)), last("GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"))
		if !strings.HasPrefix(got, want) || strings.ContainsAny(got, "\x01\x1b") || strings.Contains(got, "X-Hop") || strings.Contains(got, "Keep-Alive") {
			t.Errorf("%q: answer %q", odd, got)
		}
		if strings.Contains(got, "X-Odd: ab") != (odd == "X-Odd: ab") || strings.Contains(got, "X Odd") {
			t.Errorf("%q: answer %q", odd, got)
		}
		r.Close()
	}
}
