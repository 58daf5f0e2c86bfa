package report

import (
	"strings"
	"unicode"

	"ringwall/internal/evidence"
)

// width is the number of terminal columns of a printable string.
func width(s string) int {
	n := 0
	for _, r := range s {
		n += runeWidth(r)
	}
	return n
}

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

// spaces is n of them.
func spaces(n int) string { return strings.Repeat(" ", max(0, n)) }

// pad fills s to n columns.
func pad(s string, n int) string { return s + spaces(n-width(s)) }

// wrap breaks a printable string into lines of at most n columns, at spaces
// where it can and inside a word where it must. There is at least one line, and
// spaces inside a line stay as they are.
func wrap(s string, n int) []string {
	n = max(n, 1) // a label of an event may have taken the whole line
	var lines []string
	line, empty := "", true
	for _, word := range strings.Split(s, " ") {
		if !empty && width(line)+1+width(word) <= n {
			line += " " + word
			continue
		}
		if !empty {
			lines = append(lines, line)
		}
		for width(word) > n {
			head := columns(word, n)
			lines, word = append(lines, head), word[len(head):]
		}
		line, empty = word, false
	}
	return append(lines, line)
}

// columns is the longest start of s that fits n columns, and at least one rune.
func columns(s string, n int) string {
	w := 0
	for i, r := range s {
		if w += runeWidth(r); w > n && i > 0 {
			return s[:i]
		}
	}
	return s
}

// maxShown bounds one string of an event on the screen, in runes.
const maxShown = 300

// show makes a string of an event fit to be shown.
func show(s string) string { return evidence.Printable(evidence.Cut(s, maxShown)) }
