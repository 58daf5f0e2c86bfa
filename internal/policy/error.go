package policy

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// Error is what is wrong with a policy, and where.
type Error struct {
	File   string // "ringwall.toml"
	Line   int    // from 1
	Column int    // from 1, in characters
	Key    string // "network.allow[2]"; empty where the text is not TOML
	Msg    string
	Source string // the line itself, as it is in the file

	hint string
}

// Error prints the position, the message, the line and a caret. A project's
// policy is untrusted until it is approved, so nothing of it reaches a
// terminal unescaped.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%d:%d: ", escape(e.File), e.Line, e.Column)
	if e.Key != "" {
		b.WriteString(clip(escape(e.Key)) + ": ")
	}
	b.WriteString(clip(escape(e.Msg)))
	if line, caret := e.excerpt(); line != "" {
		fmt.Fprintf(&b, "\n    %s\n    %s^", line, strings.Repeat(" ", caret))
	}
	return b.String()
}

// Hint is the way out, or empty.
func (e *Error) Hint() string { return clip(escape(e.hint)) }

// How much of one line is shown, and how much of it before the caret.
const (
	maxExcerpt = 120
	maxBefore  = 80
)

// excerpt is the part of the line around the column, escaped, and how many
// characters stand before the caret.
func (e *Error) excerpt() (line string, caret int) {
	src := []rune(e.Source)
	at := min(max(e.Column-1, 0), len(src))
	from := max(at-maxBefore, 0)
	to := min(from+maxExcerpt, len(src))
	before, after := escape(string(src[from:at])), escape(string(src[at:to]))
	if from > 0 {
		before = "..." + before
	}
	if to < len(src) {
		after += "..."
	}
	return before + after, len([]rune(before))
}

// clip bounds a message that repeats what is in the file.
func clip(s string) string {
	if r := []rune(s); len(r) > 400 {
		return string(r[:400]) + "..."
	}
	return s
}

// escape makes text fit for a terminal: what does not print, bidirectional
// marks included, is written as in Go source; a tab becomes a space.
func escape(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\t':
			b.WriteByte(' ')
		case r == unicode.ReplacementChar || !unicode.IsPrint(r):
			q := strconv.QuoteRuneToASCII(r)
			b.WriteString(q[1 : len(q)-1])
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// quote sets off what the owner wrote from the message's own words. Escaping
// twice changes nothing.
func quote(s string) string { return `"` + escape(s) + `"` }

// list is "a, b and c".
func list(items []string) string {
	switch n := len(items); n {
	case 0:
		return "none"
	case 1:
		return items[0]
	default:
		return strings.Join(items[:n-1], ", ") + " and " + items[n-1]
	}
}
