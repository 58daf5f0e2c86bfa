package egress

import (
	"slices"
	"strings"
	"testing"

	"ringwall/internal/plan"
)

func mustPolicy(t *testing.T, controls ...plan.Control) Policy {
	t.Helper()
	p, err := FromPlan(planOf(append([]plan.Control{gatewayControl(80, 443)}, controls...)...))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestDecide(t *testing.T) {
	p := mustPolicy(t, allow("api.example.com", 443), allow("127.0.0.1", 8123), allow("::1", 22))
	for _, c := range []struct {
		host string
		port int
		want bool
	}{
		{"api.example.com", 443, true},
		{"API.example.COM", 443, true},
		{"api.example.com.", 443, true},
		{"127.0.0.1", 8123, true},
		{"::1", 22, true},
		{"[::1]", 22, true},
		{"api.example.com", 80, false},
		{"api.example.com", 0, false},
		{"example.com", 443, false},
		{"x.api.example.com", 443, false},
		{"api.example.com.evil.example", 443, false},
		{"evilapi.example.com", 443, false},
		{"api.example.co", 443, false},
		{"api.example.com\x00", 443, false},
		{"evil\x00api.example.com", 443, false},
		{"api.example.com@evil.example", 443, false},
		{"api\u3002example\u3002com", 443, false},
		{"api%2eexample.com", 443, false},
		{"127.1", 8123, false},
		{"2130706433", 8123, false},
		{"0177.0.0.1", 8123, false},
		{"::ffff:127.0.0.1", 8123, false},
		{"localhost", 8123, false},
		{"127.0.0.1", 22, false},
		{"::1%lo", 22, false},
		{"", 443, false},
		{"*", 443, false},
	} {
		d := p.Decide(c.host, c.port)
		if d.Allowed != c.want {
			t.Errorf("Decide(%q, %d) = %+v, want %v", c.host, c.port, d, c.want)
		}
		if !d.Allowed && (d.Control != ControlGateway || d.Reason == "") {
			t.Errorf("Decide(%q, %d) = %+v: a refusal names its control and reason", c.host, c.port, d)
		}
	}
	if d := p.Decide("api.example.com", 443); d.Control != "network.allow:api.example.com:443" {
		t.Errorf("control is %q", d.Control)
	}
}

func TestNothingIsAllowedByDefault(t *testing.T) {
	lost := allow("api.example.com", 443)
	lost.Status, lost.Why = plan.Unavailable, "test"
	off := gatewayControl()
	off.Want.Gateway.Mode = "none"
	for name, p := range map[string]plan.Plan{
		"empty plan":          planOf(),
		"empty list":          planOf(gatewayControl(443)),
		"no gateway":          planOf(allow("api.example.com", 443)),
		"mode none":           planOf(off, allow("api.example.com", 443)),
		"control unavailable": planOf(gatewayControl(443), lost),
	} {
		pol, err := FromPlan(p)
		if err != nil || pol.Decide("api.example.com", 443).Allowed {
			t.Errorf("%s: allowed, or %v", name, err)
		}
	}
	if (Policy{}).Decide("api.example.com", 443).Allowed {
		t.Error("the zero policy allows")
	}
}

func keyControl(change func(*plan.Credential)) plan.Control {
	c := &plan.Credential{
		Name: "key", Scheme: "https", Host: "api.example.com", Port: 443, Header: "x-api-key", Listen: 9001, Shape: "sk-%s",
	}
	if change != nil {
		change(c)
	}
	return plan.Control{ID: "network.credential:key", Layer: plan.Network, Status: plan.Enforced, Want: plan.Op{Credential: c}}
}

func TestFromPlanRefuses(t *testing.T) {
	if _, err := FromPlan(planOf(gatewayControl(443), keyControl(nil), allow("a.example", 443), allow("a.example", 443))); err != nil {
		t.Errorf("a sound plan: %v", err)
	}
	odd := gatewayControl(443)
	odd.Want.Gateway.Mode = "open"
	for name, controls := range map[string][]plan.Control{
		"not canonical":     {allow("Api.example.com", 443)},
		"any host":          {allow("*", 443)},
		"star inside":       {allow("a.*.example", 443)},
		"port 0":            {allow("a.example", 0)},
		"port too large":    {allow("a.example", 65536)},
		"synthetic address": {allow("198.18.0.1", 443)},
		"TRACE":             {allow("a.example", 80, "TRACE")},
		"lower-case method": {allow("a.example", 80, "get")},
		"two rules":         {allow("a.example", 80, "GET"), allow("a.example", 80)},
		"http to a name":    {keyControl(func(c *plan.Credential) { c.Scheme = "http" })},
		"http to a network": {keyControl(func(c *plan.Credential) { c.Scheme, c.Host = "http", "10.0.0.1" })},
		"scheme":            {keyControl(func(c *plan.Credential) { c.Scheme = "ftp" })},
		"header":            {keyControl(func(c *plan.Credential) { c.Header = "x: y\r\n" })},
		"framing header":    {keyControl(func(c *plan.Credential) { c.Header = "Host" })},
		"prefix":            {keyControl(func(c *plan.Credential) { c.Prefix = "\r\nx: " })},
		"listens on 443":    {keyControl(func(c *plan.Credential) { c.Listen = 443 })},
		"listens on 53":     {keyControl(func(c *plan.Credential) { c.Listen = 53 })},
		"gateway on 53":     nil,
		"mode":              nil,
		"second gateway":    {gatewayControl(80)},
	} {
		first := gatewayControl(443)
		switch name {
		case "gateway on 53":
			first = gatewayControl(443, 53)
		case "mode":
			first = odd
		}
		p := planOf(append([]plan.Control{first}, controls...)...)
		if _, err := FromPlan(p); err == nil {
			t.Errorf("%s: no error", name)
		}
		if s := Sockets(p); s != nil {
			t.Errorf("%s: sockets %v", name, s)
		}
	}
}

func TestSockets(t *testing.T) {
	var got []string
	for _, s := range Sockets(planOf(gatewayControl(80, 443), allow("a.example", 443), keyControl(nil))) {
		got = append(got, s.String())
	}
	want := []string{
		"gateway tcp4 0.0.0.0 port 80", "gateway tcp6 :: port 80",
		"gateway tcp4 0.0.0.0 port 443", "gateway tcp6 :: port 443",
		"dns udp4 0.0.0.0 port 53", "dns udp6 :: port 53", "dns tcp4 0.0.0.0 port 53", "dns tcp6 :: port 53",
		"credential tcp4 127.0.0.1 port 9001",
	}
	if !slices.Equal(got, want) {
		t.Errorf("sockets are\n%s", strings.Join(got, "\n"))
	}
}

func TestNameTable(t *testing.T) {
	table, err := newNameTable([]string{"a.example", "b.example"})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []string{"a.example", "b.example"} {
		v4, v6, _, ok := table.addrs(n)
		back4, _ := table.name(v4)
		back6, _ := table.name(v6)
		if !ok || back4 != n || back6 != n || public(v4) || public(v6) {
			t.Errorf("%s: %v %v lead back to %q %q", n, v4, v6, back4, back6)
		}
	}
	for _, a := range []string{"198.18.0.0", "198.18.0.3", "198.19.255.255", "198.20.0.1", "fd72:696e:6777:616c:6c00::", "fd72:696e:6777:616c:6c00::3", "::1", "127.0.0.1"} {
		if n, ok := table.name(mustAddr(a)); ok {
			t.Errorf("%s stands for %q", a, n)
		}
	}
	if _, err := newNameTable(make([]string, maxNames+1)); err == nil {
		t.Error("too many names: no error")
	}
	last, _ := newNameTable(slices.Repeat([]string{"x.example"}, maxNames))
	if v4, _, _, _ := last.addrs("x.example"); !syntheticV4.Contains(v4) || v4.String() != "198.19.255.254" {
		t.Errorf("the last address is %v", v4)
	}
}
