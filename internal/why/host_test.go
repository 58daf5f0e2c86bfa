package why

import (
	"fmt"
	"strings"
	"testing"

	"ringwall/internal/egress"
	"ringwall/internal/plan"
)

func TestHosts(t *testing.T) {
	for _, c := range []struct {
		what    string
		verdict Verdict
		answer  string
		control string
		from    string
		wayOut  string // part of it
	}{
		{"api.example.com", Allowed, "", "network.allow:api.example.com:443", "ringwall.toml:12", ""},
		{"https://API.example.com./v1?q", Allowed, "", "network.allow:api.example.com:443", "ringwall.toml:12", ""},
		{"api.example.com:80", Refused, "HTTP 403", "network.gateway", "ringwall.toml:12", `add "api.example.com:80" to [network] allow in ringwall.toml`},
		{"api.example.com:8443", Refused, "ECONNREFUSED", "network.gateway", "ringwall.toml:12", "8443"},
		{"api.example.com:22", Refused, "ECONNRESET", "network.gateway", "ringwall.toml:12", ":22"},
		{"code.example:22", Allowed, "", "network.allow:code.example:22", "ringwall.toml:12", ""},
		{"code.example", Refused, "TLS access_denied", "network.gateway", "ringwall.toml:12", "code.example:443"},
		{"evil.example", Refused, "NXDOMAIN", "network.gateway", "ringwall.toml:12", "the machine's policy (/etc/ringwall/policy.toml:5) has to allow it too"},
		{"denied.example", Refused, "NXDOMAIN", "network.gateway", "/etc/ringwall/policy.toml:5", "administrator adds"},
		{"evil.example:53", Refused, "NXDOMAIN", "network.gateway", "ringwall.toml:12", "none: port 53"},
		{"web.example:80", Conditional, "HTTP 403", "network.allow:web.example:80", "ringwall.toml:14", "methods"},
		{"opaque.example", Allowed, "", "network.allow:opaque.example:443", "ringwall.toml:20", ""},
		{"192.0.2.7", Allowed, "", "network.allow:192.0.2.7:443", "ringwall.toml:12", ""},
		{"192.0.2.8:443", Refused, "TLS access_denied", "network.gateway", "ringwall.toml:12", "192.0.2.8:443"},
		{"169.254.169.254:80", Refused, "HTTP 403", "network.gateway", "ringwall.toml:12", ""},
		{"[2001:db8::1]:25", Refused, "ECONNREFUSED", "network.gateway", "ringwall.toml:12", "[2001:db8::1]:25"},
		{"2001:db8::1", Refused, "TLS access_denied", "network.gateway", "ringwall.toml:12", "[2001:db8::1]:443"},
		{"model.example", Conditional, "", "network.credential:model", "ringwall.toml:17", ""},
		{"127.0.0.1:7081", Allowed, "", "network.credential:model", "ringwall.toml:17", ""},
		{"localhost:3000", Conditional, "ECONNREFUSED", "isolation.namespaces", "default", "none"},
		{"x.wide.example", Allowed, "", "network.allow:*.wide.example:443", "ringwall.toml:31", ""},
		{"wide.example", Refused, "NXDOMAIN", "network.gateway", "ringwall.toml:12", `"wide.example:443"`},
		{"xwide.example", Refused, "NXDOMAIN", "network.gateway", "ringwall.toml:12", ""},
		{"x.wide.example:80", Refused, "HTTP 403", "network.gateway", "ringwall.toml:12", ""},
		{"bad.wide.example", Refused, "NXDOMAIN", "network.deny:bad.wide.example", "ringwall.toml:33", "take what covers it out of [network] deny in ringwall.toml"},
		{"mfrggzdfmztwq2lknnwg23tpobyxe43u.wide.example", Refused, "NXDOMAIN", "network.allow:*.wide.example:443", "ringwall.toml:31", "mfrggzdf"},
		{"10.1.2.3:5432", Allowed, "", "network.allow:10.1.0.0/16:5432", "ringwall.toml:32", ""},
		{"10.2.2.3:5432", Refused, "ECONNRESET", "network.gateway", "ringwall.toml:12", ""},
		{"10.1.9.3:5432", Refused, "ECONNRESET", "network.deny:10.1.9.0/24", "/etc/ringwall/policy.toml:7", "/etc/ringwall/policy.toml"},
		{"paths.example", Conditional, "HTTP 403", "network.allow:paths.example:443", "ringwall.toml:30", "add the method to methods, or the path"},
		{"POST https://paths.example/v1/messages?x=/../y", Allowed, "", "network.allow:paths.example:443", "ringwall.toml:30", ""},
		{"https://paths.example/v1/messages", Conditional, "HTTP 403", "network.allow:paths.example:443", "ringwall.toml:30", ""},
		{"https://paths.example/v1/files", Refused, "HTTP 403", "network.allow:paths.example:443", "ringwall.toml:30", "paths"},
		{"GET https://paths.example/public/../v1/files", Refused, "HTTP 403", "network.allow:paths.example:443", "ringwall.toml:30", ""},
		{"PUT https://paths.example/v1/messages", Refused, "HTTP 403", "network.allow:paths.example:443", "ringwall.toml:30", ""},
		{"PUT https://api.example.com/x", Allowed, "", "network.allow:api.example.com:443", "ringwall.toml:12", ""},
		{"PUT https://opaque.example/x", Allowed, "", "network.allow:opaque.example:443", "ringwall.toml:20", ""},
		{"PUT http://web.example/x", Refused, "HTTP 403", "network.allow:web.example:80", "ringwall.toml:14", "add the method"},
		{"HEAD http://web.example", Allowed, "", "network.allow:web.example:80", "ringwall.toml:14", ""},
		{"several.example", Conditional, "HTTP 403", "network.allow:several.example:443", "ringwall.toml:40", "one more [[network.rule]]"},
		{"https://several.example/v1/messages", Conditional, "HTTP 403", "network.allow:several.example:443", "ringwall.toml:40", "one more"},
		{"POST https://several.example/v1/messages", Allowed, "", "network.allow:several.example:443#2", "ringwall.toml:44", ""},
		{"POST https://several.example/v1/%6dessages", Allowed, "", "network.allow:several.example:443#2", "ringwall.toml:44", ""},
		{"GET https://several.example/v1/messages", Allowed, "", "network.allow:several.example:443", "ringwall.toml:40", ""},
		{"POST https://several.example/x", Refused, "HTTP 403", "network.allow:several.example:443", "ringwall.toml:40", "add one more [[network.rule]] of the same host"},
		{"127.0.0.1:3128", Allowed, "", "network.gateway", "ringwall.toml:12", ""},
		{"[::1]:443", Refused, "TLS access_denied", "network.gateway", "ringwall.toml:12", ""},
	} {
		a := ask(t, testWorld(), Question{What: c.what, As: Host})
		p := a.Parts[0]
		if a.Verdict != c.verdict || p.Answer != c.answer || p.Control != c.control || p.From != c.from || !strings.Contains(p.WayOut, c.wayOut) {
			t.Errorf("%s: %s %+v", c.what, a.Verdict, p)
		}
	}
}

// TestNoNetwork: without a gateway nothing resolves, and the way out is the mode.
func TestNoNetwork(t *testing.T) {
	w := testWorld()
	w.Plan.Controls = []plan.Control{control("network.gateway", "/etc/ringwall/policy.toml:2", plan.Op{Gateway: &plan.Gateway{Mode: "none", Ports: []int{}}})}
	for what, answer := range map[string]string{"example.com": "does not resolve", "192.0.2.1:80": "ENETUNREACH"} {
		p := ask(t, w, Question{What: what}).Parts[0]
		if p.Verdict != Refused || p.Answer != answer || !strings.Contains(p.WayOut, "mode") || !strings.Contains(p.WayOut, "/etc/ringwall/policy.toml") {
			t.Errorf("%s: %+v", what, p)
		}
	}
}

// TestAgreesWithTheGateway: for many hosts and ports, spelt in many ways, the
// answer is what the gateway's Decide says. Only the sandbox's own loopback and
// the hosts of credentials are told apart, and never as plainly allowed.
func TestAgreesWithTheGateway(t *testing.T) {
	w := testWorld()
	gateway, err := egress.FromPlan(w.Plan)
	if err != nil {
		t.Fatal(err)
	}
	hosts := []string{"api.example.com", "API.EXAMPLE.com", "api.example.com.", "xapi.example.com", "api.example.com.evil.example",
		"code.example", "web.example", "opaque.example", "denied.example", "evil.example", "model.example", "example.com",
		"wide.example", "x.wide.example", "X.y.Wide.example.", "bad.wide.example", "x.bad.wide.example", "xwide.example", "paths.example", "several.example",
		"192.0.2.7", "192.0.2.8", "10.0.0.1", "10.1.0.1", "10.1.9.1", "169.254.169.254", "198.18.0.1", "[2001:db8::1]", "[::ffff:192.0.2.7]", "0.0.0.0"}
	allowed := 0
	for _, h := range hosts {
		for _, port := range []int{1, 22, 25, 53, 80, 443, 444, 5432, 8080, 65535} {
			d := gateway.Decide(strings.Trim(h, "[]"), port)
			a, err := w.Ask(Question{What: fmt.Sprintf("%s:%d", h, port), As: Host})
			if err != nil {
				if d.Allowed {
					t.Errorf("%s:%d: %v, and the gateway allows it", h, port, err)
				}
				continue
			}
			got := a.Verdict != Refused && a.Parts[0].Control == d.Control
			if got != d.Allowed && h != "model.example" {
				t.Errorf("%s:%d: %s by %s, the gateway says %+v", h, port, a.Verdict, a.Parts[0].Control, d)
			}
			if d.Allowed {
				allowed++
			}
		}
	}
	if allowed != 13 {
		t.Errorf("%d pairs are allowed: the test looks at the wrong ones", allowed)
	}
}

// TestAgreesWithTheGatewayOnRequests: the same for methods and paths.
func TestAgreesWithTheGatewayOnRequests(t *testing.T) {
	w := testWorld()
	gateway, err := egress.FromPlan(w.Plan)
	if err != nil {
		t.Fatal(err)
	}
	allowed, asked := 0, 0
	for _, place := range []string{"https://paths.example", "https://api.example.com", "https://opaque.example", "http://web.example", "https://x.wide.example",
		"https://bad.wide.example", "https://evil.example", "http://paths.example", "https://several.example"} {
		scheme, host, _ := strings.Cut(place, "://")
		port := map[string]int{"http": 80, "https": 443}[scheme]
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "TRACE", "get"} {
			for _, path := range []string{"/", "/v1/messages", "/v1/%6dessages", "/v1/messages/", "/v1//messages", "/public/a/b", "/public/../v1/files",
				"/public/%2e%2e/x", "/public/a%2fb", "/public;x/a", "/PUBLIC/a"} {
				d := gateway.Request(host, port, method, path)
				a := ask(t, w, Question{What: method + " " + place + path, As: Host})
				if (a.Verdict == Allowed) != d.Allowed || a.Verdict == Conditional {
					t.Errorf("%s %s%s: %s, the gateway says %+v", method, place, path, a.Verdict, d)
				}
				asked++
				if d.Allowed {
					allowed++
				}
			}
		}
	}
	if allowed < 50 || asked-allowed < 50 {
		t.Errorf("%d of %d are allowed: the test looks at the wrong ones", allowed, asked)
	}
}
