package egress

import (
	"bufio"
	"bytes"
	"errors"
	"net/http"
	"strings"
	"testing"
)

var goodHeads = map[string]dest{
	"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n":                                                                {"a.example", 0},
	"GET /x/%2e%2e/y;v=1?q=a|b{c} HTTP/1.1\r\nHost: A.example:8080\r\nAccept: */*\r\n\r\n":                     {"a.example", 8080},
	"POST /v1 HTTP/1.1\r\nHost: a.example\r\nContent-Length: 5\r\n\r\nhello":                                   {"a.example", 0},
	"POST /v1 HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: Chunked\r\n\r\n0\r\n\r\n":                      {"a.example", 0},
	"GET http://a.example/x HTTP/1.1\r\nHost: a.example\r\n\r\n":                                               {"a.example", 0},
	"GET http://a.example HTTP/1.1\r\nHost: a.example\r\n\r\n":                                                 {"a.example", 0},
	"GET / HTTP/1.0\r\nHost: [::1]:8123\r\n\r\n":                                                               {"::1", 8123},
	"GET //evil.example/x HTTP/1.1\r\nHost: a.example\r\nX-Odd: \tlatin \xe9\r\n\r\n":                          {"a.example", 0},
	"M-SEARCH / HTTP/1.1\r\nHost: 127.0.0.1:1\r\n\r\n":                                                         {"127.0.0.1", 1},
	"GET / HTTP/1.1\r\nhost:a.example\r\nConnection: Host, X-Api-Key\r\nUpgrade: h2c\r\nEmpty:\r\n\r\n":        {"a.example", 0},
	"GET / HTTP/1.1\r\nHost: a.example\r\n\r\nGET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n": {"a.example", 0},
}

// badHeads are the forms in which requests are smuggled, or that parsers read
// in different ways.
var badHeads = map[string]string{
	"length and encoding":      "POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
	"two lengths":              "POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
	"two equal lengths":        "POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n",
	"length list":              "POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 5, 5\r\n\r\n",
	"signed length":            "POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: +5\r\n\r\n",
	"hex length":               "POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 0x5\r\n\r\n",
	"empty length":             "POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length:\r\n\r\n",
	"xchunked":                 "POST / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: xchunked\r\n\r\n",
	"gzip, chunked":            "POST / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
	"two encodings":            "POST / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
	"blank before colon":       "POST / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding : chunked\r\n\r\n",
	"vertical tab in encoding": "POST / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: \x0bchunked\r\n\r\n",
	"chunked in HTTP/1.0":      "POST / HTTP/1.0\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n",
	"folded header":            "GET / HTTP/1.1\r\nHost: a.example\r\nX: a\r\n b\r\n\r\n",
	"folded first":             "GET / HTTP/1.1\r\n Host: a.example\r\nHost: a.example\r\n\r\n",
	"bare line feeds":          "GET / HTTP/1.1\nHost: a.example\n\n",
	"one bare line feed":       "GET / HTTP/1.1\r\nX: y\nHost: evil.example\r\nHost: a.example\r\n\r\n",
	"bare CR":                  "GET / HTTP/1.1\r\nX: y\rHost: evil.example\r\nHost: a.example\r\n\r\n",
	"NUL":                      "GET / HTTP/1.1\r\nHost: a.example\r\nX: \x00\r\n\r\n",
	"NUL in host":              "GET / HTTP/1.1\r\nHost: evil.example\x00.a.example\r\n\r\n",
	"no host":                  "GET / HTTP/1.1\r\n\r\n",
	"two hosts":                "GET / HTTP/1.1\r\nHost: a.example\r\nHost: evil.example\r\n\r\n",
	"two equal hosts":          "GET / HTTP/1.1\r\nHost: a.example\r\nHost: a.example\r\n\r\n",
	"empty host":               "GET / HTTP/1.1\r\nHost:\r\n\r\n",
	"host list":                "GET / HTTP/1.1\r\nHost: a.example, evil.example\r\n\r\n",
	"host with userinfo":       "GET / HTTP/1.1\r\nHost: a.example@evil.example\r\n\r\n",
	"host with path":           "GET / HTTP/1.1\r\nHost: evil.example/a.example\r\n\r\n",
	"host with port 0":         "GET / HTTP/1.1\r\nHost: a.example:0\r\n\r\n",
	"host with sign":           "GET / HTTP/1.1\r\nHost: a.example:-1\r\n\r\n",
	"absolute form differs":    "GET http://evil.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n",
	"absolute form, port":      "GET http://a.example:8080/ HTTP/1.1\r\nHost: a.example\r\n\r\n",
	"absolute form, userinfo":  "GET http://a.example@evil.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n",
	"absolute form, https":     "GET https://a.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n",
	"authority form":           "GET a.example:80 HTTP/1.1\r\nHost: a.example\r\n\r\n",
	"asterisk":                 "OPTIONS * HTTP/1.1\r\nHost: a.example\r\n\r\n",
	"CONNECT":                  "CONNECT a.example:443 HTTP/1.1\r\nHost: a.example\r\n\r\n",
	"TRACE":                    "TRACE / HTTP/1.1\r\nHost: a.example\r\n\r\n",
	"TRACK":                    "TRACK / HTTP/1.1\r\nHost: a.example\r\n\r\n",
	"HTTP/2 preface":           "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
	"HTTP/2 version":           "GET / HTTP/2.0\r\nHost: a.example\r\n\r\n",
	"HTTP/0.9":                 "GET /\r\n\r\n",
	"lower-case method":        "get / HTTP/1.1\r\nHost: a.example\r\n\r\n",
	"two blanks":               "GET  / HTTP/1.1\r\nHost: a.example\r\n\r\n",
	"tab in request line":      "GET\t/ HTTP/1.1\r\nHost: a.example\r\n\r\n",
	"blank in target":          "GET /a b HTTP/1.1\r\nHost: a.example\r\n\r\n",
	"fragment":                 "GET /a#b HTTP/1.1\r\nHost: a.example\r\n\r\n",
	"backslash":                "GET /a\\b HTTP/1.1\r\nHost: a.example\r\n\r\n",
	"bad escape":               "GET /%zz HTTP/1.1\r\nHost: a.example\r\n\r\n",
	"short escape":             "GET /% HTTP/1.1\r\nHost: a.example\r\n\r\n",
	"high byte in target":      "GET /\xff HTTP/1.1\r\nHost: a.example\r\n\r\n",
	"header without colon":     "GET / HTTP/1.1\r\nHost: a.example\r\nX\r\n\r\n",
	"header without name":      "GET / HTTP/1.1\r\nHost: a.example\r\n: x\r\n\r\n",
	"blank in header name":     "GET / HTTP/1.1\r\nHost: a.example\r\nX Y: z\r\n\r\n",
	"CRLF first":               "\r\nGET / HTTP/1.1\r\nHost: a.example\r\n\r\n",
	"too many headers":         "GET / HTTP/1.1\r\nHost: a.example\r\n" + strings.Repeat("X: y\r\n", maxHeaders) + "\r\n",
}

func TestParseHead(t *testing.T) {
	for in, want := range goodHeads {
		h, err := parseHead([]byte(in))
		if err != nil || h.host != want {
			t.Errorf("%q: %+v, %v", in, h, err)
		}
		end := strings.Index(in, "\r\n\r\n") + 4
		for n := range end {
			if _, err := parseHead([]byte(in[:n])); !errors.Is(err, errMore) {
				t.Fatalf("%q: %v", in[:n], err)
			}
		}
	}
	for name, in := range badHeads {
		if h, err := parseHead([]byte(in)); err == nil || errors.Is(err, errMore) {
			t.Errorf("%s: %+v, %v", name, h, err)
		}
	}
}

func FuzzParseHead(f *testing.F) {
	for in := range goodHeads {
		f.Add([]byte(in))
	}
	for _, in := range badHeads {
		f.Add([]byte(in))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := parseHead(b)
		if err != nil {
			return
		}
		r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(b)))
		if err != nil {
			return // net/http refuses it: it goes nowhere
		}
		if r.Method != h.method || r.RequestURI != h.target {
			t.Fatalf("net/http reads %s %s, the gateway %+v", r.Method, r.RequestURI, h)
		}
		if d, err := parseAuthority(r.Host); err != nil || d != h.host {
			t.Fatalf("net/http reads the host %q, the gateway %+v", r.Host, h)
		}
		if p := r.URL.EscapedPath(); p != h.path && p != "" {
			t.Fatalf("net/http sends the path %q, the gateway read %q", p, h.path)
		}
	})
}
