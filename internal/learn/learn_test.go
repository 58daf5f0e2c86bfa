package learn

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"ringwall/internal/evidence"
	"ringwall/internal/policy"
	"ringwall/internal/project"
)

func parse(t *testing.T, text string) policy.Policy {
	t.Helper()
	p, err := policy.Parse(policy.FileName, []byte("version = 1\n"+text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func presets() map[string][]project.Endpoint {
	return map[string][]project.Endpoint{
		"npm": {{Host: "registry.npmjs.org", Port: 443}}, "anthropic": {{Host: "api.anthropic.com", Port: 443}},
		"go": {{Host: "proxy.golang.org", Port: 443}, {Host: "sum.golang.org", Port: 443}},
	}
}

func seen(needs ...evidence.Needed) *Seen {
	s := new(Seen)
	for _, n := range needs {
		s.Add(n)
	}
	return s
}

func tls(host string, port int) evidence.Needed {
	return evidence.Needed{Proto: "tls", Host: host, Port: port}
}

func http(method, host string, port int, path string) evidence.Needed {
	return evidence.Needed{Proto: "http", Host: host, Port: port, Method: method, Path: path}
}

func dns(host, address string) evidence.Needed {
	return evidence.Needed{Proto: "dns", Host: host, Address: address}
}

// text is a proposal in one line, without the words.
func text(p Proposal) string {
	s := fmt.Sprintf("allow %q", p.Allow)
	for _, r := range p.Rules {
		s += fmt.Sprintf(" rule %s %q", r.Host, r.Methods)
	}
	if len(p.Addition.Methods) > 0 {
		s += fmt.Sprintf(" more %v", p.Addition.Methods)
	}
	if len(p.Tools) > 0 {
		s += fmt.Sprintf(" tools %q", p.Tools)
	}
	for _, n := range p.Left {
		s += " left " + n.What
	}
	for _, n := range p.Warnings {
		s += " warn " + n.What
	}
	return s
}

func TestPropose(t *testing.T) {
	for _, c := range []struct {
		name, policy string
		seen         *Seen
		want         string
	}{
		{"nothing", "", seen(), `allow []`},
		{"a host", "", seen(dns("a.example", "198.18.0.1"), tls("a.example", 443)), `allow ["a.example"]`},
		{"its other port", "", seen(dns("a.example", ""), tls("a.example", 8443), tls("a.example", 443)), `allow ["a.example" "a.example:8443"]`},
		{"methods", "", seen(http("GET", "a.example", 443, "/x"), http("POST", "a.example", 443, "/y"), http("GET", "a.example", 443, "/z")),
			`allow [] rule a.example ["GET" "POST"]`},
		{"plain HTTP", "", seen(http("HEAD", "a.example", 80, "/")), `allow [] rule a.example:80 ["HEAD"]`},
		{"a preset", "", seen(http("GET", "sum.golang.org", 443, "/x"), tls("proxy.golang.org", 443)), `allow ["preset:go"]`},
		{"a preset that is there", "[network]\nallow = [\"preset:go\"]", seen(http("POST", "sum.golang.org", 443, "/x")), `allow [] left POST sum.golang.org:443`},
		{"publishing", "", seen(http("GET", "registry.npmjs.org", 443, "/x"), http("PUT", "registry.npmjs.org", 443, "/x")),
			`allow ["preset:npm"] left PUT registry.npmjs.org:443`},
		{"another port than the preset's", "", seen(tls("registry.npmjs.org", 8443)), `allow ["registry.npmjs.org:8443"]`},
		{"a model", "", seen(http("POST", "api.anthropic.com", 443, "/v1/messages")), `allow [] rule api.anthropic.com ["POST"] warn api.anthropic.com:443`},
		{"a rule with fewer methods", "[[network.rule]]\nhost = \"a.example\"\nmethods = [\"GET\"]", seen(http("PUT", "a.example", 443, "/")), `allow [] more map[0:[PUT]]`},
		{"several rules", "[[network.rule]]\nhost = \"a.example\"\nmethods = [\"POST\"]\npaths = [\"/v1/**\"]\n[[network.rule]]\nhost = \"a.example:443\"\nmethods = [\"GET\"]",
			seen(http("PUT", "a.example", 443, "/"), http("POST", "a.example", 443, "/")), `allow [] more map[1:[PUT]]`},
		{"several rules with paths", "[[network.rule]]\nhost = \"a.example\"\nmethods = [\"POST\"]\npaths = [\"/v1/**\"]\n[[network.rule]]\nhost = \"a.example:443\"\nmethods = [\"GET\"]\npaths = [\"/\"]",
			seen(http("POST", "a.example", 443, "/")), `allow [] left a.example:443`},
		{"a rule's paths", "[[network.rule]]\nhost = \"a.example\"\nmethods = [\"GET\"]\npaths = [\"/v1/**\"]", seen(http("GET", "a.example", 443, "/")), `allow [] left a.example:443`},
		{"a rule's paths and methods", "[[network.rule]]\nhost = \"a.example\"\nmethods = [\"GET\"]\npaths = [\"/v1/**\"]",
			seen(http("POST", "a.example", 443, "/v1/x"), http("GET", "a.example", 443, "/v2")), `allow [] more map[0:[POST]] left /v2 a.example:443`},
		{"only a name", "", seen(dns("a.example", "198.18.0.1")), `allow [] left a.example`},
		{"denied", "[network]\ndeny = [\"*.evil.example\"]", seen(tls("x.evil.example", 443)), `allow [] left x.evil.example:443`},
		{"a sink", "", seen(tls("webhook.site", 443), tls("x.ngrok.io", 443), tls("0x0.st", 443)), `allow [] left 0x0.st:443 left webhook.site:443 left x.ngrok.io:443`},
		{"metadata", "", seen(http("GET", "169.254.169.254", 80, "/latest"), tls("fd00:ec2::254", 443), tls("metadata.google.internal", 80), tls("169.254.170.2", 80)),
			`allow [] left 169.254.169.254:80 left 169.254.170.2:80 left [fd00:ec2::254]:443 left metadata.google.internal:80`},
		{"the sandbox itself", "", seen(tls("127.0.0.1", 443), tls("::1", 80), tls("198.18.0.9", 443)), `allow [] left 127.0.0.1:443 left 198.18.0.9:443 left [::1]:80`},
		{"a code host", "", seen(tls("github.com", 22)), `allow ["github.com:22"] warn github.com:22`},
		{"addresses", "", seen(tls("10.1.2.3", 5432), tls("2600::1", 443)), `allow ["10.1.2.3:5432" "[2600::1]"] warn 10.1.2.3:5432 warn [2600::1]:443`},
		{"tools", "[tools]\nallow = [\"git\"]", seen(evidence.Needed{Tool: "curl"}, evidence.Needed{Tool: "git"}, evidence.Needed{Tool: "curl"}), `allow [] tools ["curl"] warn curl`},
	} {
		p := parse(t, c.policy)
		got := Propose(p, p, presets(), c.seen)
		if text(got) != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, text(got), c.want)
		}
		if _, err := policy.Add(policy.FileName, []byte("version = 1\n"+c.policy), got.Addition); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// TestConnectFindsTheName: the kernel refused a port of an address that stands
// for a name.
func TestConnectFindsTheName(t *testing.T) {
	s := seen(dns("db.example", "198.18.0.7"))
	s.Connect(netip.MustParseAddrPort("198.18.0.7:5432"))
	s.Connect(netip.MustParseAddrPort("[::ffff:10.0.0.1]:6379"))
	if got := text(Propose(parse(t, ""), parse(t, ""), nil, s)); got != `allow ["10.0.0.1:6379" "db.example:5432"] warn 10.0.0.1:6379` {
		t.Error(got)
	}
}

// TestHostileNeeds: what comes from inside never becomes anything but an exact
// host, port or method, and there is a bound to it.
func TestHostileNeeds(t *testing.T) {
	s := new(Seen)
	for _, host := range []string{"", "*.example", "a.example\"]\nmode = \"none", "\x1b[31ma.example", "a example", "10.0.0.0/8", "127.1", "0x7f.1",
		"xn--\u202e.example", "a.example:80", "preset:go", strings.Repeat("a.", 200) + "example", "a..example", "http://a.example", "[::1]%eth0"} {
		s.Add(http("GET", host, 443, "/"))
		s.Add(tls(host, -1))
	}
	if places := s.Places(); len(places) != 0 {
		t.Errorf("%+v", places)
	}
	for i := range 3 * maxPlaces {
		s.Add(tls(fmt.Sprintf("h%d.example", i), 443))
	}
	p := Propose(parse(t, ""), parse(t, ""), nil, s)
	if len(p.Allow) != maxPlaces || s.More == 0 || !slices.ContainsFunc(p.Left, func(n Note) bool { return strings.HasSuffix(n.What, " more") }) {
		t.Errorf("%d entries, %d more", len(p.Allow), s.More)
	}
}
