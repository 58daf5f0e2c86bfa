package network

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"ringwall/internal/plan"
	"ringwall/internal/policy"
)

// hostile are spellings by which allowlists were passed by (PRX-01 to PRX-06):
// each would be read as another host by some program. allowed.example is what
// a policy allows.
func hostile() []string {
	return []string{
		// NUL, and what cuts a string (PRX-01)
		"evil.example\x00.allowed.example", "allowed.example\x00", "allowed.example\x00.evil.example", "evil.example%00.allowed.example", "allowed.example\n", "allowed.example\r\nX: y",
		"evil.example\t.allowed.example", " allowed.example", "allowed.example ", "evil.example,allowed.example", "evil.example;allowed.example", "evil.example|allowed.example",
		// userinfo and separators (PRX-06)
		"allowed.example@evil.example", "evil.example#allowed.example", "evil.example?allowed.example", "evil.example/allowed.example", `evil.example\allowed.example`,
		"evil.example%2fallowed.example", "evil.example%23.allowed.example", "allowed%2eexample", "evil.example%2eallowed.example", "allowed.example:443@evil.example", "allowed.example:@evil.example", "//evil.example",
		"http://allowed.example", "allowed.example:443:443", "allowed.example::443", "allowed.example:0443", "allowed.example:+443", "allowed.example:443 ", "allowed.example:4 43", "allowed.example:0x1bb", "allowed.example:65979",
		// other dots, letters that fold, names that are not ASCII (PRX-06)
		"allowed\u3002example", "allowed\uff0eexample", "allowed\uff61example", "\uff41llowed.example", "allowed.example\u200b", "all\u00adowed.example", "allowed.ex\u0430mple", "\u212aube.example", "\u017fhop.example", "b\u00fccher.example", "allowed.example\u2024evil", "\u202eallowed.example", "allowed.example\xff",
		// dots and dashes
		"allowed..example", ".allowed.example", "allowed.example..", "-allowed.example", "allowed-.example", ".", "..", "",
		// brackets
		"[allowed.example]", "[allowed.example]:443", "[::1", "::1]", "[::1]x", "[[::1]]", "[::1]:", "[]", "[:]", "[::1]443", "[::1%25lo]", "[::1%lo]", "[:::1", "[::1:443", "[v1.fe]", "[127.0.0.1]",
		// other spellings of an address (PRX-05)
		"127.1", "127.0.1", "0x7f.0.0.1", "0x7f000001", "0X7F.1", "2130706433", "0177.0.0.1", "017700000001", "127.0.0.01", "127.0.0.0x1", "127.0.0.1.", "127.000.000.001", "1.2.3.4.5", "256.0.0.1", "127.0.0.256", "4294967295", "0", "00",
		"::ffff:127.0.0.1", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:127.0.0.1]", "evil.0x7f", "evil.127", "evil.0x", "1.1.1.1.0x1", "fe80::1%lo", "[fe80::1%eth0]", "\u0661.\u0661.\u0661.\u0661", "\u2460.1.1.1",
	}
}

// TestHostileSpellings: none is read as a host at all, by either grammar.
func TestHostileSpellings(t *testing.T) {
	for _, s := range hostile() {
		if d, err := policy.ParseDestination(s); err == nil {
			t.Errorf("the policy reads %q as %v", s, d)
		}
		if d, err := policy.ParseTarget(s); err == nil {
			t.Errorf("the policy reads %q as the target %v", s, d)
		}
		if host, port, err := plan.SplitHostPort(s, 443); err == nil {
			t.Errorf("the plan reads %q as %s %d", s, host, port)
		}
		if host, err := plan.CanonicalHost(s); err == nil && !strings.Contains(s, "::1") {
			t.Errorf("the plan reads %q as %s", s, host)
		}
	}
	if _, err := policy.ParseDestination("allowed.example"); err != nil {
		t.Errorf("the control: %v", err)
	}
}

// agree holds the two grammars against each other and against the readers of
// the standard library, and against what inet_aton takes.
func agree(t *testing.T, s string) {
	t.Helper()
	d, err := policy.ParseDestination(s)
	host, port, planErr := plan.SplitHostPort(s, policy.HTTPSPort)
	if (err == nil) != (planErr == nil) {
		t.Fatalf("%q: policy says %v, plan says %v", s, err, planErr)
	}
	if err != nil {
		return
	}
	if d.Host != host || d.Port != port {
		t.Fatalf("%q: policy reads %v, plan reads %s %d", s, d, host, port)
	}
	u, err := url.Parse("https://" + s + "/")
	if err != nil || u.User != nil || u.Path != "/" || u.Hostname() != s && strings.ToLower(strings.TrimSuffix(u.Hostname(), ".")) != host && !sameAddr(u.Hostname(), host) {
		t.Fatalf("%q is %s %d; a URL with it is %+v, %v", s, host, port, u, err)
	}
	if want := u.Port(); want != "" && want != strconv.Itoa(port) {
		t.Fatalf("%q has port %d, in a URL %s", s, port, want)
	}
	again, err := plan.CanonicalHost(host)
	if err != nil || again != host {
		t.Fatalf("%q is %s, which is %s, %v", s, host, again, err)
	}
	if a, err := netip.ParseAddr(host); err == nil {
		if a.Is4In6() || a.Zone() != "" || a.String() != host {
			t.Fatalf("%q is the address %s", s, host)
		}
		return
	}
	if inetAton(host) {
		t.Fatalf("%q is the name %s, which inet_aton reads as an address", s, host)
	}
}

func sameAddr(a, b string) bool {
	x, err := netip.ParseAddr(a)
	y, err2 := netip.ParseAddr(b)
	return err == nil && err2 == nil && x == y
}

// inetAton takes what the C function of that name takes: one to four numbers,
// decimal, octal or hexadecimal.
func inetAton(s string) bool {
	parts := strings.Split(strings.TrimSuffix(s, "."), ".")
	if len(parts) > 4 {
		return false
	}
	for _, p := range parts {
		digits, base := p, 10
		if rest, ok := strings.CutPrefix(strings.ToLower(p), "0x"); ok {
			digits, base = "0"+rest, 16
		} else if len(p) > 1 && p[0] == '0' {
			base = 8
		}
		if _, err := strconv.ParseUint(digits, base, 64); err != nil {
			return false
		}
	}
	return true
}

func TestHostsAreReadAlike(t *testing.T) {
	for _, s := range append(hostile(), "allowed.example", "Allowed.Example.:8443", "a_b.example", "xn--bcher-kva.example", "192.0.2.1:22", "[2001:DB8:0:0::1]:443", "[::1]", "localhost", "0x7g.example", "a.b.c.d.e", "1.example") {
		agree(t, s)
	}
}

func FuzzHostsAreReadAlike(f *testing.F) {
	for _, s := range append(hostile(), "allowed.example:22", "[2001:db8::1]:443", "192.0.2.1") {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { agree(t, s) })
}

// targets: what a policy takes as a pattern or a range, the plan takes in its
// canonical form, and both say the same of what is in it.
func targetsAgree(t *testing.T, pattern, host string) {
	t.Helper()
	wide, err := policy.ParseDeny(pattern)
	if err != nil {
		return
	}
	set, err := plan.ParseHostSet(wide.Host)
	if err != nil {
		t.Fatalf("%q is %v, which the plan does not take: %v", pattern, wide, err)
	}
	name, err := plan.CanonicalHost(host)
	if err != nil {
		return
	}
	one := policy.Target{Destination: policy.Destination{Host: name, Port: 443}}
	wide.Port = 0
	if wide.Covers(one) != set.Has(name) {
		t.Fatalf("%q and %q: the policy says %v, the plan %v", pattern, name, wide.Covers(one), set.Has(name))
	}
}

func TestTargetsAreReadAlike(t *testing.T) {
	patterns := []string{"*.allowed.example", "*.Allowed.Example.", "*.example", "allowed.example", "10.0.0.0/8", "0.0.0.0/0", "[::/0]", "[fd00::/8]", "10.1.2.3", "[fd00::1]"}
	hosts := []string{"allowed.example", "x.allowed.example", "xallowed.example", "x.allowed.example.evil", "evil-allowed.example", "allowed.example.evil", "x.y.allowed.example",
		"10.1.2.3", "10.255.255.255", "11.0.0.0", "fd00::1", "fe80::1", "::1", "example"}
	for _, p := range patterns {
		for _, h := range append(hosts, hostile()...) {
			targetsAgree(t, p, h)
		}
	}
	for _, s := range hostile() {
		for _, p := range []string{"*." + s, s + "/8", "[" + s + "]/8"} {
			if got, err := policy.ParseDeny(p); err == nil {
				t.Errorf("%q is read as %v", p, got)
			}
			if got, err := plan.ParseHostSet(p); err == nil {
				t.Errorf("the plan reads %q as %v", p, got)
			}
		}
	}
}

func FuzzTargetsAreReadAlike(f *testing.F) {
	f.Add("*.allowed.example", "x.allowed.example")
	f.Add("10.0.0.0/8", "10.1.2.3")
	f.Add("[fd00::/8]:22", "fd00::1")
	f.Add("*.allowed.example.", "allowed.example")
	f.Fuzz(targetsAgree)
}

// FuzzPathsMatchAlike: the two copies of the matcher say the same, and a
// pattern of the policy is what it stands for.
func FuzzPathsMatchAlike(f *testing.F) {
	for _, p := range []string{"/v1/**", "/simple/*", "/a*b/**/c", "/", "/**", "/***", "*"} {
		f.Add(p, "/v1/a/b")
		f.Add(p, "/axb/x/c")
	}
	f.Fuzz(func(t *testing.T, pattern, path string) {
		if len(pattern)*len(path) > 1<<20 {
			return
		}
		if a, b := policy.MatchPath(pattern, path), plan.MatchPath(pattern, path); a != b {
			t.Fatalf("%q and %q: %v and %v", pattern, path, a, b)
		}
		if policy.CheckPath(pattern) == nil && !strings.Contains(pattern, "*") && policy.MatchPath(pattern, path) != (pattern == path) {
			t.Fatalf("%q matches %q", pattern, path)
		}
	})
}
