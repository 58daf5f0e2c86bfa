package proof

import (
	"fmt"
	"strings"
	"testing"

	"ringwall/internal/egress/egresstest"
)

// waysOfRequests: what a request may be, and what of it goes on.
func waysOfRequests() []way {
	return []way{
		{id: "NET-16", what: "data through a host that is allowed", try: func(s *scene) {
			s.policy = "[[network.rule]]\nhost = \"registry.example:80\"\nmethods = [\"GET\", \"HEAD\"]\n"
			open := "[[network.rule]]\nhost = \"registry.example:80\"\nmethods = [\"GET\", \"HEAD\", \"PUT\", \"POST\", \"DELETE\", \"PATCH\"]\n"
			site := s.Web("registry.example", nil)
			for _, m := range []string{"PUT", "POST", "DELETE", "PATCH"} {
				s.add(attempt{what: fmt.Sprintf(`say:registry.example:80|%s /package HTTP/1.1\r\nHost: registry.example\r\nContent-Length: 4\r\nConnection: close\r\n\r\ndata`, m),
					came: func() int { return len(site.Requests()) }, ends: "ok", says: "HTTP/1.1 403", open: open})
			}
		}, test: insideTLS, by: []string{"TestKeyOfItsOwnIsRefused", "TestMethodsAreEnforced"}},
		{id: "PRX-13", what: "requests that two parsers read in two ways", try: smuggling, test: secondRequest,
			by: []string{"TestHTTPSmuggling", "FuzzParseHead"}},
		{id: "PRX-14", what: "methods that echo, and headers for proxies", try: func(s *scene) {
			s.policy = `allow = ["good.example:80"]`
			site := s.Web("good.example", nil)
			came := func() int { return len(site.Requests()) }
			for _, m := range []string{"TRACE", "TRACK", "CONNECT", "PRI"} {
				s.add(attempt{what: fmt.Sprintf(`say:good.example:80|%s / HTTP/1.1\r\nHost: good.example\r\nConnection: close\r\n\r\n`, m),
					came: came, ends: "ok", says: "HTTP/1.1 4", also: "say:good.example:80|" + get("good.example"), open: s.policy})
			}
		}, test: hopHeaders, by: []string{"TestHeadersThatDoNotPass"}},
		{id: "PRX-16", what: "a path that is read in two ways", try: paths},
	}
}

// insideTLS: the same inside TLS, which is opened for it.
func insideTLS(t *testing.T) {
	n := egresstest.New(t)
	site := n.Web("api.example", nil)
	policy := func(methods string) string {
		return "ca = [\"" + n.CA.File + "\"]\n[[network.rule]]\nhost = \"api.example\"\nmethods = [" + methods + "]\npaths = [\"/v1/messages\"]\n"
	}
	ask := func(line string) string {
		return `tls:api.example:443|api.example|` + line + ` HTTP/1.1\r\nHost: api.example\r\nContent-Length: 4\r\nConnection: close\r\n\r\ndata`
	}
	b := n.Box(policy(`"GET", "POST"`))
	tries := []string{ask("PUT /v1/messages"), ask("POST /v1/files"), ask("POST /v1/messages/../files"), ask("DELETE /v1/messages")}
	r := b.Attack(tries...)
	for _, a := range tries {
		if got := r.Report(a); len(site.Requests()) != 0 || !strings.Contains(got.Value, "HTTP/1.1 4") {
			t.Errorf("%+v %v %s", got, site.Requests(), r.Stderr)
		}
	}
	if r := b.Attack(ask("POST /v1/messages")); len(site.Requests()) != 1 {
		t.Errorf("what is allowed does not arrive: %+v %s", r.Reports, r.Stderr)
	}
	b.Network(policy(`"GET", "POST", "PUT"`))
	if r := b.Attack(tries[0]); len(site.Requests()) != 2 {
		t.Errorf("with the method allowed it does not arrive: %+v", r.Reports)
	}
	b.Network(policy(`"POST"`) + "[[network.rule]]\nhost = \"api.example\"\nmethods = [\"GET\", \"DELETE\"]\n")
	if r := b.Attack(tries[:3]...); len(site.Requests()) != 2 {
		t.Errorf("with a rule beside for other methods it arrives: %+v %v", r.Reports, site.Requests())
	}
	if r := b.Attack(tries[3], ask("POST /v1/messages")); len(site.Requests()) != 4 {
		t.Errorf("what one of two rules allows does not arrive: %+v %s", r.Reports, r.Stderr)
	}
}

// smuggling: each would be one request to somebody, and two to somebody else.
func smuggling(s *scene) {
	s.policy = `allow = ["good.example:80"]`
	v4, _ := s.Host("good.example")
	j := s.at(egresstest.At(v4, 80))
	const host = `Host: good.example\r\n`
	const hidden = `GET /smuggled HTTP/1.1\r\nHost: good.example\r\n\r\n`
	for _, head := range []string{
		`Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
		`Content-Length: 4\r\nContent-Length: 5\r\n\r\ndata`,
		`Content-Length: 4, 4\r\n\r\ndata`,
		`Content-Length: +4\r\n\r\ndata`,
		`Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`,
		`Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`,
		`Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`,
		`Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n`,
		`X: y\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
		`X: a\x00b\r\n\r\n`,
		`Host: evil.example\r\n\r\n`,
		`X: y\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
	} {
		s.add(attempt{what: `say:good.example:80|POST / HTTP/1.1\r\n` + host + head + hidden, came: hits(j), ends: "ok", says: "HTTP/1.1 400",
			also: "say:good.example:80|" + get("good.example"), open: s.policy})
	}
	for _, line := range []string{`GET / HTTP/1.1\n`, `GET  / HTTP/1.1\r\n`, `GET / HTTP/1.1 \r\n`, `GET /\thidden HTTP/1.1\r\n`, `GET http://evil.example/ HTTP/1.1\r\n`, `GET / HTTP/2.0\r\n`, `get / HTTP/1.1\r\n`} {
		s.add(attempt{what: `say:good.example:80|` + line + host + `\r\n`, came: hits(j), ends: "ok", says: "HTTP/1.1 400",
			also: "say:good.example:80|" + get("good.example"), open: s.policy})
	}
}

// secondRequest: on a connection that is kept alive each request is decided on
// by itself, and a chunked body that is not one ends the connection.
func secondRequest(t *testing.T) {
	n := egresstest.New(t)
	good, evil := n.Web("good.example", nil), n.Web("evil.example", nil)
	b := n.Box(`allow = ["good.example:80"]`)
	const first = `GET /first HTTP/1.1\r\nHost: good.example\r\n\r\n`
	pipelined := `say:good.example:80|` + first + `GET /second HTTP/1.1\r\nHost: evil.example\r\n\r\n`
	proxied := `say:` + proxy + `|GET http://good.example/first HTTP/1.1\r\nHost: good.example\r\n\r\n|GET http://evil.example/second HTTP/1.1\r\nHost: evil.example\r\n\r\n`
	chunks := `say:good.example:80|POST /chunks HTTP/1.1\r\nHost: good.example\r\nTransfer-Encoding: chunked\r\n\r\n5;\x00\r\nhello\r\nZZ\r\n` + first
	r := b.Attack(pipelined, proxied, chunks)
	for _, req := range good.Requests() {
		if req.URI != "/first" && req.URI != "/chunks" {
			t.Errorf("it arrived: %+v", req)
		}
	}
	if len(evil.Requests()) != 0 || len(n.DNS.Asked("evil")) != 0 || len(good.Requests()) < 2 {
		t.Errorf("%+v, %v", r.Reports, good.Requests())
	}
	b.Network(`allow = ["good.example:80", "evil.example:80"]`)
	if r := b.Attack(proxied); len(evil.Requests()) != 1 {
		t.Errorf("with both allowed the second does not arrive: %+v", r.Reports)
	}
}

// hopHeaders: what is meant for a proxy ends there.
func hopHeaders(t *testing.T) {
	n := egresstest.New(t)
	site := n.Web("good.example", nil)
	b := n.Box(`allow = ["good.example:80"]`)
	names := []string{"Proxy-Authorization", "X-Forwarded-For", "X-Forwarded-Host", "Forwarded", "X-Real-Ip", "Te", "Keep-Alive", "X-Hop"}
	head := ""
	for _, h := range names {
		head += h + `: value\r\n`
	}
	for _, a := range []string{`say:good.example:80|GET / HTTP/1.1\r\nHost: good.example\r\nConnection: close, X-Hop\r\n` + head + `\r\n`,
		`say:` + proxy + `|GET http://good.example/ HTTP/1.1\r\nHost: good.example\r\nProxy-Connection: close\r\nConnection: close, X-Hop\r\n` + head + `\r\n`} {
		before := len(site.Requests())
		r := b.Attack(a)
		got := site.Requests()
		if len(got) != before+1 {
			t.Errorf("nothing arrived: %+v", r.Reports)
			continue
		}
		for _, h := range append(names, "Proxy-Connection") {
			if v := got[before].Header.Get(h); v != "" {
				t.Errorf("%s: %s arrived", h, v)
			}
		}
	}
	before := len(site.Requests())
	b.AttackOutside(`say:good.example:80|GET / HTTP/1.1\r\nHost: good.example\r\nConnection: close\r\n` + head + `\r\n`)
	if got := site.Requests(); len(got) != before+1 || got[before].Header.Get("X-Forwarded-For") == "" {
		t.Errorf("without a sandbox they do not arrive either: %+v", got)
	}
}

// paths: every spelling of another path is another path, or none.
func paths(s *scene) {
	rule := "[[network.rule]]\nhost = \"api.example:80\"\n"
	s.policy = rule + "paths = [\"/v1/messages\", \"/v1/messages/**\"]\n"
	site := s.Web("api.example", nil)
	came := func() int { return len(site.Requests()) }
	for _, p := range []string{"/v1/files", "/v1/messages/../files", "/v1/messages/%2e%2e/files", "/v1/messages/%2E./files", "/v1/messages/..%2ffiles",
		"/v1/messages%2f..%2ffiles", "//v1/messages", "/v1//messages/../files", "/v1/messages/./x", "/V1/messages", "/v1/messages;/../../files", "/v1/messages%00",
		"/v1/messages%252f..%252ffiles/../..", `/v1/messages\\..\\files`, "/v1/messagesx", "/"} {
		s.add(attempt{what: `say:api.example:80|GET ` + p + ` HTTP/1.1\r\nHost: api.example\r\nConnection: close\r\n\r\n`, came: came, ends: "ok", says: "HTTP/1.1 4",
			also: `say:api.example:80|GET /v1/messages/x HTTP/1.1\r\nHost: api.example\r\nConnection: close\r\n\r\n`, open: s.policy})
	}
}
