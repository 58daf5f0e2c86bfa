package plan

import (
	"net/netip"
	"strings"
	"testing"
)

func TestCanonicalHostAccepts(t *testing.T) {
	label := strings.Repeat("a", 63)
	longest := strings.Join([]string{label, label, label, strings.Repeat("b", 61)}, ".")
	for in, want := range map[string]string{
		"example.com":                  "example.com",
		"Example.COM":                  "example.com",
		"example.com.":                 "example.com",
		"localhost":                    "localhost",
		"_dmarc.example.com":           "_dmarc.example.com",
		"xn--bcher-kva.example":        "xn--bcher-kva.example",
		"1password.com":                "1password.com",
		"a1":                           "a1",
		"0xg":                          "0xg",
		longest:                        longest,
		"127.0.0.1":                    "127.0.0.1",
		"0.0.0.0":                      "0.0.0.0",
		"::1":                          "::1",
		"[::1]":                        "::1",
		"2001:DB8:0:0::1":              "2001:db8::1",
		"[fe80::1]":                    "fe80::1",
		"64:ff9b::7f00:1":              "64:ff9b::7f00:1",
		"::7f00:1":                     "::7f00:1",
		"2001:db8:1:2:3:4:203.0.113.9": "2001:db8:1:2:3:4:cb00:7109",
	} {
		got, err := CanonicalHost(in)
		if err != nil || got != want {
			t.Errorf("CanonicalHost(%q) = %q, %v; want %q", in, got, err, want)
		}
	}
}

// hostile spellings, each of which some program resolves to something.
var hostile = []string{
	"", ".", "..", "a..b", ".example.com", "example.com..",
	"-a.example", "a-.example", strings.Repeat("a", 64) + ".example",
	strings.Repeat("a.", 126) + "ab",
	"127.1", "127.0.1", "0x7f.0.0.1", "0x7f000001", "2130706433", "0177.0.0.1", "127.0.0.01",
	"127.0.0.1.", "256.0.0.1", "1.2.3.4.5", "example.1", "example.0x1", "example.0X", "1",
	"::ffff:127.0.0.1", "[::ffff:7f00:1]", "::ffff:808:808",
	"fe80::1%lo", "[fe80::1%25lo]", "[127.0.0.1]", "[example.com]", "[::1", "::1]", "[]", "[::1].",
	"allowed.example@evil.example", "evil.example#allowed.example", "evil.example/allowed.example",
	`evil.example\allowed.example`, "evil.example?x", "evil%2eallowed.example", "evil%00.allowed.example",
	"evil.example\x00.allowed.example", "evil.example\n", "evil.example\r\nx", "\texample.com", " example.com",
	"example.com ", "exa mple.com", "example\u3002com", "example\uff0ecom", "\uff45xample.com",
	"b\u00fccher.example", "\u212aelvin.example", "\u200bexample.com", "exam\u00adple.com", "*.example.com", "*",
	"example.com:443", "http://example.com", "user:pass@example.com", "example.com,evil.example", "a;b", "a'b", "a\"b", "\x7f", "\xff",
}

func TestCanonicalHostRefuses(t *testing.T) {
	for _, in := range hostile {
		if got, err := CanonicalHost(in); err == nil {
			t.Errorf("CanonicalHost(%q) = %q, want an error", in, got)
		}
	}
}

func TestErrorIsPrintable(t *testing.T) {
	_, err := CanonicalHost("a\x1b[2J" + strings.Repeat("x", 5000))
	if err == nil || strings.ContainsRune(err.Error(), 0x1b) || len(err.Error()) > 300 {
		t.Errorf("error is %q", err)
	}
}

func TestSplitHostPort(t *testing.T) {
	for _, c := range []struct {
		in   string
		def  int
		host string
		port int
	}{
		{"example.com", 443, "example.com", 443},
		{"EXAMPLE.com.:8443", 443, "example.com", 8443},
		{"127.0.0.1:8123", 0, "127.0.0.1", 8123},
		{"[::1]:22", 0, "::1", 22},
		{"[::1]", 80, "::1", 80},
		{"example.com:65535", 0, "example.com", 65535},
	} {
		host, port, err := SplitHostPort(c.in, c.def)
		if err != nil || host != c.host || port != c.port {
			t.Errorf("SplitHostPort(%q, %d) = %q, %d, %v", c.in, c.def, host, port, err)
		}
	}
	for _, in := range []string{
		"example.com:", "example.com:0", "example.com:65536", "example.com:-1", "example.com:+1", "example.com:080",
		"example.com:80:80", "example.com:http", "example.com: 80", "example.com:\u0661", "::1", "fd00::1:443", "::1:22",
		":443", "[::1]x:22", "[::1]:", "[::1]]:1", "evil.example:80@allowed.example:443", "127.1:80",
	} {
		if host, port, err := SplitHostPort(in, 443); err == nil {
			t.Errorf("SplitHostPort(%q) = %q, %d, want an error", in, host, port)
		}
	}
	if _, _, err := SplitHostPort("example.com", 0); err == nil {
		t.Error("no port and no default: want an error")
	}
}

func FuzzCanonicalHost(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	for _, s := range []string{"example.com", "Example.COM.", "127.0.0.1", "[::1]", "2001:DB8::1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := CanonicalHost(s)
		if err != nil {
			return
		}
		if again, err := CanonicalHost(got); err != nil || again != got {
			t.Fatalf("%q becomes %q, then %q, %v", s, got, again, err)
		}
		if i := strings.IndexFunc(got, func(r rune) bool {
			return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789-_.:", r)
		}); i >= 0 {
			t.Fatalf("%q becomes %q, which holds %q", s, got, got[i])
		}
		checkAgainstNetip(t, s, got)
	})
}

// checkAgainstNetip: what was accepted is an address exactly when net/netip
// says so, the same address, and never one in disguise.
func checkAgainstNetip(t *testing.T, in, got string) {
	want, inErr := netip.ParseAddr(strings.Trim(in, "[]"))
	a, err := netip.ParseAddr(got)
	if (err == nil) != (inErr == nil) {
		t.Fatalf("%q becomes %q: an address only once", in, got)
	}
	if err == nil && (a != want || a.Zone() != "" || a.Is4In6()) {
		t.Fatalf("%q becomes the address %v", in, a)
	}
}
