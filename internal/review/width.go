package review

import (
	"strings"
	"unicode"
)

// tab is how far apart the stops of tabs are.
const tab = 8

// runeWidth is 0 for marks that sit on the letter before, 2 for the wide
// scripts and pictures of East Asia, 1 for the rest.
func runeWidth(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	case r >= 0x1100 && r <= 0x115f, r >= 0x2e80 && r <= 0xa4cf, r >= 0xac00 && r <= 0xd7a3,
		r >= 0xf900 && r <= 0xfaff, r >= 0xfe30 && r <= 0xfe6f, r >= 0xff00 && r <= 0xff60,
		r >= 0xffe0 && r <= 0xffe6, r >= 0x1f300 && r <= 0x1faff, r >= 0x20000 && r <= 0x3fffd:
		return 2
	}
	return 1
}

// width is the number of columns of a text without tabs.
func width(s string) int {
	n := 0
	for _, r := range s {
		n += runeWidth(r)
	}
	return n
}

// Fold breaks spans into rows of at most n columns, anywhere: what an agent
// pushed to the right with blanks is on the screen as well. Tabs become blanks.
// Rows after the first begin with indent.
func Fold(spans []Span, n int, indent string) [][]Span {
	f := folder{limit: max(n, width(indent)+8), indent: indent}
	for _, s := range spans {
		f.style = s.Style
		for _, r := range s.Text {
			f.put(r)
		}
		f.flush()
	}
	return append(f.rows, f.row)
}

// folder fills one row after the other.
type folder struct {
	limit  int
	indent string
	rows   [][]Span
	row    []Span
	at     int // column
	text   strings.Builder
	style  Style
}

func (f *folder) put(r rune) {
	if r == '\t' {
		for blanks := tab - f.at%tab; blanks > 0; blanks-- {
			f.put(' ')
		}
		return
	}
	w := runeWidth(r)
	if f.at+w > f.limit {
		f.flush()
		f.rows = append(f.rows, f.row)
		f.row, f.at = []Span{{f.indent, Plain}}, width(f.indent)
	}
	f.text.WriteRune(r)
	f.at += w
}

// flush ends the span that is being filled.
func (f *folder) flush() {
	if f.text.Len() > 0 {
		f.row = append(f.row, Span{f.text.String(), f.style})
		f.text.Reset()
	}
}

// tail is the end of a text in n columns, with dots before it if it was cut:
// of a path the end tells more.
func tail(s string, n int) string {
	if width(s) <= n {
		return s
	}
	runes := []rune(s)
	for len(runes) > 0 && width(string(runes)) > n-3 {
		runes = runes[1:]
	}
	return "..." + string(runes)
}

// pad fills a text to n columns.
func pad(s string, n int) string { return s + strings.Repeat(" ", max(0, n-width(s))) }

// Wrap breaks a text into lines of at most n columns, at blanks where it can.
// Lines after the first keep the indent of the first.
func Wrap(text string, n int) []string {
	indent := text[:len(text)-len(strings.TrimLeft(text, " "))]
	n = max(n, len(indent)+8)
	var lines []string
	line, empty := indent, true
	for _, word := range strings.Split(text[len(indent):], " ") {
		if !empty && width(line)+1+width(word) <= n {
			line += " " + word
			continue
		}
		if !empty {
			lines = append(lines, line)
		}
		for line = indent + word; width(line) > n; {
			head := plain(Fold([]Span{{line, Plain}}, n, "")[0])
			lines, line = append(lines, head), indent+line[len(head):]
		}
		empty = false
	}
	return append(lines, line)
}
