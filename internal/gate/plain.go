package gate

import "bytes"

// syntax is what has to be known of a language to tell its code from its
// comments and texts.
type syntax struct {
	line    []string    // begin a comment to the end of the line
	block   [][2]string // begin and end a comment
	long    []string    // begin and end a text of several lines; with no escapes but in Python
	short   string      // bytes that begin and end a text of one line
	rust    bool        // texts of several lines, raw ones with hashes, and 'lifetimes
	escapes bool        // in long texts too
	texts   bool        // texts stay
}

var (
	goLike     = syntax{line: []string{"//"}, block: [][2]string{{"/*", "*/"}}, long: []string{"`"}, short: `"'`}
	jsLike     = syntax{line: []string{"//"}, block: [][2]string{{"/*", "*/"}}, long: []string{"`"}, short: `"'`, escapes: true}
	javaLike   = syntax{line: []string{"//"}, block: [][2]string{{"/*", "*/"}}, long: []string{`"""`}, short: `"'`, escapes: true}
	rustLike   = syntax{line: []string{"//"}, block: [][2]string{{"/*", "*/"}}, rust: true}
	pythonLike = syntax{line: []string{"#"}, long: []string{`"""`, `'''`}, short: `"'`, escapes: true}
	cLike      = syntax{line: []string{"//"}, block: [][2]string{{"/*", "*/"}}, short: `"'`, texts: true}
)

// plain blanks comments and texts out of a source, so that what only looks like
// code does not count. Lines and offsets stay. It is no parser: in doubt, at the
// end of a line, it goes on as in code.
func plain(src []byte, s syntax) []byte {
	out := bytes.Clone(src)
	for i := 0; i < len(src); {
		n, text := s.skip(src[i:])
		if n == 0 {
			i++
			continue
		}
		if !text || !s.texts {
			blank(out[i : i+n])
		}
		i += n
	}
	return out
}

// skip is the length of the comment or text that begins here.
func (s syntax) skip(b []byte) (n int, text bool) {
	for _, l := range s.line {
		if bytes.HasPrefix(b, []byte(l)) {
			return indexAny(b, "\n"), false
		}
	}
	for _, p := range s.block {
		if bytes.HasPrefix(b, []byte(p[0])) {
			return until(b, len(p[0]), p[1], false), false
		}
	}
	for _, q := range s.long {
		if bytes.HasPrefix(b, []byte(q)) {
			return until(b, len(q), q, s.escapes), true
		}
	}
	if s.rust {
		return rustText(b), true
	}
	if bytes.IndexByte([]byte(s.short), b[0]) >= 0 {
		return shortText(b), true
	}
	return 0, false
}

// until is the length up to and with the end mark, or of all the rest.
func until(b []byte, from int, end string, escapes bool) int {
	for i := from; i < len(b); i++ {
		if escapes && b[i] == '\\' {
			i++
			continue
		}
		if bytes.HasPrefix(b[i:], []byte(end)) {
			return i + len(end)
		}
	}
	return len(b)
}

// shortText ends at its quote, or before the end of the line.
func shortText(b []byte) int {
	for i := 1; i < len(b) && b[i] != '\n'; i++ {
		switch b[i] {
		case '\\':
			i++
		case b[0]:
			return i + 1
		}
	}
	return 1
}

// rustText knows "texts" of several lines, r#"raw"# ones, and 'c' beside
// 'lifetimes.
func rustText(b []byte) int {
	switch b[0] {
	case '"':
		return until(b, 1, `"`, true)
	case '\'':
		if len(b) > 3 && b[1] == '\\' {
			if i := bytes.IndexByte(b[2:min(len(b), 14)], '\''); i >= 0 {
				return i + 3
			}
		}
		if len(b) > 2 && b[2] == '\'' {
			return 3
		}
	case 'r':
		hashes := 0
		for 1+hashes < len(b) && b[1+hashes] == '#' && hashes < 16 {
			hashes++
		}
		if 1+hashes < len(b) && b[1+hashes] == '"' {
			return until(b, 2+hashes, `"`+"################"[:hashes], false)
		}
	}
	return 0
}

// blank keeps the lines.
func blank(b []byte) {
	for i, c := range b {
		if c != '\n' {
			b[i] = ' '
		}
	}
}
