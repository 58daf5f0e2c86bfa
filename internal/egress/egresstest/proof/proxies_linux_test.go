package proof

import (
	"fmt"
	"strings"
	"testing"

	"ringwall/internal/egress/egresstest"
)

// proxy is the gateway's listener for programs that are told of a proxy.
const proxy = "127.0.0.1:3128"

// connect asks the proxy for a connection and says something on it.
func connect(to string, came func() int, open string) attempt {
	return attempt{
		what: fmt.Sprintf(`say:%s|CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n|hello`, proxy, to, to),
		came: came, ends: "ok EOF ECONNRESET", says: "HTTP/1.1 4", open: open,
	}
}

// connectAs goes on with TLS and a request for the same host.
func connectAs(to string, came func() int, open string) attempt {
	host := strings.TrimSuffix(to, ":443")
	return attempt{
		what: fmt.Sprintf("tunnel:%s|%s|%s|%s", proxy, to, host, get(host)),
		came: came, ends: "ok", says: "HTTP/1.1 4", open: open,
	}
}

// socks asks the proxy by SOCKS 5, with a name as its bytes are.
func socks(name string, port int, data string, came func() int, open string) attempt {
	var ask strings.Builder
	fmt.Fprintf(&ask, `\x05\x01\x00\x03\x%02x`, len(name))
	for _, c := range []byte(name) {
		fmt.Fprintf(&ask, `\x%02x`, c)
	}
	fmt.Fprintf(&ask, `\x%02x\x%02x`, port>>8, port&255)
	return attempt{what: fmt.Sprintf(`say:%s|\x05\x01\x00|%s|%s`, proxy, ask.String(), data), came: came, ends: "ok EOF ECONNRESET EPIPE", open: open}
}

// waysOfProxies: through the listener that speaks a proxy's protocols.
func waysOfProxies() []way {
	return []way{
		{id: "PRX-01", what: "a NUL in a name", try: func(s *scene) {
			s.policy = `allow = ["good.example", "good.example:80"]`
			evil, good := s.Web("evil.example", nil), s.Web("good.example", nil)
			came := func() int { return len(evil.Requests()) + len(good.Requests()) + len(s.DNS.Asked("evil")) }
			const data = `GET / HTTP/1.0\r\nHost: good.example\r\n\r\n`
			for _, name := range []string{"evil.example\x00.good.example", "good.example\x00.evil.example", "good.example\x00", "\x00good.example"} {
				a := socks(name, 80, data, came, s.policy)
				a.also = socks("good.example", 80, data, came, "").what
				s.add(a)
			}
			for _, to := range []string{`evil.example\x00.good.example:443`, `good.example\x00:443`} {
				a := connectAs(to, came, s.policy)
				a.ends, a.also = "ok EOF ECONNRESET", connectAs("good.example:443", came, "").what
				s.add(a)
			}
		}, by: []string{"TestCanonicalHostRefuses", "FuzzCanonicalHost"}},
		{id: "PRX-05", what: "other spellings of an address", try: func(s *scene) {
			s.policy = onlyGood
			j := s.at("127.0.0.1:443")
			for _, a := range []string{"127.1", "0x7f.0.0.1", "2130706433", "0177.0.0.1", "127.0.0.1.", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
				"[::]", "[::1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[fe80::1%25lo]", "[::1%lo]", "0.0.0.0", "0", "localhost"} {
				c := connect(a+":443", hits(j), `allow = ["127.0.0.1"]`)
				c.also = `tunnel:` + proxy + `|127.0.0.1:443|127.0.0.1|x`
				s.add(c)
			}
		}, by: []string{"TestCanonicalHostRefuses", "TestPolicyAndPlanReadHostsAlike"}},
		{id: "PRX-09", what: "connections through the proxy to other ports", try: func(s *scene) {
			s.policy = onlyGood
			v4, _ := s.Host("good.example")
			for _, port := range []int{22, 25, 3306, 6379, 2375, 8443} {
				to := fmt.Sprintf("good.example:%d", port)
				j := s.at(egresstest.At(v4, port))
				open := `allow = ["` + to + `"]`
				s.add(connect(to, hits(j), open), socks("good.example", port, "hello", hits(j), open),
					attempt{what: "say:" + to + "|hello", came: hits(j), ends: refusedByKernel, open: open})
			}
		}},
		{id: "PRX-17", what: "the gateway's own address, management and loops", try: func(s *scene) {
			s.policy = onlyGood
			good := s.Web("good.example", nil)
			came := func() int { return len(good.Requests()) }
			for _, to := range []string{proxy, "localhost:3128", "[::1]:3128", "198.18.0.99:443", "198.18.0.1:3128", "127.0.0.1:53"} {
				a := connect(to, came, onlyGood)
				a.also = connectAs("good.example:443", came, "").what
				s.add(a)
			}
			for _, target := range []string{"/", "/status", "http://127.0.0.1:3128/", "http://localhost/metrics", "/proxy.pac", "/squid-internal-mgr/info"} {
				s.add(attempt{what: fmt.Sprintf(`say:%s|GET %s HTTP/1.1\r\nHost: 127.0.0.1:3128\r\n\r\n`, proxy, target), came: came,
					ends: "ok", says: "HTTP/1.1 4", also: connectAs("good.example:443", came, "").what, open: onlyGood})
			}
		}},
		{id: "PRX-18", what: "the listener or placeholder of another run", test: otherRuns, by: []string{"TestCredentialIsSwapped"}},
		{id: "NET-15", what: "NO_PROXY lets private ranges go direct", try: func(s *scene) {
			s.policy = "proxy_env = true\n" + onlyGood
			s.judged("10.0.0.1:443", "hello", refusedByGateway, "")
			s.judged("192.168.1.1:7000", "hello", refusedByKernel, "")
		}, test: noProxy},
	}
}

// noProxy: what is in NO_PROXY is what is inside.
func noProxy(t *testing.T) {
	n := egresstest.New(t)
	b := n.Box("proxy_env = true\n" + onlyGood)
	for _, name := range []string{"NO_PROXY", "no_proxy"} {
		got := b.Attack("env:" + name).Report("env:" + name)
		for _, part := range []string{"10.", "172.", "192.168", "169.254", "*"} {
			if strings.Contains(got.Value, part) {
				t.Errorf("%s is %q", name, got.Value)
			}
		}
	}
	if got := b.Attack("env:HTTPS_PROXY").Report("env:HTTPS_PROXY"); got.Value != "http://"+proxy {
		t.Errorf("HTTPS_PROXY is %+v", got)
	}
	if got := n.Box(onlyGood).Attack("env:HTTPS_PROXY").Report("env:HTTPS_PROXY"); got.Errno != "ENOENT" {
		t.Errorf("without proxy_env HTTPS_PROXY is %+v", got)
	}
}

// otherRuns: the listener exists in one sandbox. The host has none, and what is
// behind the same address in another sandbox is that sandbox's own.
func otherRuns(t *testing.T) {
	n := egresstest.New(t)
	site := n.Web("good.example", nil)
	ask := connectAs("good.example:443", nil, "").what
	first, second := n.Box(onlyGood), n.Box(`allow = ["other.example"]`)
	stop := first.Start("sh", "-c", "echo ready; sleep 60")
	defer stop()
	if got := first.AttackOutside(ask).Report(ask); got.Errno != refusedByKernel {
		t.Errorf("from the host: %+v", got)
	}
	if got := second.Attack(ask).Report(ask); !strings.Contains(got.Value, "HTTP/1.1 403") {
		t.Errorf("from another sandbox: %+v", got)
	}
	if len(site.Requests()) != 0 {
		t.Error("it was reached")
	}
	stop()
	if first.Attack(ask); len(site.Requests()) != 1 {
		t.Error("from its own sandbox it is not reached")
	}
}
