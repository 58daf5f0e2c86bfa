package jsonedit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// AddStrings puts at the end of the list under path those of items that it does
// not hold yet. It makes the list, and the objects on the way, where they are
// not there. It fails, and changes nothing, where one of them is something else.
func (d *Doc) AddStrings(path []string, items ...string) error {
	list := d.Root.Get(path...)
	if list == nil {
		if len(items) == 0 {
			return nil
		}
		return d.SetMissing(path, unique(items))
	}
	if list.Kind != Array {
		return fmt.Errorf("line %d: %s is not a list", list.Line, strings.Join(path, "."))
	}
	var have, add []string
	for _, e := range list.Strings() {
		have = append(have, e.str)
	}
	for _, item := range unique(items) {
		if !slices.Contains(have, item) {
			add = append(add, d.render(item, list))
		}
	}
	return d.insert(list, add)
}

func unique(items []string) []string {
	var out []string
	for _, item := range items {
		if !slices.Contains(out, item) {
			out = append(out, item)
		}
	}
	return out
}

// SetMissing gives path a value where there is none, and does nothing where
// there is one, whatever it is. It makes the objects on the way. It fails, and
// changes nothing, where one of them is something else.
func (d *Doc) SetMissing(path []string, value any) error {
	at := d.Root
	for i, name := range path {
		if at.Kind != Object {
			return fmt.Errorf("line %d: %s is not an object", at.Line, where(path[:i]))
		}
		next := at.Get(name)
		if next == nil {
			return d.insert(at, []string{d.member(at, path[i:], value)})
		}
		at = next
	}
	return nil
}

func where(path []string) string {
	if len(path) == 0 {
		return "the text"
	}
	return strings.Join(path, ".")
}

// member renders a name with its value, in objects for all names but the first.
func (d *Doc) member(in *Value, path []string, value any) string {
	for i := len(path) - 1; i > 0; i-- {
		value = map[string]any{path[i]: value}
	}
	name, _ := marshal(path[0], "", "")
	return name + ": " + d.render(value, in)
}

// render writes a value as it looks inside in.
func (d *Doc) render(value any, in *Value) string {
	prefix, unit := "", ""
	if d.spread(in) {
		prefix, unit = d.inner(in), d.unit()
	}
	text, err := marshal(value, prefix, unit)
	if err != nil {
		panic(err) // a caller's own values, of plain types
	}
	return strings.ReplaceAll(text, "\n", d.newline())
}

// marshal writes JSON without escaping <, > and &, on one line when unit is
// empty.
func marshal(value any, prefix, unit string) (string, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if unit != "" {
		enc.SetIndent(prefix, unit)
	}
	err := enc.Encode(value)
	return strings.TrimSuffix(b.String(), "\n"), err
}

// insert puts rendered items before the bracket that closes in, after whatever
// comment stands there, and reads the result.
func (d *Doc) insert(in *Value, items []string) error {
	if len(items) == 0 {
		return nil
	}
	end := in.end - 1
	pos := len(bytes.TrimRight(d.text[:end], " \t\r\n"))
	var out bytes.Buffer
	if last := in.last(); last != nil && !in.comma {
		out.Write(d.text[:last.end])
		out.WriteByte(',')
		out.Write(d.text[last.end:pos])
	} else {
		out.Write(d.text[:pos])
	}
	out.WriteString(d.join(in, items, pos))
	out.Write(d.text[pos:])
	next, err := Parse(append([]byte(d.mark), out.Bytes()...))
	if err != nil {
		return fmt.Errorf("after the edit: %w", err)
	}
	*d = *next
	return nil
}

// last is the last value inside; nil where there is none.
func (v *Value) last() *Value {
	if n := len(v.Members); n > 0 {
		return v.Members[n-1].Value
	}
	if n := len(v.Elements); n > 0 {
		return v.Elements[n-1]
	}
	return nil
}
