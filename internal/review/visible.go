package review

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"ringwall/internal/evidence"
)

// Span is a piece of a line in one style. Its text is visible, tabs aside.
type Span struct {
	Text  string
	Style Style
}

// Spans makes a line of an agent's file fit to be shown: what cannot be seen,
// or moves the cursor or the direction of text (CVE-2021-42574), becomes a mark
// that names it: <U+202E>, or <0xFF> for a byte that is not UTF-8. Tabs stay.
func Spans(line string, style Style) []Span {
	var out []Span
	from := 0
	for i := 0; i < len(line); {
		r, n := utf8.DecodeRuneInString(line[i:])
		if seen(r, n) {
			i += n
			continue
		}
		if from < i {
			out = append(out, Span{line[from:i], style})
		}
		out = append(out, Span{mark(r, n, line[i]), Hidden})
		i += n
		from = i
	}
	if from < len(line) {
		out = append(out, Span{line[from:], style})
	}
	return out
}

// seen tells whether a rune of n bytes can be shown as it is.
func seen(r rune, n int) bool {
	switch {
	case r < utf8.RuneSelf:
		return r >= ' ' && r < 0x7f || r == '\t'
	case r == utf8.RuneError && n == 1:
		return false
	}
	s := string(r)
	return evidence.Printable(s) == s
}

func mark(r rune, n int, first byte) string {
	if r == utf8.RuneError && n == 1 {
		return fmt.Sprintf("<0x%02X>", first)
	}
	return fmt.Sprintf("<U+%04X>", r)
}

// Visible is a line as plain text, with the same marks.
func Visible(line string) string { return plain(Spans(line, Plain)) }

// plain is the text of spans without their styles.
func plain(spans []Span) string {
	if len(spans) == 1 {
		return spans[0].Text
	}
	var b strings.Builder
	for _, s := range spans {
		b.WriteString(s.Text)
	}
	return b.String()
}

// hidden counts what has to be marked in a text, line ends aside. A carriage
// return before a line end is marked too and not counted: it is an old habit,
// not a trick.
func hidden(text string) int {
	n := 0
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
		for _, s := range Spans(line, Plain) {
			if s.Style == Hidden {
				n++
			}
		}
	}
	return n
}
