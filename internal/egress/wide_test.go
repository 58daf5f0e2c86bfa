package egress

import (
	"slices"
	"testing"

	"ringwall/internal/plan"
)

func deny(host string, port int) plan.Control {
	c := allow(host, port)
	c.ID, c.Want.Egress.Deny = "network.deny:"+host, true
	return c
}

// TestDecideWide: a denial wins, an exact rule comes before a pattern, the most
// exact pattern before the others, whatever their order in the plan.
func TestDecideWide(t *testing.T) {
	controls := []plan.Control{
		allow("*.example.com", 443), allow("*.deep.example.com", 443, "GET"), allow("api.example.com", 443),
		allow("10.0.0.0/8", 5432), allow("10.1.0.0/16", 5432), allow("10.1.2.3", 5432), allow("fd00::/8", 443), allow("198.0.0.0/8", 443),
		deny("*.evil.example.com", 0), deny("bad.example.com", 443), deny("10.9.0.0/16", 0), deny("10.1.2.4", 22),
	}
	for range 2 {
		slices.Reverse(controls)
		p := mustPolicy(t, controls...)
		for _, c := range []struct {
			host    string
			port    int
			control string // without "network."; "gateway": nothing is about it
			want    bool
		}{
			{"api.example.com", 443, "allow:api.example.com:443", true},
			{"x.example.com", 443, "allow:*.example.com:443", true},
			{"X.Y.Example.COM.", 443, "allow:*.example.com:443", true},
			{"deep.example.com", 443, "allow:*.example.com:443", true},
			{"x.deep.example.com", 443, "allow:*.deep.example.com:443", true},
			{"example.com", 443, "gateway", false},
			{"xexample.com", 443, "gateway", false},
			{"x.example.com.evil.example", 443, "gateway", false},
			{"x.example.com", 80, "gateway", false},
			{"x..example.com", 443, "gateway", false},
			{".example.com", 443, "gateway", false},
			{"*.example.com", 443, "gateway", false},
			{"x\x00.example.com", 443, "gateway", false},
			{"evil.example.com", 443, "allow:*.example.com:443", true},
			{"x.evil.example.com", 443, "deny:*.evil.example.com", false},
			{"bad.example.com", 443, "deny:bad.example.com", false},
			{"10.1.2.3", 5432, "allow:10.1.2.3:5432", true},
			{"10.1.2.4", 5432, "allow:10.1.0.0/16:5432", true},
			{"10.2.2.4", 5432, "allow:10.0.0.0/8:5432", true},
			{"11.0.0.1", 5432, "gateway", false},
			{"10.9.1.1", 5432, "deny:10.9.0.0/16", false},
			{"10.1.2.4", 22, "deny:10.1.2.4", false},
			{"10.1", 5432, "gateway", false},
			{"::ffff:10.1.2.3", 5432, "gateway", false},
			{"fd12::1", 443, "allow:fd00::/8:443", true},
			{"fe80::1", 443, "gateway", false},
			{"198.18.0.9", 443, "gateway", false}, // an address that stands for a name
			{"fd72:696e:6777:616c:6c00::9", 443, "gateway", false},
			{"198.20.0.9", 443, "allow:198.0.0.0/8:443", true},
		} {
			d := p.Decide(c.host, c.port)
			if d.Allowed != c.want || d.Control != "network."+c.control || d.Allowed == (d.Reason != "") {
				t.Errorf("%s %d: %+v, want %s %v", c.host, c.port, d, c.control, c.want)
			}
		}
	}
}

func TestFromPlanRefusesWide(t *testing.T) {
	with := func(host string, port int, change func(*plan.Egress)) plan.Control {
		c := allow(host, port)
		change(c.Want.Egress)
		return c
	}
	paths := func(list ...string) func(*plan.Egress) { return func(e *plan.Egress) { e.Paths = list } }
	gateway := func(change func(*plan.Gateway)) plan.Control {
		c := gatewayControl(80, 443)
		change(c.Want.Gateway)
		return c
	}
	sound := []plan.Control{gateway(func(g *plan.Gateway) { g.Proxy, g.ProxyEnv, g.Upstream = 3128, true, "http://proxy.example:3128" }),
		allow("*.a.example", 443), allow("10.0.0.0/8", 1), with("a.example", 443, paths("/v1/**")), deny("*.zip", 0)}
	if _, err := FromPlan(planOf(sound...)); err != nil {
		t.Fatalf("a sound plan: %v", err)
	}
	key := keyControl(nil)
	for name, c := range map[string]plan.Control{
		"capitals":           allow("*.A.example", 443),
		"dot behind":         allow("*.a.example.", 443),
		"below an address":   allow("*.10.0.0.1", 443),
		"bits beyond":        allow("10.0.0.1/8", 443),
		"mapped":             allow("::ffff:10.0.0.0/104", 443),
		"names' addresses":   allow("198.18.4.0/24", 443),
		"any port":           allow("*.b.example", 0),
		"another rule":       allow("*.a.example", 443, "GET"),
		"denial with method": with("b.example", 0, func(e *plan.Egress) { e.Deny, e.Methods = true, []string{"GET"} }),
		"dots in a path":     with("b.example", 443, paths("/a/../b")),
		"relative path":      with("b.example", 443, paths("a")),
		"path not plain":     with("b.example", 443, paths("/%61")),
		"three stars":        with("b.example", 443, paths("/***")),
		"negative bound":     with("b.example", 443, func(e *plan.Egress) { e.MaxSent = -1 }),
		"denied credential":  deny(key.Want.Credential.Host, 0),
	} {
		if _, err := FromPlan(planOf(append(slices.Clone(sound), key, c)...)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	for name, change := range map[string]func(*plan.Gateway){
		"proxy on 443":      func(g *plan.Gateway) { g.Proxy = 443 },
		"proxy on 53":       func(g *plan.Gateway) { g.Proxy = 53 },
		"variables alone":   func(g *plan.Gateway) { g.ProxyEnv = true },
		"upstream password": func(g *plan.Gateway) { g.Upstream = "http://a:b@proxy.example:1" },
		"upstream scheme":   func(g *plan.Gateway) { g.Upstream = "https://proxy.example:1" },
		"upstream port":     func(g *plan.Gateway) { g.Upstream = "http://proxy.example" },
		"upstream capitals": func(g *plan.Gateway) { g.Upstream = "http://Proxy.example:1" },
		"negative":          func(g *plan.Gateway) { g.MaxRequests = -1 },
	} {
		if _, err := FromPlan(planOf(gateway(change))); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
