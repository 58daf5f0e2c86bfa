package proof

import (
	"fmt"

	"ringwall/internal/egress/egresstest"
)

// remoteError is how a TLS handshake that was turned away ends: with an alert.
const remoteError = "remote"

// waysOfNamesSent: the name in the proxy request, the hello and the header.
func waysOfNamesSent() []way {
	return []way{
		{id: "PRX-06", what: "userinfo, separators and escapes in an authority", try: authorities,
			by: []string{"TestCanonicalHostRefuses", "TestParseHead", "FuzzParseHead"}},
		{id: "PRX-07", what: "one name in the request, another in the hello or the header", try: fronting, by: []string{"TestTLSRefused", "FuzzParseHello"}},
		{id: "PRX-08", what: "another protocol where TLS belongs", try: func(s *scene) {
			s.policy = onlyGood
			v4, _ := s.Host("good.example")
			j := s.at(egresstest.At(v4, 443))
			for _, first := range []string{`SSH-2.0-OpenSSH_9.2\r\n`, `\x00\x01\x02\x03`, `hello\r\n`, `GET / HTTP/1.1\r\nHost: good.example\r\n\r\n`,
				`\x15\x03\x03\x00\x02\x02\x28`, `\x16\x03\x01\x00\x05hello`} {
				s.add(attempt{what: "say:good.example:443|" + first, came: hits(j), ends: "ok ECONNRESET EOF"},
					attempt{what: fmt.Sprintf("tunnel:%s|good.example:443||%s", proxy, first), came: hits(j), ends: "ok ECONNRESET EOF",
						also: "say:good.example:443|" + first})
			}
		}, by: []string{"TestRaw"}},
	}
}

func authorities(s *scene) {
	s.policy = `allow = ["good.example", "good.example:80"]`
	evil, good := s.Web("evil.example", nil), s.Web("good.example", nil)
	came := func() int { return len(evil.Requests()) + len(good.Requests()) + len(s.DNS.Asked("evil")) }
	for _, a := range []string{"good.example@evil.example", "good.example:x@evil.example", "evil.example#good.example", `evil.example\\good.example`,
		"evil.example%2fgood.example", "evil.example%00.good.example", "evil%2eexample", "good.example%2eevil.example", `evil.example\tgood.example`,
		`evil\u3002example`, `evil\uff0eexample`, `good.example\u200b`, "xn--", "good.example:080", "good.example:80:80", "good.example:+80", "[good.example]", "good.example:",
		"good..example", "-good.example", "good_.example", "*.example", ".good.example", "good.example.."} {
		also := fmt.Sprintf(`say:%s|GET http://good.example/ HTTP/1.1\r\nHost: good.example\r\n\r\n`, proxy)
		s.add(attempt{what: fmt.Sprintf(`say:%s|GET http://%s/ HTTP/1.1\r\nHost: %s\r\n\r\n`, proxy, a, a), came: came, ends: "ok", says: "HTTP/1.1 4", also: also, open: s.policy},
			attempt{what: fmt.Sprintf(`say:good.example:80|GET / HTTP/1.1\r\nHost: %s\r\n\r\n`, a), came: came, ends: "ok", says: "HTTP/1.1 4", also: also, open: s.policy},
			attempt{what: fmt.Sprintf(`say:%s|CONNECT %s:443 HTTP/1.1\r\nHost: %s:443\r\n\r\n|x`, proxy, a, a), came: came, ends: "ok", says: "HTTP/1.1 4", also: also, open: s.policy})
	}
}

// fronting: both names lead to one server, as at a content network, and one of
// them is not allowed, or both are.
func fronting(s *scene) {
	s.policy = `allow = ["front.example", "other.example", "front.example:80"]`
	site := s.Web("front.example", nil)
	for _, name := range []string{"hidden.example", "other.example"} {
		s.DNS.Set(name, site.V4, site.V6)
	}
	came := func() int { return len(site.Requests()) }
	const plain = `GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n`
	both := `allow = ["front.example", "hidden.example", "other.example", "front.example:80"]`
	for _, sni := range []string{"hidden.example", "other.example", "-", "front.example.x"} {
		right := sni
		if sni != "hidden.example" && sni != "other.example" {
			right = "front.example"
		}
		s.add(attempt{what: "tls:front.example:443|" + sni + "|" + fmt.Sprintf(plain, "front.example"), came: came, ends: remoteError,
			also: "tls:" + right + ":443|" + right + "|" + fmt.Sprintf(plain, right), open: both},
			attempt{what: fmt.Sprintf("tunnel:%s|front.example:443|%s|", proxy, sni) + fmt.Sprintf(plain, "front.example"), came: came, ends: remoteError,
				also: fmt.Sprintf("tunnel:%s|%s:443|%s|", proxy, right, right) + fmt.Sprintf(plain, right), open: both})
	}
	s.add(attempt{what: "say:front.example:80|" + fmt.Sprintf(plain, "hidden.example"), came: came, ends: "ok", says: "HTTP/1.1 4",
		also: "say:front.example:80|" + fmt.Sprintf(plain, "front.example"), open: both})
}
