package evidence

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestPrintable(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"plain", "write CLAUDE.md", "write CLAUDE.md"},
		{"other scripts", "naïve Größe 日本 🙂", "naïve Größe 日本 🙂"},
		{"newline tab", "a\nb\tc\rd", `a\nb\tc\rd`},
		{"escape sequence", "\x1b]0;owned\x07", `\x1b]0;owned\x07`},
		{"delete", "\x7f", `\x7f`},
		{"C1 CSI", "\u009b31m", `\u009b31m`},
		{"C1 byte", "\x9b31m", `\x9b31m`},
		{"bidi override", "a\u202egpj.exe", `a\u202egpj.exe`},
		{"bidi isolate", "\u2066x\u2069", `\u2066x\u2069`},
		{"zero width", "a\u200bb\ufeff", `a\u200bb\ufeff`},
		{"tags", "\U000e0041", `\U000e0041`},
		{"variation selector", "a\U000e0101", `a\U000e0101`},
		{"hangul filler", "a\u3164b", `a\u3164b`},
		{"no-break space", "a\u00a0b", `a\u00a0b`},
		{"line separator", "a\u2028b", `a\u2028b`},
		{"not UTF-8", "a\xff\xc0\xafb", `a\xff\xc0\xafb`},
		{"backslash stays", `a\x1b`, `a\x1b`},
		{"replacement character", "\ufffd", "\ufffd"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Printable(c.in); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestCut(t *testing.T) {
	for _, c := range []struct {
		in   string
		n    int
		want string
	}{
		{"abcdef", 6, "abcdef"}, {"abcdef", 5, "ab..."}, {"日本語日本", 4, "日..."},
		{"abcdef", 2, "ab"}, {"abcdef", 0, ""}, {"abcdef", -1, ""}, {"", 0, ""},
	} {
		if got := Cut(c.in, c.n); got != c.want {
			t.Errorf("Cut(%q, %d) = %q, want %q", c.in, c.n, got, c.want)
		}
	}
}

// FuzzPrintable: nothing that acts on a terminal or hides comes through, what
// comes through stays the same, and Cut keeps its length.
func FuzzPrintable(f *testing.F) {
	for _, s := range []string{"a", "\x1b[2J", "\u202e", "\u009b", "\xff\xfe", "\u200d", "\U000e0041", "日本", `\x1b`} {
		f.Add(s, 3)
	}
	f.Fuzz(func(t *testing.T, s string, n int) {
		p := Printable(s)
		if !utf8.ValidString(p) {
			t.Fatalf("not UTF-8: %q", p)
		}
		for _, r := range p {
			if r != ' ' && !unicode.IsGraphic(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Bidi_Control, r) {
				t.Fatalf("%U came through of %q", r, s)
			}
		}
		if Printable(p) != p {
			t.Fatalf("second pass changed %q", p)
		}
		if len(s) < 1<<16 && strings.Count(p, " ") != strings.Count(s, " ") {
			t.Fatalf("spaces were lost: %q", p)
		}
		if c := Cut(p, n); utf8.RuneCountInString(c) > max(n, 0) {
			t.Fatalf("Cut to %d gave %q", n, c)
		}
	})
}
