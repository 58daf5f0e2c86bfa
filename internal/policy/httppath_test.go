package policy

import (
	"strings"
	"testing"
)

func TestCheckPath(t *testing.T) {
	for _, s := range []string{"/", "/v1/messages", "/v1/**", "/simple/*", "/**", "/a*b/**/c", "/a%20b", "/@scope/x", "/%C3%A9", "/...", "/.git", "/a+b,c:d=e!$&'()"} {
		if err := CheckPath(s); err != nil {
			t.Errorf("%q: %v", s, err)
		}
	}
	for _, s := range []string{
		"", "v1", "*", "**", "/a//b", "/..", "/../a", "/a/..", "/.", "/a/./b", "/a;b", "/a?b", "/a#b", "/***", "/a b", "/é", "/a\x00", "/a\\b", "/a\"b", "/[a]", "/{a}", "/a|b",
		"/%", "/%2", "/%zz", "/%2f", "/%2F", "/%2E", "/%2e", "/%5C", "/%3B", "/%25", "/%00", "/%0A", "/%7F", "/%7E", "/%41", "/%c3%a9", "/" + strings.Repeat("a", maxPath),
	} {
		if CheckPath(s) == nil {
			t.Errorf("%q is accepted", s)
		}
	}
}

func TestMatchPath(t *testing.T) {
	for _, c := range []struct {
		pattern, path string
		want          bool
	}{
		{"/v1", "/v1", true}, {"/v1", "/v1/", false}, {"/v1", "/V1", false}, {"/v1", "/v12", false},
		{"/v1/*", "/v1/", true}, {"/v1/*", "/v1/a", true}, {"/v1/*", "/v1/a/b", false}, {"/v1/*", "/v1", false},
		{"/v1/**", "/v1/", true}, {"/v1/**", "/v1/a/b", true}, {"/v1/**", "/v1", false}, {"/v1/**", "/v12/a", false}, {"/v1**", "/v12/a", true},
		{"/*/x", "/a/x", true}, {"/*/x", "/a/b/x", false}, {"/**/x", "/a/b/x", true}, {"/**/x", "/x", false},
		{"/a*b", "/ab", true}, {"/a*b", "/axxb", true}, {"/a*b", "/axbx", false}, {"/a*b*c", "/abbcbc", true},
		{"/**", "/", true}, {"/", "/", true}, {"/*", "/", true}, {"", "", true}, {"/**a", "/x/a", true}, {"/**a", "/x/ab", false},
	} {
		if got := MatchPath(c.pattern, c.path); got != c.want {
			t.Errorf("%s matches %s: %v", c.pattern, c.path, got)
		}
	}
}

// TestCoversPathIsSound: where one pattern is said to cover another, no path
// matches the second alone. All short paths over a few bytes are tried.
func TestCoversPathIsSound(t *testing.T) {
	patterns := []string{"/", "/a", "/*", "/**", "/a/*", "/a/**", "/a**", "/*/a", "/a/b", "/a*", "/**/a", "/a/*/b"}
	paths := []string{"/"}
	for range 5 {
		for _, p := range paths {
			for _, b := range []string{"a", "b", "/"} {
				paths = append(paths, p+b)
			}
		}
		if len(paths) > 5000 {
			break
		}
	}
	yes := 0
	for _, wide := range patterns {
		for _, narrow := range patterns {
			if !coversPath(wide, narrow) {
				continue
			}
			yes++
			for _, p := range paths {
				if MatchPath(narrow, p) && !MatchPath(wide, p) {
					t.Fatalf("%s is said to cover %s, and not for %s", wide, narrow, p)
				}
			}
		}
	}
	if yes < 25 {
		t.Errorf("only %d pairs are covered: the test proves nothing", yes)
	}
}
