package evidence

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Printable makes a string safe to show on a terminal and on one line. What is
// not plainly visible is written as an escape of Go source: control bytes and
// ESC (CVE-2021-42574 for the bidirectional ones), C1, zero-width and other
// invisible characters, variation selectors, exotic spaces, private and
// unassigned code points, and bytes that are not UTF-8.
//
// It permits what is known to be visible instead of forbidding what is known
// to be bad. A backslash stays as it is, so that a second pass changes nothing;
// the result is for reading, not for parsing back.
func Printable(s string) string {
	if visible(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case isVisible(r):
			b.WriteRune(r)
		default:
			b.WriteString(escape(r))
		}
		i += n
	}
	return b.String()
}

// visible reports whether all of s can be shown as it is.
func visible(s string) bool {
	return utf8.ValidString(s) && strings.IndexFunc(s, func(r rune) bool { return !isVisible(r) }) < 0
}

// isVisible reports whether r has a shape of its own, or is the plain space.
func isVisible(r rune) bool {
	if r < utf8.RuneSelf {
		return r >= ' ' && r < 0x7f
	}
	return unicode.IsPrint(r) &&
		!unicode.Is(unicode.Variation_Selector, r) &&
		!unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) &&
		r != '\u2800' // braille blank: printable by its class, empty to the eye
}

// escape writes a code point as Go source does.
func escape(r rune) string {
	switch {
	case r == '\n':
		return `\n`
	case r == '\t':
		return `\t`
	case r == '\r':
		return `\r`
	case r < utf8.RuneSelf:
		return fmt.Sprintf(`\x%02x`, r)
	case r > 0xffff:
		return fmt.Sprintf(`\U%08x`, r)
	}
	return fmt.Sprintf(`\u%04x`, r)
}

// Cut shortens s to at most n runes, the last three of them dots if anything
// was cut. Where n leaves no room for dots there are none.
func Cut(s string, n int) string {
	if n < 0 {
		n = 0
	}
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	if n < len(dots) {
		return firstRunes(s, n)
	}
	return firstRunes(s, n-len(dots)) + dots
}

const dots = "..."

// firstRunes is the first n runes of s.
func firstRunes(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}
