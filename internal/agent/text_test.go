package agent

import "testing"

func TestTailAndHeadCutAtCharacters(t *testing.T) {
	for _, c := range []struct {
		in         string
		n          int
		tail, head string
	}{
		{"short", 10, "short", "short"},
		{"0123456789", 6, "456789", "012..."},
		{"ééééé", 5, "éé", "é..."},
		{"a\xffb", 10, "a\uFFFDb", "a\uFFFDb"},
		{"\xff\xff\xff", 4, "\uFFFD", "\uFFFD"},
		{"aéé", 4, "éé", "a..."},
	} {
		if got := Tail(c.in, c.n); got != c.tail {
			t.Errorf("Tail(%q, %d) = %q, want %q", c.in, c.n, got, c.tail)
		}
		if got := Head(c.in, c.n); got != c.head {
			t.Errorf("Head(%q, %d) = %q, want %q", c.in, c.n, got, c.head)
		}
	}
}
