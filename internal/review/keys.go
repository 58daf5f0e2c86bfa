package review

import (
	"strings"
	"unicode/utf8"
)

// Key is one key that was pressed: a character, or the name of a special one.
type Key string

// The special keys.
const (
	Up       Key = "up"
	Down     Key = "down"
	PageUp   Key = "pgup"
	PageDown Key = "pgdn"
	Home     Key = "home"
	End      Key = "end"
	Enter    Key = "enter"
	Escape   Key = "esc"
	Ctrl     Key = "ctrl-" // with a letter
)

// sequence is what a terminal sends for a special key, after ESC.
func sequence(s string) Key {
	switch s {
	case "[A", "OA":
		return Up
	case "[B", "OB":
		return Down
	case "[5~":
		return PageUp
	case "[6~":
		return PageDown
	case "[H", "OH", "[1~", "[7~":
		return Home
	case "[F", "OF", "[4~", "[8~":
		return End
	}
	return ""
}

// Keys reads what a terminal sent. What may be the start of more is returned as
// rest, unless all is there is.
func Keys(in string, all bool) (keys []Key, rest string) {
	for in != "" {
		k, n := key(in, all)
		if n == 0 {
			return keys, in
		}
		if k != "" {
			keys = append(keys, k)
		}
		in = in[n:]
	}
	return keys, ""
}

// key reads one; n is 0 where it may go on.
func key(in string, all bool) (k Key, n int) {
	switch c := in[0]; {
	case c == 0x1b:
		return escaped(in, all)
	case c == '\r' || c == '\n':
		return Enter, 1
	case c == 0x7f:
		return "backspace", 1
	case c < ' ':
		return Ctrl + Key(rune(c+'a'-1)), 1
	}
	if !all && !utf8.FullRuneInString(in) {
		return "", 0
	}
	_, n = utf8.DecodeRuneInString(in)
	return Key(in[:n]), n
}

// escaped reads what begins with ESC. Sequences that mean nothing here are
// passed over whole, so that their ends are not taken for keys.
func escaped(in string, all bool) (Key, int) {
	if len(in) == 1 {
		if all {
			return Escape, 1
		}
		return "", 0
	}
	switch in[1] {
	case 'O':
		if len(in) >= 3 {
			return sequence(in[1:3]), 3
		}
	case '[':
		if i := strings.IndexFunc(in[2:], func(r rune) bool { return r >= 0x40 && r <= 0x7e }); i >= 0 {
			return sequence(in[1 : 3+i]), 3 + i
		}
	default:
		return Escape, 1
	}
	if all {
		return "", len(in)
	}
	return "", 0
}
