package policy

import (
	"strings"
	"testing"
)

func TestDiff(t *testing.T) {
	for _, c := range []struct{ name, before, after, want string }{
		{"same", "a\nb\n", "a\nb\n", ""},
		{"end of the last line", "a", "a\n", ""},
		{"changed", "a\nb\nc\n", "a\nB\nc\n", " a\n-b\n+B\n c\n"},
		{"added to nothing", "", "a\n", "+a\n"},
		{"all gone", "a\nb\n", "", "-a\n-b\n"},
		{"context", "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nX\n6\n7\n8\n9\n", " 3\n 4\n-5\n+X\n 6\n 7\n"},
		{"two places", "x\n1\n2\n3\n4\n5\n6\ny\n", "X\n1\n2\n3\n4\n5\n6\nY\n", "-x\n+X\n 1\n 2\n...\n 5\n 6\n-y\n+Y\n"},
		{"escaped", "a\n", "\x1b[31m\u202e\n", "-a\n+\\x1b[31m\\u202e\n"},
		{"moved", "a\nb\nc\n", "b\nc\na\n", "-a\n b\n c\n+a\n"},
	} {
		if got := diff(c.before, c.after); got != c.want {
			t.Errorf("%s: got\n%swant\n%s", c.name, got, c.want)
		}
	}
}

// TestDiffIsBounded: two policies that differ in each of their many lines are
// compared in little memory and told in a few.
func TestDiffIsBounded(t *testing.T) {
	got := diff(strings.Repeat("a\n", 32<<10), strings.Repeat("b\n", 32<<10))
	if n := strings.Count(got, "\n"); n != maxDiffLines+1 || !strings.HasSuffix(got, "... and more\n") {
		t.Errorf("%d lines", n)
	}
	if got = diff("", strings.Repeat("x", MaxSize)); len(got) > 500 {
		t.Errorf("%d bytes", len(got))
	}
}
