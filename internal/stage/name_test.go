package stage

import (
	"strings"
	"testing"
	"unicode"
)

func TestNamePrintsSafely(t *testing.T) {
	for in, want := range map[string]string{
		"main.go":              "main.go",
		"café \"q\" ' x":       "café \"q\" ' x",
		"a\nb":                 `a\nb`,
		`a\nb`:                 `a\\nb`,
		"\x1b[31mred":          `\x1b[31mred`,
		"\xff\xfe":             `\xff\xfe`,
		"gpj.\u202eexe":        `gpj.\u202eexe`,
		"no\u00a0break":        `no\u00a0break`,
		"\u0085next":           `\u0085next`,
		`back\slash and "both`: `back\\slash and "both`,
	} {
		if got := Name(in).String(); got != want {
			t.Errorf("Name(%q) prints as %s, not %s", in, got, want)
		}
	}
}

func FuzzNameRoundTrip(f *testing.F) {
	for _, s := range []string{"", "a", "a\\\"b", "\"", "\\", "\xff", "\n\x1b\u202e", "日本/語"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		b, err := Name(s).MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range string(b) {
			if !unicode.IsPrint(r) {
				t.Fatalf("%q prints %q", s, b)
			}
		}
		var back Name
		if err := back.UnmarshalText(b); err != nil || string(back) != s {
			t.Fatalf("%q became %q, then %q (%v)", s, b, back, err)
		}
	})
}

func TestHostileNames(t *testing.T) {
	for _, n := range []string{"a\nb", "\x1b[2J", "\x7f", "\xff", "a\u202eb", "\u2066x", ".ringwall-x", ".RingWall-1", "\u009b"} {
		if hostile(n) == "" {
			t.Errorf("%q is not called hostile", n)
		}
	}
	for _, n := range []string{"a b", "café", "日本語", "-rf", "$(x)", "ringwall.toml", "שלום", ".ringwal", "e\u0301"} {
		if why := hostile(n); why != "" {
			t.Errorf("%q is called hostile: %s", n, why)
		}
	}
}

func TestFoldMeetsSpellings(t *testing.T) {
	for _, n := range []string{"claude.md", "CLAUDE.MD", "CLAUDE.md ", "CLAUDE.md..", "CLAUDE\u200b.md", "CLAUDE.md\ufe0f", "clAude.md . "} {
		if fold(n) != fold("CLAUDE.md") {
			t.Errorf("%q is not met as CLAUDE.md", n)
		}
	}
	for _, n := range []string{"ＣＬＡＵＤＥ．ｍｄ", "CLAUDE.md\u00a0", "CLAUDE.md\u3000", "CLAUDE\u034f.md", "CLA\U000e0100UDE.md", "CLAUDE\u2024md", "\u3164CLAUDE.md", "\U0001d402LAUDE.md", "\U0001d41claude.md"} {
		if fold(n) != fold("CLAUDE.md") {
			t.Errorf("%q is not met as CLAUDE.md: %q", n, fold(n))
		}
	}
	if fold("Cafe\u0301.md") != fold("caf\u00e9.md") || fold("cafe\u200b\u0301.md") != fold("caf\u00e9.md") {
		t.Error("composed and decomposed accents are not met as one")
	}
	if fold("\u212aeep") != fold("keep") { // the Kelvin sign
		t.Error("the Kelvin sign is not met as k")
	}
	if fold("CLAUDE.md.txt") == fold("CLAUDE.md") || fold("CLAUDE") == fold("CLAUDE.md") {
		t.Error("other names are met as CLAUDE.md")
	}
}

func TestComparePathsKeepsSubtreesTogether(t *testing.T) {
	in := []Name{"a", "a/z", "a/z/b", "a!", "a-b", "ab", "b"}
	for i := range in {
		for j := range in {
			got := comparePaths(in[i], in[j])
			if (got < 0) != (i < j) || (got == 0) != (i == j) {
				t.Errorf("compare(%s, %s) = %d", in[i], in[j], got)
			}
		}
	}
	if strings.Compare("a!", "a/z") > 0 {
		t.Error("the test needs a byte that sorts before the slash")
	}
}
