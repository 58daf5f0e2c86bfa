package scan

import (
	"strings"
	"testing"
)

func TestPatternMatch(t *testing.T) {
	for _, c := range []struct {
		pattern, name string
		want          bool
	}{
		{".env", ".env", true},
		{".env", "a/b/.env", true},
		{".env", "a/.env/x", true}, // a folder selects all below it
		{".env", ".environment", false},
		{"secrets/**", "secrets/a", true},
		{"secrets/**", "secrets/a/b/c", true},
		{"secrets/**", "x/secrets/a", false},
		{"secrets/**", "secretsx/a", false},
		{"**/secrets/*.json", "secrets/a.json", true},
		{"**/secrets/*.json", "x/y/secrets/a.json", true},
		{"**/secrets/*.json", "x/secrets/y/a.json", false},
		{"a/**/b", "a/b", true},
		{"a/**/b", "a/x/y/b", true},
		{"a/**/b", "a/x/y/c", false},
		{"/top", "top", true},
		{"/top", "a/top", false},
		{"dir/", "dir/file", true},
		{"dir/", "x/dir/file", true},
		{"dir/", "dir", false},
		{"*.txt", "a/b.txt", true},
		{"a*b/c", "axxb/c", true},
		{"a*b/c", "ax/b/c", false},
		{"[ab].x", "a.x", true},
		{"[ab].x", "c.x", false},
		{"**", "anything/at/all", true},
	} {
		p, err := NewPattern(c.pattern)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Match(c.name); got != c.want {
			t.Errorf("%q on %q: %v", c.pattern, c.name, got)
		}
	}
}

func TestPatternMatchFolder(t *testing.T) {
	for _, c := range []struct {
		pattern, folder string
		want            bool
	}{
		{"deploy/**", "deploy", true},
		{"deploy/*", "deploy", false},
		{"deploy/", "deploy", true},
		{"deploy/", "x/deploy", true},
		{"*.d", "x/conf.d", true},
		{"*.d", "x", false},
	} {
		p, err := NewPattern(c.pattern)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.MatchFolder(c.folder); got != c.want {
			t.Errorf("%q on folder %q: %v", c.pattern, c.folder, got)
		}
	}
}

func TestNewPatternRefuses(t *testing.T) {
	for _, text := range []string{
		"", "/", "//", ".", "..", "../x", "a/../b", "a//b", "./a", "[a", "a\x00b",
		strings.Repeat("a", maxPattern+1), strings.Repeat("a/", maxElements+1) + "b",
	} {
		if p, err := NewPattern(text); err == nil {
			t.Errorf("%.20q was taken: %v", text, p)
		}
	}
}

func FuzzPattern(f *testing.F) {
	f.Add("secrets/**", "secrets/a/b")
	f.Add("**/**/**/**/x", strings.Repeat("a/", 200)+"x")
	f.Add("*a*a*a*a*a*b", strings.Repeat("a", 500))
	f.Add("/[^a]/", "b/c")
	f.Fuzz(func(t *testing.T, text, name string) {
		p, err := NewPattern(text)
		if err != nil {
			return
		}
		// What selects a path selects all below it.
		if p.Match(name) && !p.Match(name+"/below") {
			t.Errorf("%q selects %q but nothing below it", text, name)
		}
	})
}
