package codex

import (
	"fmt"
	"slices"
	"strings"
)

// A rules file is a program in Starlark. Codex and people write one form of it,
// calls of prefix_rule with plain values, and that is all that is read here:
// what any other statement allows cannot be told without running it.

// call is one top-level call with named arguments.
type call struct {
	name string
	line int
	args map[string]any // string, []any, or nil for None
}

const (
	maxDepth = 8    // of lists in lists
	maxCalls = 2000 // of one file
)

// readCalls reads the whole text. It fails, with the line, at the first thing
// that it does not read; the calls before it are returned.
func readCalls(text []byte) (out []call, line int, err error) {
	s := &scanner{text: string(text), line: 1}
	for s.next(); s.kind != endOfFile; {
		c, err := s.call()
		if err != nil {
			return out, s.at, err
		}
		if out = append(out, c); len(out) > maxCalls {
			return out, s.at, fmt.Errorf("there are more than %d rules", maxCalls)
		}
	}
	return out, 0, nil
}

func (s *scanner) call() (call, error) {
	c := call{name: s.value, line: s.at, args: map[string]any{}}
	if s.kind != word {
		return c, s.unexpected()
	}
	if s.next(); !s.take('(') {
		return c, s.unexpected()
	}
	for !s.take(')') {
		if err := s.argument(c.args); err != nil {
			return c, err
		}
		if !s.take(',') && !s.is(')') {
			return c, s.unexpected()
		}
	}
	return c, nil
}

func (s *scanner) argument(args map[string]any) error {
	name := s.value
	if s.kind != word {
		return s.unexpected()
	}
	if s.next(); !s.take('=') {
		return s.unexpected()
	}
	if _, twice := args[name]; twice {
		return fmt.Errorf("%s is given twice", name)
	}
	v, err := s.literal(0)
	args[name] = v
	return err
}

// literal reads a string, a list of literals, or None.
func (s *scanner) literal(depth int) (any, error) {
	switch {
	case s.kind == quoted:
		v := s.value
		s.next()
		return v, nil
	case s.kind == word && s.value == "None":
		s.next()
		return nil, nil
	case depth < maxDepth && s.take('['):
		return s.list(depth + 1)
	}
	return nil, s.unexpected()
}

func (s *scanner) list(depth int) (any, error) {
	out := []any{}
	for !s.take(']') {
		v, err := s.literal(depth)
		if err != nil {
			return out, err
		}
		out = append(out, v)
		if !s.take(',') && !s.is(']') {
			return out, s.unexpected()
		}
	}
	return out, nil
}

// Kinds of tokens.
const (
	endOfFile = iota
	word
	quoted
	mark
	unreadable
)

type scanner struct {
	text string
	line int // of what comes next

	kind  int
	value string
	at    int // line of the token
}

func (s *scanner) is(c byte) bool { return s.kind == mark && s.value[0] == c }

func (s *scanner) take(c byte) bool {
	if !s.is(c) {
		return false
	}
	s.next()
	return true
}

func (s *scanner) unexpected() error {
	switch s.kind {
	case endOfFile:
		return fmt.Errorf("it ends in the middle of a rule")
	case unreadable:
		return fmt.Errorf("%s", s.value)
	}
	return fmt.Errorf("%.40q is not a part of a plain prefix_rule(name = value, ...)", s.value)
}

// next reads one token.
func (s *scanner) next() {
	s.blank()
	s.at = s.line
	switch {
	case s.text == "":
		s.kind, s.value = endOfFile, ""
	case s.text[0] == '"' || s.text[0] == '\'':
		s.quoted(s.text[0])
	case letter(rune(s.text[0])):
		n := len(s.text) - len(strings.TrimLeftFunc(s.text, letter))
		s.kind, s.value, s.text = word, s.text[:n], s.text[n:]
	case slices.Contains([]byte("()[]=,"), s.text[0]):
		s.kind, s.value, s.text = mark, s.text[:1], s.text[1:]
	default:
		s.kind, s.value = unreadable, fmt.Sprintf("%.20q is not read here", s.text[:1])
	}
}

// blank skips spaces, line ends and comments.
func (s *scanner) blank() {
	for s.text != "" {
		switch s.text[0] {
		case '\n':
			s.line++
		case ' ', '\t', '\r':
		case '#':
			end := strings.IndexByte(s.text, '\n')
			if end < 0 {
				end = len(s.text)
			}
			s.text = s.text[end:]
			continue
		default:
			return
		}
		s.text = s.text[1:]
	}
}

func letter(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_'
}

// quoted reads a string of one line with the plain escapes. Three quotes in a
// row are an empty string and then an error.
func (s *scanner) quoted(quote byte) {
	var b strings.Builder
	for i := 1; i < len(s.text); i++ {
		switch c := s.text[i]; {
		case c == quote:
			s.kind, s.value, s.text = quoted, b.String(), s.text[i+1:]
			return
		case c == '\n':
			i = len(s.text)
		case c == '\\' && i+1 < len(s.text):
			i++
			e := strings.IndexByte(`\"'nt`, s.text[i])
			if e < 0 {
				s.kind, s.value = unreadable, "an escape in a string that is not read here"
				return
			}
			b.WriteByte("\\\"'\n\t"[e])
		default:
			b.WriteByte(c)
		}
	}
	s.kind, s.value = unreadable, "a string does not end on its line"
}
