package policy

import (
	"errors"
	"strconv"

	"github.com/pelletier/go-toml/v2/unstable"
)

// scanner walks the syntax tree of a policy once. It notes where each key
// stands and refuses unknown keys and wrong types. The decoder of go-toml knows
// no positions of what it accepts; errors about values need them.
type scanner struct {
	parser unstable.Parser
	text   *source
	schema schema
	marks  marks
	open   name           // of the table that is open
	counts map[string]int // elements so far of each [[list of tables]]
}

// name is a key twice: with the indices of lists, as in marks, and without, as
// in the schema.
type name struct{ path, shape string }

func (n name) child(s string) name { return name{join(n.path, s), join(n.shape, s)} }

func (n name) element(i int) name {
	return name{n.path + "[" + strconv.Itoa(i) + "]", n.shape}
}

// scan returns the marks of a text, or its first error.
func scan(text *source) (marks, *Error) {
	s := &scanner{text: text, schema: newSchema(), counts: map[string]int{}}
	s.marks = marks{"": {text: text}}
	s.parser.Reset(text.data)
	for s.parser.NextExpression() {
		if err := s.expression(s.parser.Expression()); err != nil {
			return nil, err
		}
	}
	if err := s.parser.Error(); err != nil {
		return nil, s.syntax(err)
	}
	return s.marks, nil
}

func (s *scanner) expression(e *unstable.Node) *Error {
	switch e.Kind {
	case unstable.KeyValue:
		return s.keyValue(s.open, e)
	case unstable.Table, unstable.ArrayTable:
		return s.header(e)
	default:
		return nil
	}
}

// header opens [a.b] or [[a.b]].
func (s *scanner) header(e *unstable.Node) *Error {
	n, at, err := s.resolve(name{}, e.Key())
	if err != nil {
		return err
	}
	want, got := s.kind(n.shape), table
	if e.Kind == unstable.ArrayTable {
		got = tables
	}
	switch {
	case want == unknown:
		return s.unknownKey(n, at)
	case got == tables && want == tables:
		i := s.counts[n.path]
		s.counts[n.path]++
		n = n.element(i)
	case want == tables:
		return s.fail(n, at, "wants a list of tables: write [["+n.shape+"]]")
	case got == table && (want == table || want == textMap):
	default:
		return s.fail(n, at, "wants "+want.String()+", not "+got.String())
	}
	s.open = n
	s.mark(n, at)
	return nil
}

// resolve puts a dotted key below a name. What is below a list of tables is
// below its last element.
func (s *scanner) resolve(n name, key unstable.Iterator) (name, unstable.Range, *Error) {
	var at unstable.Range
	for first := true; key.Next(); first = false {
		part := key.Node()
		if !first && s.kind(n.shape) == tables {
			if s.counts[n.path] == 0 {
				return n, at, s.fail(n, at, "wants a list of tables: write [["+n.shape+"]]")
			}
			n = n.element(s.counts[n.path] - 1)
		}
		n, at = n.child(string(part.Data)), part.Raw
	}
	return n, at, nil
}

// kind is what the schema wants; a key of a table of texts wants a text.
func (s *scanner) kind(shape string) kind {
	if k := s.schema[shape]; k != unknown {
		return k
	}
	for parent, k := range s.schema {
		if k == textMap && len(shape) > len(parent) && shape[:len(parent)+1] == parent+"." {
			return text
		}
	}
	return unknown
}

func (s *scanner) mark(n name, at unstable.Range) {
	s.marks[n.path] = mark{text: s.text, at: int(at.Offset)}
}

func (s *scanner) fail(n name, at unstable.Range, msg string) *Error {
	return s.text.error(int(at.Offset), n.path, msg)
}

func (s *scanner) unknownKey(n name, at unstable.Range) *Error {
	e := s.fail(n, at, "unknown key")
	if near := s.schema.suggest(n.shape); near != "" {
		e.hint = "did you mean " + near + "?"
	}
	return e
}

// syntax turns the parser's own error into one with a position.
func (s *scanner) syntax(err error) *Error {
	var pe *unstable.ParserError
	if !errors.As(err, &pe) {
		return s.text.error(0, "", err.Error())
	}
	return s.text.error(int(s.parser.Range(pe.Highlight).Offset), "", "not valid TOML: "+pe.Message)
}
