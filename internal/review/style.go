package review

import "strings"

// Style is how a span looks.
type Style int

// The styles.
const (
	Plain Style = iota
	Bold
	Dim
	Old    // a line that goes
	New    // a line that comes
	Warn   // something to think about
	Hidden // a mark for what cannot be seen
)

// sgr is the parameter of a style.
func (s Style) sgr() string {
	switch s {
	case Bold:
		return "1"
	case Dim:
		return "2"
	case Old:
		return "31"
	case New:
		return "32"
	case Warn:
		return "33"
	case Hidden:
		return "1;7;31"
	}
	return ""
}

// Paint writes spans as text, with styles if colour is wanted.
func Paint(spans []Span, colour bool) string {
	if !colour {
		return plain(spans)
	}
	var b strings.Builder
	for _, s := range spans {
		if code := s.Style.sgr(); code != "" {
			b.WriteString("\x1b[" + code + "m" + s.Text + "\x1b[0m")
		} else {
			b.WriteString(s.Text)
		}
	}
	return b.String()
}
