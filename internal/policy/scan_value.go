package policy

import "github.com/pelletier/go-toml/v2/unstable"

// keyValue checks one "key = value" below a table.
func (s *scanner) keyValue(parent name, e *unstable.Node) *Error {
	n, at, err := s.resolve(parent, e.Key())
	if err != nil {
		return err
	}
	want := s.kind(n.shape)
	if want == unknown {
		return s.unknownKey(n, at)
	}
	return s.value(n, want, at, e.Value())
}

// value checks one value against what its key wants, and what is in it.
func (s *scanner) value(n name, want kind, key unstable.Range, v *unstable.Node) *Error {
	at := v.Raw
	if at.Length == 0 { // a list has no range of its own
		at = key
	}
	s.mark(n, at)
	switch {
	case want == text && v.Kind == unstable.String,
		want == integer && v.Kind == unstable.Integer,
		want == boolean && v.Kind == unstable.Bool,
		want == number && (v.Kind == unstable.Integer || v.Kind == unstable.Float):
		return nil
	case want == texts && v.Kind == unstable.Array:
		return s.elements(n, text, key, v)
	case want == tables && v.Kind == unstable.Array:
		return s.elements(n, table, key, v)
	case (want == table || want == textMap) && v.Kind == unstable.InlineTable:
		return s.members(n, v)
	}
	e := s.fail(n, at, "wants "+want.String()+", not "+kindName(v.Kind))
	if want == texts && v.Kind == unstable.String {
		e.hint = "put it into brackets: [" + string(s.parser.Raw(v.Raw)) + "]"
	}
	return e
}

func (s *scanner) elements(n name, want kind, key unstable.Range, v *unstable.Node) *Error {
	it := v.Children()
	for i := 0; it.Next(); {
		if it.Node().Kind == unstable.Comment {
			continue
		}
		if err := s.value(n.element(i), want, key, it.Node()); err != nil {
			return err
		}
		i++
	}
	return nil
}

func (s *scanner) members(n name, v *unstable.Node) *Error {
	it := v.Children()
	for it.Next() {
		if it.Node().Kind != unstable.KeyValue {
			continue
		}
		if err := s.keyValue(n, it.Node()); err != nil {
			return err
		}
	}
	return nil
}

// kindName names what stands in the file.
func kindName(k unstable.Kind) string {
	switch k {
	case unstable.String:
		return text.String()
	case unstable.Integer:
		return integer.String()
	case unstable.Float:
		return "a fraction"
	case unstable.Bool:
		return boolean.String()
	case unstable.Array:
		return "a list"
	case unstable.InlineTable:
		return table.String()
	default:
		return "a date or time"
	}
}
