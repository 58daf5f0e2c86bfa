package jsonedit

import (
	"sort"

	"github.com/tailscale/hujson"
)

// Kind is what a value is.
type Kind byte

// The kinds, as the first byte of each shows it.
const (
	Object Kind = '{'
	Array  Kind = '['
	String Kind = '"'
	Number Kind = '0'
	True   Kind = 't'
	False  Kind = 'f'
	Null   Kind = 'n'
)

// Value is one value of a text. A nil Value is one that is not there: its
// methods give what is empty.
type Value struct {
	Kind     Kind
	Line     int      // of its first byte, from 1
	Members  []Member // of an object, in order, duplicates included
	Elements []*Value // of a list, in order

	str        string // a string's meaning, any other's text
	start, end int    // offsets in the text
	comma      bool   // the last member or element has a comma after it
}

// Member is a name and its value.
type Member struct {
	Name  string
	Line  int // of the name, from 1
	Value *Value
}

// Is tells whether the value is there and of a kind.
func (v *Value) Is(k Kind) bool { return v != nil && v.Kind == k }

// Text is the meaning of a string, and of any other value that holds no others
// its text: "true", "12".
func (v *Value) Text() string {
	if v == nil {
		return ""
	}
	return v.str
}

// Get follows names into objects. Where a name is there twice the last one
// counts, as it does for the tools. It is nil where there is nothing.
func (v *Value) Get(names ...string) *Value {
	for _, name := range names {
		v = v.member(name)
	}
	return v
}

func (v *Value) member(name string) *Value {
	if v == nil {
		return nil
	}
	for i := len(v.Members) - 1; i >= 0; i-- {
		if v.Members[i].Name == name {
			return v.Members[i].Value
		}
	}
	return nil
}

// Strings are the elements of a list that are strings.
func (v *Value) Strings() []*Value {
	if v == nil {
		return nil
	}
	var out []*Value
	for _, e := range v.Elements {
		if e.Is(String) {
			out = append(out, e)
		}
	}
	return out
}

// value copies what was parsed. path is where it stands.
func (d *Doc) value(in hujson.Value, path string) *Value {
	v := &Value{
		Kind: Kind(in.Value.Kind()), Line: d.line(in.StartOffset),
		start: in.StartOffset, end: in.EndOffset,
	}
	_, v.comma, _ = ending(&in)
	switch c := in.Value.(type) {
	case *hujson.Object:
		d.members(v, c, path)
	case *hujson.Array:
		for _, e := range c.Elements {
			v.Elements = append(v.Elements, d.value(e, path))
		}
	case hujson.Literal:
		v.str = literal(c)
	}
	return v
}

func (d *Doc) members(v *Value, o *hujson.Object, path string) {
	seen := map[string]bool{}
	for _, m := range o.Members {
		name := literal(m.Name.Value.(hujson.Literal))
		at, line := join(path, name), d.line(m.Name.StartOffset)
		if seen[name] {
			d.Duplicates = append(d.Duplicates, Duplicate{Path: at, Line: line})
		}
		seen[name] = true
		v.Members = append(v.Members, Member{Name: name, Line: line, Value: d.value(m.Value, at)})
	}
}

func literal(l hujson.Literal) string {
	if l.Kind() == '"' {
		return l.String()
	}
	return string(l)
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// line is the number, from 1, of the line that holds an offset.
func (d *Doc) line(at int) int { return sort.SearchInts(d.lines, at+1) }
