package policy

import (
	"strings"
	"testing"
)

func target(t *testing.T, s string) Target {
	t.Helper()
	out, err := ParseDeny(s)
	if err != nil {
		t.Fatalf("%q: %v", s, err)
	}
	return out
}

func TestTarget(t *testing.T) {
	for s, want := range map[string]string{
		"a.example":          "a.example:443",
		"*.A.Example.":       "*.a.example:443",
		"*.a.example:8443":   "*.a.example:8443",
		"10.0.0.0/8":         "10.0.0.0/8:443",
		"10.1.2.0/24:5432":   "10.1.2.0/24:5432",
		"[FD00::/8]":         "[fd00::/8]:443",
		"[fd00::/8]:22":      "[fd00::/8]:22",
		"[2001:db8::1]:443":  "[2001:db8::1]:443",
		"*.bucket.github.io": "*.bucket.github.io:443",
	} {
		got, err := ParseTarget(s)
		if err != nil || got.String() != want {
			t.Errorf("%q is %s, %v; want %s", s, got, err, want)
			continue
		}
		again, err := ParseTarget(got.String())
		if err != nil || again != got {
			t.Errorf("%s is read again as %s, %v", got, again, err)
		}
	}
	for _, s := range []string{
		"", "*", "*.", "*.*", "*.com", "*.com.", "*.CO.UK", "*.co.uk:443", "*.local", "**.a.example", "*a.example", "a.*.example", "*.a.*", "a.example.*",
		"*.a.example:0", "*.a.example:443:443", "10.0.0.0/8:1:1", "[fd00::/8]:1:1", "*.a.example:", "*.127.0.0.1", "*.[::1]", "*.127.1", "*.a..example", "*.-a.example", "*.a b.example",
		"10.0.0.0/7", "0.0.0.0/0", "[::/0]", "[2000::/3]", "10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/08", "10.0.0/8", "10.0.0.1/32", "010.0.0.0/8",
		"fd00::/8", "[fd00::]/8", "[fd00::/8", "fd00::/8]", "[10.0.0.0/8]", "[::ffff:10.0.0.0/104]", "[fe80::%lo/64]", "[fd00::1/8]",
		"a.example/24", "http://a.example", "preset:go/8", "10.0.0.0/8/8", "10.0.0.0/8:x",
	} {
		if got, err := ParseTarget(s); err == nil {
			t.Errorf("%q is accepted as %s", s, got)
		}
	}
}

// TestDenyMayBeWide: what is denied may be of any width but everything, and
// without a port it is every port.
func TestDenyMayBeWide(t *testing.T) {
	for s, want := range map[string]Target{
		"a.example":    {Destination{"a.example", 0}},
		"*.zip":        {Destination{"*.zip", 0}},
		"0.0.0.0/0":    {Destination{"0.0.0.0/0", 0}},
		"[::/0]:25":    {Destination{"::/0", 25}},
		"a.example:22": {Destination{"a.example", 22}},
	} {
		got, err := ParseDeny(s)
		if err != nil || got != want {
			t.Errorf("%q is %+v, %v", s, got, err)
			continue
		}
		if again := target(t, got.String()); again != got {
			t.Errorf("%s is read again as %s", got, again)
		}
	}
	for _, s := range []string{"*", "", "preset:npm", "10.0.0.1/8", "a.example:0", "*.a.*"} {
		if got, err := ParseDeny(s); err == nil {
			t.Errorf("%q is accepted as %s", s, got)
		}
	}
}

// TestCovers: exact labels and exact bits. Whatever merely begins or ends like
// an entry is not covered by it.
func TestCovers(t *testing.T) {
	for _, c := range []struct {
		wide, narrow string
		want         bool
	}{
		{"a.example:443", "a.example:443", true},
		{"a.example", "a.example:443", true},
		{"a.example:443", "a.example", false},
		{"a.example:443", "a.example:22", false},
		{"*.a.example", "a.example", false},
		{"*.a.example", "x.a.example", true},
		{"*.a.example", "y.x.a.example", true},
		{"*.a.example", "xa.example", false},
		{"*.a.example", "x.a.example.evil", false},
		{"*.a.example", "*.x.a.example", true},
		{"*.x.a.example", "*.a.example", false},
		{"*.a.example", "*.xa.example", false},
		{"10.0.0.0/8", "10.9.9.9", true},
		{"10.0.0.0/8", "10.9.0.0/16", true},
		{"10.9.0.0/16", "10.0.0.0/8", false},
		{"10.0.0.0/8", "11.0.0.1", false},
		{"10.0.0.0/8", "[::1]", false},
		{"0.0.0.0/0", "[::/0]", false},
		{"10.0.0.0/8", "10.example", false},
		{"*.example", "10.0.0.0/8", false},
		{"[fd00::/8]", "[fd12::1]", true},
	} {
		if got := target(t, c.wide).Covers(target(t, c.narrow)); got != c.want {
			t.Errorf("%s covers %s: %v", c.wide, c.narrow, got)
		}
	}
}

func FuzzParseTarget(f *testing.F) {
	for _, s := range []string{"a.example", "*.a.example:1", "10.0.0.0/8:22", "[fd00::/8]:443", "*.co.uk", "[::1]", "*.*", "10.0.0.0/08", "a\x00.example", "\u212a.example"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, parse := range []func(string) (Target, error){ParseTarget, ParseDeny} {
			got, err := parse(s)
			if err != nil {
				continue
			}
			again, err := parse(got.String())
			if err != nil || again != got || !got.Covers(got) {
				t.Fatalf("%q is %v, read again as %v, %v", s, got, again, err)
			}
			if got.Host == "" || strings.ContainsAny(got.Host, " \t\r\n\x00%@?#\\") {
				t.Fatalf("%q is %q", s, got.Host)
			}
		}
	})
}
