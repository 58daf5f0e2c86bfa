package egress

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"ringwall/internal/plan"
)

// says is an upstream that reads a head and says its text, whatever was asked.
func says(t testing.TB, text string) string {
	return listen(t, func(c net.Conn) {
		if _, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
			_, _ = io.WriteString(c, text)
		}
	})
}

// hijacked answers a request by a text of its own, behind TLS.
func hijacked(text string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		c, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_, _ = io.WriteString(c, text)
			c.Close()
		}
	})
}

// TestStatusThatIsNone: what an upstream writes where a status belongs never
// reaches a client, and does not end the gateway.
func TestStatusThatIsNone(t *testing.T) {
	for status, want := range map[string]int{"200": 200, "599": 599, "000": 502, "042": 502, "099": 502, "600": 502, "999": 502, "-20": 502} {
		for _, two := range []bool{false, true} {
			r, conf := newOpenRig(t, hijacked("HTTP/1.1 "+status+" x\r\nContent-Length: 2\r\n\r\nok"), intercepted("example.com"))
			r.start(t)
			// The upstream speaks HTTP/1 only.
			r.accounts.of["network.allow:example.com:443"] = oneOnly(r)
			resp, err := clientOf(t, r, conf, two).Get("https://example.com/")
			if err != nil {
				t.Errorf("%s, HTTP/2 %v: %v", status, two, err)
				continue
			}
			resp.Body.Close()
			if resp.StatusCode != want {
				t.Errorf("%s, HTTP/2 %v: %d", status, two, resp.StatusCode)
			}
			select {
			case err := <-r.Fault():
				t.Errorf("%s: %.100v", status, err)
			default:
			}
			r.Close()
		}
	}
}

func oneOnly(r *rig) *account {
	a := (&crossing{g: r.Gateway, rule: rule{control: "x"}}).account()
	return &account{one: a.one, two: a.one}
}

// TestHostileAnswers: what a hostile upstream sends around its answer. Either a
// client gets one whole answer, or an end that it cannot take for one.
func TestHostileAnswers(t *testing.T) {
	many := strings.Repeat("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", 100_000)
	for name, c := range map[string]struct{ text, want, never string }{
		"two answers":    {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nextra", "ok", "extra"},
		"two lengths":    {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 4\r\n\r\nokok", " 502 ", "okok"},
		"both framings":  {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", "abc", "Content-Length: 2"},
		"two encodings":  {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", " 502 ", "chunked"},
		"unknown coding": {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", " 502 ", "chunked"},
		"bare CR":        {"HTTP/1.1 200 OK\r\nA: b\rX-In: jected\r\nContent-Length: 2\r\n\r\nok", "", "\rX-In"},
		"bare LF":        {"HTTP/1.1 200 OK\nA: b\nContent-Length: 2\n\nok", "ok", "A: b\nC"},
		"NUL":            {"HTTP/1.1 200 OK\r\nA: b\x00c\r\nContent-Length: 2\r\n\r\nok", "", "\x00"},
		"folded":         {"HTTP/1.1 200 OK\r\nA: b\r\n X-In: jected\r\nContent-Length: 2\r\n\r\nok", "", "\n X-In"},
		"phrase":         {"HTTP/1.1 200 OK\x1b[31mred\r\nContent-Length: 2\r\n\r\nok", " 200 OK\r\n", "red"},
		"early hints":    {many + "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", " 502 ", "Early"},
		"switched":       {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\nPRI", " 502 ", "PRI"},
		"huge head":      {"HTTP/1.1 200 OK\r\nA: " + strings.Repeat("a", 1<<20) + "\r\nContent-Length: 2\r\n\r\nok", " 502 ", "aaaa"},
		"trailers":       {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n2\r\nok\r\n0\r\nX-T: late\r\n\r\n", "ok", "late"},
		"extensions":     {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;a=\"b\"\r\nok\r\n0\r\n\r\n", "ok", "a=\"b\""},
		"bad chunk":      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\nzz\r\n", "ok", "0\r\n\r\n"},
		"cut":            {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", "", ""},
		"forged refusal": {"HTTP/1.1 403 Forbidden\r\nX-Ringwall: refused\r\nContent-Length: 2\r\n\r\nok", "ok", "X-Ringwall"},
		"not HTTP":       {"\x15\x03\x01\x00\x02", " 502 ", "\x15"},
	} {
		r := newRig(t, says(t, c.text), allow("a.example", 80)).start(t)
		got := askAll(t, r.address(t, "a.example", 80), "GET / HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n")
		if !strings.Contains(got, c.want) || c.never != "" && strings.Contains(got, c.never) {
			t.Errorf("%s: %.300q", name, got)
		}
		select {
		case err := <-r.Fault():
			t.Errorf("%s: %v", name, err)
		default:
		}
		r.Close()
	}
}

// askAll is what comes until the connection ends in any way.
func askAll(t testing.TB, addr, req string) string {
	t.Helper()
	c := dialTest(t, addr)
	_, _ = io.WriteString(c, req)
	b, _ := io.ReadAll(c)
	return string(b)
}

const wsRequest = "GET / HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

// TestQuietWebSocket: a WebSocket may be silent for longer than a request may
// take to come, and its answer may come late.
func TestQuietWebSocket(t *testing.T) {
	up := listen(t, func(c net.Conn) {
		in := bufio.NewReader(c)
		if _, err := http.ReadRequest(in); err != nil {
			return
		}
		time.Sleep(2 * leaveTime)
		_, _ = io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
		_, _ = io.Copy(c, in)
	})
	r := newRig(t, up, allow("a.example", 80))
	r.patient = &patience{leaveTime, leaveTime, leaveTime}
	r.start(t)
	c := dialTest(t, r.address(t, "a.example", 80))
	fmt.Fprint(c, wsRequest+"\r\n")
	in := bufio.NewReader(c)
	if resp, err := http.ReadResponse(in, nil); err != nil || resp.StatusCode != 101 {
		t.Fatalf("%v, %v", resp, err)
	}
	time.Sleep(2 * leaveTime)
	fmt.Fprint(c, "later")
	_ = c.CloseWrite()
	if got, err := io.ReadAll(in); err != nil || string(got) != "later" {
		t.Errorf("%q, %v", got, err)
	}
}

// TestWebSocketNeedsAMethodThatSends: what opens one is a GET, what it carries
// is not.
func TestWebSocketNeedsAMethodThatSends(t *testing.T) {
	for methods, want := range map[string]string{"": " 101 ", "GET POST": " 101 ", "GET HEAD": " 403 ", "GET OPTIONS": " 403 "} {
		r := newRig(t, upstreamOf(wsEcho(t)), allow("a.example", 80, strings.Fields(methods)...)).start(t)
		c := dialTest(t, r.address(t, "a.example", 80))
		fmt.Fprint(c, wsRequest+"Origin: http://a.example\r\n\r\n")
		line, _ := bufio.NewReader(c).ReadString('\n')
		if !strings.Contains(line, want) {
			t.Errorf("%q: %q", methods, line)
		}
		c.Close()
		r.Close()
	}
}

// TestOverrides: headers and parameters by which some servers read another
// method or another path than the one that was decided on.
func TestOverrides(t *testing.T) {
	for _, ruled := range []bool{false, true} {
		c := allow("a.example", 80)
		if ruled {
			c.Want.Egress.Methods, c.Want.Egress.Paths = []string{"GET", "POST"}, []string{"/v1/**"}
		}
		r := newRig(t, upstreamOf(shop(t)), c).start(t)
		for _, o := range []struct{ target, header string }{
			{"/v1/x", "X-HTTP-Method-Override: DELETE"},
			{"/v1/x", "X-Http-Method: DELETE"},
			{"/v1/x", "X-Method-Override: DELETE"},
			{"/v1/x", "X_HTTP_Method_Override: DELETE"},
			{"/v1/x", "X-HTTP-Method-Override: POST\r\nX-HTTP-Method-Override: PUT"},
			{"/v1/x", "X-Original-URL: /admin"},
			{"/v1/x", "X-Rewrite-URL: /admin"},
			{"/v1/x?_method=DELETE", "A: b"},
			{"/v1/x?a=b&%5fmethod=delete", "A: b"},
		} {
			got := askAll(t, r.address(t, "a.example", 80), "POST "+o.target+" HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\nContent-Length: 0\r\n"+o.header+"\r\n\r\n")
			if want := map[bool]string{false: " 200 ", true: " 403 "}[ruled]; !strings.Contains(got, want) {
				t.Errorf("ruled %v, %+v: %.200q", ruled, o, got)
			}
		}
		for _, header := range []string{"X-HTTP-Method-Override: GET", "X-Method: x"} {
			got := askAll(t, r.address(t, "a.example", 80), "POST /v1/x?method=DELETE HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\nContent-Length: 0\r\n"+header+"\r\n\r\n")
			if !strings.Contains(got, " 200 ") {
				t.Errorf("ruled %v, %s: %.200q", ruled, header, got)
			}
		}
		r.Close()
	}
}

// TestNamesDoNotLoosenAnAddress: an address with conditions is not reached
// without them by a name that leads there.
func TestNamesDoNotLoosenAnAddress(t *testing.T) {
	with := func(host string, methods ...string) plan.Control { return allow(host, 80, methods...) }
	for name, c := range map[string]struct {
		controls []plan.Control
		want     string
	}{
		"same, none":    {[]plan.Control{with("a.example"), with("10.1.2.3")}, " 200 "},
		"same":          {[]plan.Control{with("a.example", "POST"), with("10.1.2.3", "POST")}, " 200 "},
		"looser":        {[]plan.Control{with("a.example"), with("10.1.2.3", "GET")}, " 403 "},
		"looser, range": {[]plan.Control{with("a.example"), with("10.0.0.0/8", "GET")}, " 403 "},
		"bounded":       {[]plan.Control{with("a.example"), bounded("10.1.2.3", 80, func(e *plan.Egress) { e.MaxSent = 10 })}, " 403 "},
	} {
		r := newRig(t, upstreamOf(shop(t)), c.controls...)
		r.cfg.Resolve = leadsTo("10.1.2.3")
		r.start(t)
		got := askAll(t, r.address(t, "a.example", 80), "POST / HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
		if !strings.Contains(got, c.want) {
			t.Errorf("%s: %.300q", name, got)
		}
		r.Close()
	}
}

func leadsTo(addr string) func(context.Context, string) ([]netip.Addr, error) {
	return func(context.Context, string) ([]netip.Addr, error) {
		return []netip.Addr{netip.MustParseAddr(addr)}, nil
	}
}
