package egress

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"testing"

	"ringwall/internal/plan"
)

// more is one more rule of a place.
func more(nth int, c plan.Control, change func(*plan.Egress)) plan.Control {
	if nth > 1 {
		c.ID = fmt.Sprintf("%s#%d", c.ID, nth)
	}
	change(c.Want.Egress)
	return c
}

func on(paths ...string) func(*plan.Egress) { return func(e *plan.Egress) { e.Paths = paths } }

// TestSeveralRules: a request needs one of the rules, the first that allows it
// is named, and a refusal says what they allow.
func TestSeveralRules(t *testing.T) {
	open := func(e *plan.Egress) { e.Intercept = true }
	for _, host := range []string{"api.example.com", "*.example.com"} {
		p := mustPolicy(t, more(1, allow(host, 443, "GET", "HEAD"), open), more(2, allow(host, 443, "POST", "GET"), func(e *plan.Egress) { open(e); on("/v1/**")(e) }),
			more(3, allow(host, 443), func(e *plan.Egress) { open(e); on("/all/*")(e) }))
		id := "network.allow:" + host + ":443"
		for _, c := range []struct{ method, path, control, sent, why string }{
			{"GET", "/@x%2fy", id, "/@x%2fy", ""},
			{"GET", "/v1/a", id, "/v1/a", ""},
			{"POST", "/v1/%61", id + "#2", "/v1/a", ""},
			{"PUT", "/all/x", id + "#3", "/all/x", ""},
			{"POST", "/all/x", id + "#3", "/all/x", ""},
			{"PUT", "/v1/a", id, "", "none of the 3 rules of " + host + ":443 allows PUT /v1/a; they allow GET HEAD, or POST GET on /v1/**, or any method on /all/*"},
			{"POST", "/v1/../v1/a", id, "", "none of the 3 rules"},
			{"POST", "/all/%2e%2e/v1/a", id, "", "none of the 3 rules"},
			{"TRACE", "/all/x", id, "", "TRACE"},
			{"get", "/", id, "", "malformed method"},
		} {
			d := p.Request("api.example.com", 443, c.method, c.path)
			if d.Allowed != (c.why == "") || d.Control != c.control || d.Path != c.sent || !strings.Contains(d.Reason, c.why) {
				t.Errorf("%s %s: %+v", c.method, c.path, d)
			}
		}
		if d := p.Decide("api.example.com", 443); !d.Allowed || d.Control != id {
			t.Errorf("the connection: %+v", d)
		}
	}
}

// TestSeveralRulesAreTheUnion: of sets drawn at random, one allows a request
// exactly where one of its rules does alone.
func TestSeveralRulesAreTheUnion(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	methods, paths := [][]string{nil, {"GET"}, {"POST", "PUT"}, {"GET", "PUT"}}, [][]string{nil, {"/a/*"}, {"/a/**", "/b"}, {"/*"}}
	allowed, asked := 0, 0
	for range 200 {
		var set []plan.Control
		for i := range 1 + r.IntN(4) {
			set = append(set, more(i+1, allow("a.example", 80, methods[r.IntN(4)]...), on(paths[r.IntN(4)]...)))
		}
		p := mustPolicy(t, set...)
		for _, method := range []string{"GET", "POST", "PUT", "DELETE"} {
			for _, path := range []string{"/", "/a/b", "/a/b/c", "/b", "/c", "/a//b"} {
				first := ""
				for _, c := range set {
					if d := mustPolicy(t, c).Request("a.example", 80, method, path); d.Allowed && first == "" {
						first = c.ID
					}
				}
				d := p.Request("a.example", 80, method, path)
				if d.Allowed != (first != "") || d.Allowed && d.Control != first {
					t.Fatalf("%s %s of %+v: %+v, want %q", method, path, set, d, first)
				}
				if asked++; d.Allowed {
					allowed++
				}
			}
		}
	}
	if allowed < 500 || asked-allowed < 500 {
		t.Errorf("%d of %d are allowed: the test proves little", allowed, asked)
	}
}

// TestRulesOfOnePlaceSuit: two rules that cannot be told apart later, or of
// which one has TLS opened, are no plan.
func TestRulesOfOnePlaceSuit(t *testing.T) {
	for _, host := range []string{"a.example", "*.a.example", "10.0.0.0/8"} {
		get, post := allow(host, 443, "GET"), more(2, allow(host, 443, "POST"), func(*plan.Egress) {})
		opened := more(2, allow(host, 443, "POST"), func(e *plan.Egress) { e.Intercept = true })
		for name, set := range map[string][]plan.Control{"": {get, post}, "same name": {get, allow(host, 443, "POST")}, "opened": {get, opened}} {
			_, err := FromPlan(planOf(append([]plan.Control{gatewayControl(80, 443)}, set...)...))
			if (err == nil) != (name == "") {
				t.Errorf("%s %s: %v", host, name, err)
			}
		}
	}
}

// TestBudgetsOfSeveralRules: the first rule that allows a request pays for it;
// when it cannot any more, the next one that allows it does.
func TestBudgetsOfSeveralRules(t *testing.T) {
	r := newRig(t, upstreamOf(shop(t)),
		more(1, allow("a.example", 80, "GET"), func(e *plan.Egress) { e.MaxRequests = 2 }),
		more(2, allow("a.example", 80), func(e *plan.Egress) { e.Paths, e.MaxRequests = []string{"/x/*"}, 2 }),
		more(3, allow("a.example", 80, "GET"), func(e *plan.Egress) { e.Paths, e.MaxSent = []string{"/x/*"}, 100 })).start(t)
	c := dialTest(t, r.address(t, "a.example", 80))
	in := bufio.NewReader(c)
	const id = "network.allow:a.example:80"
	for i, q := range []struct{ request, rule string }{
		{"POST /x/1", id + "#2"}, {"GET /x/1", id}, {"GET /y", id}, {"GET /y", ""}, {"GET /x/1", id + "#2"}, {"POST /x/1", ""},
		{"GET /x/1", id + "#3"}, {"GET /x/1", id + "#3"}, {"GET /x/1", ""}, {"PUT /y", ""},
	} {
		before := len(r.journal.requests())
		resp, body := exchange1(t, c, in, q.request+" HTTP/1.1\r\nHost: a.example\r\n\r\n")
		if (resp.StatusCode == 200) != (q.rule != "") {
			t.Errorf("%d: %s: %d %s", i, q.request, resp.StatusCode, body)
		}
		if all := r.journal.requests(); q.rule != "" && (len(all) == before || all[before].Rule != q.rule) {
			t.Errorf("%d: %s: %+v", i, q.request, all[before:])
		}
	}
	if limits := r.journal.limits(); len(limits) != 3 {
		t.Errorf("limits: %+v", limits)
	}
	_, body := exchange1(t, c, in, "PUT /y HTTP/1.1\r\nHost: a.example\r\n\r\n")
	if !strings.Contains(body, `"allow":"host = \"a.example:80\", methods = [\"PUT\"], paths = [\"/y\"]"`) {
		t.Errorf("the refusal: %s", body)
	}
}

// TestUploadsOfSeveralRules: a body is bounded by the rule that its request
// goes by, and a length that is told is looked at before.
func TestUploadsOfSeveralRules(t *testing.T) {
	r := newRig(t, upstreamOf(shop(t)), more(1, allow("a.example", 80), func(e *plan.Egress) { e.MaxUpload = 10 }),
		more(2, allow("a.example", 80, "PUT"), func(e *plan.Egress) { e.Paths, e.MaxUpload = []string{"/big/*"}, 1000 })).start(t)
	tr := &http.Transport{DialContext: dialerTo(r.address(t, "a.example", 80))}
	defer tr.CloseIdleConnections()
	for _, c := range []struct {
		method, path string
		size         int
		told, want   bool
	}{
		{"PUT", "/a", 10, true, true}, {"PUT", "/a", 11, true, false}, {"PUT", "/big/a", 1000, true, true}, {"PUT", "/big/a", 1001, true, false},
		{"POST", "/big/a", 11, true, false}, {"PUT", "/big/a", 10, false, true}, {"PUT", "/big/a", 500, false, false},
	} {
		req, _ := http.NewRequest(c.method, "http://a.example"+c.path, strings.NewReader(strings.Repeat("x", c.size)))
		if !c.told {
			req.ContentLength = -1
		}
		resp, err := tr.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(resp.Body)
		if resp.Body.Close(); (resp.StatusCode == 200) != c.want || !c.want && !strings.Contains(string(b), "max_upload") {
			t.Errorf("%+v: %d %s", c, resp.StatusCode, b)
		}
	}
}

// TestTunnelsOfSeveralRules: in a tunnel nothing is seen, so any rule may pay
// for it.
func TestTunnelsOfSeveralRules(t *testing.T) {
	up := listen(t, func(c net.Conn) { _, _ = io.Copy(c, c) })
	for _, second := range []bool{false, true} {
		controls := []plan.Control{more(1, allow("a.example", 2222), func(e *plan.Egress) { e.MaxRequests = 1 })}
		if second {
			controls = append(controls, more(2, allow("a.example", 2222), func(e *plan.Egress) { e.MaxRequests = 1 }))
		}
		r := newRig(t, up, controls...).start(t)
		passed := 0
		for range 3 {
			if send(t, dialTest(t, r.address(t, "a.example", 2222)), []byte("\x00hello")) == "\x00hello" {
				passed++
			}
		}
		if passed != len(controls) {
			t.Errorf("%d tunnels by %d rules of one each", passed, len(controls))
		}
		r.Close()
	}
}

// TestSeveralRulesInOpenedTLS: the same over HTTP/1.1 and HTTP/2.
func TestSeveralRulesInOpenedTLS(t *testing.T) {
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { b, _ := io.ReadAll(r.Body); fmt.Fprintf(w, "%s", b) })
	for _, two := range []bool{false, true} {
		for _, both := range []bool{false, true} {
			controls := []plan.Control{intercepted("example.com", "GET")}
			if both {
				controls = append(controls, more(2, intercepted("example.com", "POST"), on("/v1/messages")))
			}
			r, conf := newOpenRig(t, h, controls...)
			c := clientOf(t, r.start(t), conf, two)
			for path, want := range map[string]bool{"/v1/messages": both, "/v1/files": false} {
				resp, err := c.Post("https://example.com"+path, "text/plain", strings.NewReader("body"))
				if err != nil {
					t.Fatal(err)
				}
				b, _ := io.ReadAll(resp.Body)
				if resp.Body.Close(); (resp.StatusCode == 200 && string(b) == "body") != want {
					t.Errorf("HTTP/2 %v, both rules %v: POST %s: %d %s", two, both, path, resp.StatusCode, b)
				}
			}
			r.Close()
		}
	}
}

// TestBudgetsInCommon: what several rules may use together they use together,
// each of them and whatever their places.
func TestBudgetsInCommon(t *testing.T) {
	for _, common := range []bool{false, true} {
		var within []plan.Allowance
		if common {
			within = []plan.Allowance{{Name: "network.rule[0] of /etc/x:1", MaxRequests: 3}}
		}
		share := func(e *plan.Egress) { e.Within = within }
		r := newRig(t, upstreamOf(shop(t)), more(1, allow("a.example", 80, "GET"), share), more(2, allow("a.example", 80, "POST"), share),
			more(1, allow("b.example", 80), share), allow("c.example", 80)).start(t)
		passed := 0
		for _, q := range []string{"GET a", "POST a", "PUT b", "GET b", "POST a", "GET c"} {
			method, host, _ := strings.Cut(q, " ")
			got := send(t, dialTest(t, r.address(t, host+".example", 80)), []byte(method+" / HTTP/1.1\r\nHost: "+host+".example\r\n\r\n"))
			if strings.HasPrefix(got, "HTTP/1.1 200 ") {
				passed++
			} else if !strings.Contains(got, "network.rule[0] of /etc/x:1 allows 3 requests in a run, and they are used up; max_requests may be raised there") {
				t.Errorf("%s: %q", q, got)
			}
		}
		if want := map[bool]int{false: 6, true: 4}[common]; passed != want || (len(r.journal.limits()) == 1) != common {
			t.Errorf("common %v: %d passed, limits %+v", common, passed, r.journal.limits())
		}
		r.Close()
	}
	of := func(n int64) plan.Control {
		return more(1, allow(fmt.Sprintf("h%d.example", n), 80), func(e *plan.Egress) { e.Within = []plan.Allowance{{Name: "x", MaxSent: n}} })
	}
	if _, err := FromPlan(planOf(gatewayControl(80), of(1), of(2))); err == nil {
		t.Error("an allowance of two sizes")
	}
}
