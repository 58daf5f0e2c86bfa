package agent

import (
	"strings"
	"unicode/utf8"
)

// Tail is the end of a text: at most n bytes, cut at a character, and valid
// UTF-8. The end is kept because a tool's conclusion and its signal are there.
func Tail(s string, n int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) > n {
		s = s[len(s)-n:]
		for len(s) > 0 && !utf8.RuneStart(s[0]) {
			s = s[1:]
		}
	}
	return s
}

// Head is the beginning of a text in at most n bytes, cut at a character and
// with "..." where something was left off.
func Head(s string, n int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) > n {
		cut := n - len("...")
		for cut > 0 && !utf8.RuneStart(s[cut]) {
			cut--
		}
		s = s[:max(cut, 0)] + "..."
	}
	return s
}
