package scan

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// invisible tells what a character is that nobody sees; "" for all others.
func invisible(r rune) string {
	switch {
	case r >= 0xE0000 && r <= 0xE007F:
		return "tag characters"
	case r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069:
		return "characters that turn the direction of the text"
	case r == 0x200B, r == 0x200C, r == 0x200D, r == 0x2060, r == 0xFEFF, r == 0x180E, r >= 0x2061 && r <= 0x2064:
		return "characters without width"
	case r >= 0xE0100 && r <= 0xE01EF:
		return "variation selectors"
	case r < 0x20 && !strings.ContainsRune("\t\n\r\f", r), r >= 0x7F && r < 0xA0:
		return "control characters"
	}
	return ""
}

// hidden finds what a person cannot see. Each kind is told once in a line.
func hidden(text string) []Finding {
	var out []Finding
	for n, l := 1, ""; text != "" && len(out) < maxEach; n++ {
		l, text, _ = strings.Cut(text, "\n")
		if n == 1 {
			l = strings.TrimPrefix(l, "\uFEFF") // a byte order mark
		}
		out = append(out, hiddenIn(strings.TrimSuffix(l, "\r"), n)...)
	}
	return out
}

func hiddenIn(l string, n int) []Finding {
	count := map[string]int{}
	var kinds []string
	var tags strings.Builder
	before := rune(0)
	for i, r := range l {
		kind := invisible(r)
		if kind != "" && !belongs(before, r, l[i+utf8.RuneLen(r):]) {
			if count[kind]++; count[kind] == 1 {
				kinds = append(kinds, kind)
			}
			if r >= 0xE0020 && r < 0xE007F {
				tags.WriteRune(r - 0xE0000)
			}
		}
		if kind != "tag characters" || before != 0x1F3F4 {
			before = r
		}
	}
	var out []Finding
	for _, k := range kinds {
		f := Finding{Line: n, Problem: HiddenText, Entry: excerpt(l), Better: "take them out",
			Why: fmt.Sprintf("%d %s: an agent reads them, and a person does not see them", count[k], k)}
		if k == "tag characters" && tags.Len() > 0 {
			f.Why += fmt.Sprintf(" (they spell %q)", excerpt(tags.String()))
		}
		out = append(out, f)
	}
	return out
}

// belongs tells whether an invisible character does its work there: joins the
// parts of an emoji or of a script that needs it, or spells a region's flag.
func belongs(before, r rune, after string) bool {
	next, _ := utf8.DecodeRuneInString(after)
	switch {
	case r == 0x200C || r == 0x200D:
		return before > 0x2FF && (next > 0x2FF || r == 0x200C)
	case r >= 0xE0100 && r <= 0xE01EF:
		return unicode.Is(unicode.Han, before)
	case r >= 0xE0000 && r <= 0xE007F:
		return before == 0x1F3F4
	}
	return false
}

// visible is a text without what nobody sees, in the same lines, so that
// characters between its letters do not hide a phrase.
func visible(text string) string {
	return strings.Map(func(r rune) rune {
		if invisible(r) != "" {
			return -1
		}
		return r
	}, text)
}

var (
	htmlComment = lazy(`(?s)<!--(.*?)(?:-->|\z)`)
	addressed   = lazy(`(?i)\b(?:agents?|assistants?|ai|llms?|claude|codex|gemini|copilot|cursor)\b`)
	ordered     = lazy(`(?i)\b(?:ignore|run|execute|send|upload|post|fetch|download|delete|push|commit|install|must|always|never|do not|don't)\b`)
	style       = lazy(`(?i)<[a-z][^<>]*\bstyle\s*=\s*(?:"([^"<>]*)"|'([^'<>]*)')`)
	cloak       = lazy(`(?i)^(?:color:(?:white|transparent|#fff(?:fff)?|rgba?\(255,255,255.*)|display:none|visibility:hidden|font-size:0(?:px|em|pt)?|opacity:0(?:\.0+)?)(?:!important)?$`)
	hiddenTag   = lazy(`(?i)<(?:div|span|p|section)\b[^<>]*\shidden(?:\s|>|=)`)
)

// comments finds those that speak to an agent: a page shows none of them.
func comments(text string) []Finding {
	var out []Finding
	for _, m := range htmlComment().FindAllStringSubmatchIndex(text, maxEach) {
		body := text[m[2]:m[3]]
		if !addressed().MatchString(body) || !ordered().MatchString(body) || fencedAt(text, m[0]) {
			continue
		}
		out = append(out, Finding{Line: lineAt(text, m[0]), Problem: HiddenText, Entry: excerpt(body),
			Why:    "a comment that tells an agent what to do: a page that shows the file leaves it out",
			Better: "write it as text, or take it out"})
	}
	return out
}

// unseen finds elements that are written so that a page does not show them.
func unseen(text string) []Finding {
	var out []Finding
	for _, l := range linesOf(text) {
		if l.fenced {
			continue
		}
		if cloaked(l.text) || hiddenTag().MatchString(l.text) {
			out = append(out, Finding{Line: l.n, Problem: HiddenText, Entry: excerpt(l.text),
				Why: "its style keeps a page from showing it, and an agent reads it", Better: "take it out"})
		}
	}
	return out
}

// cloaked tells whether an element's style keeps its text from being seen.
func cloaked(text string) bool {
	for _, m := range style().FindAllStringSubmatch(text, maxEach) {
		for rule := range strings.SplitSeq(m[1]+m[2], ";") {
			if cloak().MatchString(strings.Join(strings.Fields(rule), "")) {
				return true
			}
		}
	}
	return false
}

// fencedAt tells whether a place is within a block of code.
func fencedAt(text string, at int) bool {
	n := lineAt(text, at)
	for _, l := range linesOf(text) {
		if l.n == n {
			return l.fenced
		}
	}
	return false
}
