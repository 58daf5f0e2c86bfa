package egress

import (
	"net/url"
	"strings"
	"testing"

	"ringwall/internal/plan"
)

func TestNormalPath(t *testing.T) {
	for path, want := range map[string]string{
		"/":                 "/",
		"/v1/messages":      "/v1/messages",
		"/v1/":              "/v1/",
		"/%76%31/m%65ss%7E": "/v1/mess~",
		"/a%20b%c3%a9":      "/a%20b%C3%A9",
		"/@scope/x":         "/@scope/x",
		"/...":              "/...",
		"/.git":             "/.git",
		"/a%3Fb%23":         "/a%3Fb%23",
	} {
		if got, err := normalPath(path); err != nil || got != want {
			t.Errorf("%q is %q, %v; want %q", path, got, err, want)
		}
	}
	for _, path := range []string{
		"", "v1", "*", "//", "/a//b", "/v1/../files", "/..", "/.", "/a/.", "/a/..", "/./a", "/a;b/c", "/..;/a", "/a?b", "/a#b", "/a b", "/\\..\\a",
		"/v1/%2e%2e/files", "/v1/%2E/x", "/.%2e/x", "/v1%2ffiles", "/v1%2Ffiles", "/v1%5cfiles", "/v1/..%5c", "/a%3bb", "/%00", "/a%0d%0aX:y", "/%7f",
		"/v1/%252e%252e/files", "/%25%32%66", "/%c0%ae%c0%ae/files", "/%c0%af", "/%e0%80%af", "/%ff", "/%ef%bc%8f", "/%ef%bc%8e%ef%bc%8e", "/%e2%80%a5", "/%c2%85", "/%u002e", "/%", "/%2",
		"/é", "/a\x00", "/" + strings.Repeat("a", maxDecidedPath),
	} {
		if got, err := normalPath(path); err == nil {
			t.Errorf("%q has the form %q", path, got)
		}
	}
}

// FuzzNormalPath: the form is its own form, and a reader that undoes every
// escape finds no dots, no doubled slash and no separator in it that the
// decision did not see.
func FuzzNormalPath(f *testing.F) {
	for _, s := range []string{"/v1/messages", "/v1/../files", "/%2e%2e/", "/a%2fb", "//", "/;a", "/%c3%a9", "/%c0%af", "/%7e", "/%252e", "/%EF%BC%8F"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, path string) {
		got, err := normalPath(path)
		if err != nil {
			return
		}
		if again, err := normalPath(got); err != nil || again != got {
			t.Fatalf("%q is %q, which is %q, %v", path, got, again, err)
		}
		plain, err := url.PathUnescape(path)
		if err != nil {
			t.Fatalf("%q passes and cannot be read: %v", path, err)
		}
		if other, err := url.PathUnescape(got); err != nil || other != plain {
			t.Fatalf("%q means %q, its form %q means %q, %v", path, plain, got, other, err)
		}
		if strings.Count(plain, "/") != strings.Count(path, "/") || strings.ContainsAny(plain, "\\;\x00\r\n%") || strings.Contains(plain, "//") {
			t.Fatalf("%q means %q", path, plain)
		}
		for part := range strings.SplitSeq(plain, "/") {
			if part == "." || part == ".." {
				t.Fatalf("%q means %q", path, plain)
			}
		}
	})
}

func limited(host string, port int, status plan.Status, change func(*plan.Egress)) plan.Control {
	c := allow(host, port)
	c.Status = status
	if status != plan.Enforced {
		c.Why = "test"
	}
	change(c.Want.Egress)
	return c
}

// TestRequest: method and path are decided on together, and what is forwarded
// are the bytes that were decided on (PRX-16).
func TestRequest(t *testing.T) {
	p := mustPolicy(t,
		limited("api.example.com", 443, plan.Enforced, func(e *plan.Egress) {
			e.Methods, e.Paths, e.Intercept = []string{"GET", "POST"}, []string{"/v1/messages", "/v1/models/*", "/public/**"}, true
		}),
		limited("reg.example.com", 443, plan.Enforced, func(e *plan.Egress) { e.Methods, e.Intercept = []string{"GET"}, true }),
		limited("opaque.example.com", 443, plan.Downgraded, func(e *plan.Egress) { e.Methods = []string{"GET"} }),
		limited("plain.example.com", 80, plan.Downgraded, func(e *plan.Egress) { e.Methods = []string{"GET"} }),
	)
	for _, c := range []struct {
		host   string
		port   int
		method string
		path   string
		want   string // forwarded; empty: refused
	}{
		{"api.example.com", 443, "POST", "/v1/messages", "/v1/messages"},
		{"api.example.com", 443, "POST", "/v1/%6dessages", "/v1/messages"},
		{"api.example.com", 443, "GET", "/v1/models/a", "/v1/models/a"},
		{"api.example.com", 443, "GET", "/v1/models/a/b", ""},
		{"api.example.com", 443, "GET", "/public/a/b", "/public/a/b"},
		{"api.example.com", 443, "GET", "/public/../v1/files", ""},
		{"api.example.com", 443, "GET", "/public/%2e%2e/v1/files", ""},
		{"api.example.com", 443, "GET", "/public/..%2fv1/files", ""},
		{"api.example.com", 443, "GET", "/public//v1/files", ""},
		{"api.example.com", 443, "GET", "/public;/../v1/files", ""},
		{"api.example.com", 443, "GET", "/PUBLIC/a", ""},
		{"api.example.com", 443, "POST", "/v1/files", ""},
		{"api.example.com", 443, "POST", "/v1/messages/", ""},
		{"api.example.com", 443, "PUT", "/v1/messages", ""},
		{"api.example.com", 443, "post", "/v1/messages", ""},
		{"api.example.com", 443, "TRACE", "/v1/messages", ""},
		{"reg.example.com", 443, "GET", "/@scope%2fname", "/@scope%2fname"}, // npm; no rule is about paths
		{"reg.example.com", 443, "PUT", "/x", ""},
		{"reg.example.com", 443, "GET ", "/x", ""},
		{"opaque.example.com", 443, "PUT", "/x", "/x"}, // the plan says that it is not seen
		{"plain.example.com", 80, "PUT", "/x", ""},
		{"other.example.com", 443, "GET", "/", ""},
	} {
		d := p.Request(c.host, c.port, c.method, c.path)
		if d.Allowed != (c.want != "") || d.Path != c.want || d.Allowed == (d.Reason != "") || d.Control == "" {
			t.Errorf("%s %s:%d%s: %+v, want %q", c.method, c.host, c.port, c.path, d, c.want)
		}
	}
}
