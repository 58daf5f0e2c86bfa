package policy

import (
	"reflect"
	"sort"
	"strings"
)

// kind is what a key wants.
type kind int

const (
	unknown kind = iota
	integer
	number
	boolean
	text
	texts
	textMap
	table
	tables
)

// String names the kind for people.
func (k kind) String() string {
	return [...]string{
		unknown: "something else",
		integer: "a whole number",
		number:  "a number",
		boolean: "true or false",
		text:    "a text in quotes",
		texts:   "a list of texts",
		textMap: "a table of texts",
		table:   "a table",
		tables:  "a list of tables",
	}[k]
}

// schema is every key of a policy with what it wants, lists without their
// index: "network.rule.host".
type schema map[string]kind

// newSchema reads the keys from the document type, so that the two cannot
// differ.
func newSchema() schema {
	s := schema{}
	s.add("", reflect.TypeFor[document]())
	return s
}

func (s schema) add(prefix string, t reflect.Type) {
	for i := range t.NumField() {
		f := t.Field(i)
		name := join(prefix, f.Tag.Get("toml"))
		k := kindOf(f.Type)
		s[name] = k
		switch k {
		case table:
			s.add(name, f.Type)
		case tables:
			s.add(name, f.Type.Elem())
		}
	}
}

func kindOf(t reflect.Type) kind {
	switch t.Kind() {
	case reflect.Int64:
		return integer
	case reflect.Float64:
		return number
	case reflect.Bool:
		return boolean
	case reflect.String:
		return text
	case reflect.Map:
		return textMap
	case reflect.Struct:
		return table
	case reflect.Slice:
		if t.Elem().Kind() == reflect.String {
			return texts
		}
		return tables
	default:
		return unknown
	}
}

// suggest is a known key near the unknown one: first among its neighbours, then
// the same last name in another table.
func (s schema) suggest(key string) string {
	parent, last := parentOf(key), lastOf(key)
	var near, far []string
	elsewhere := map[string]string{}
	for _, k := range s.names() {
		if parentOf(k) == parent {
			near = append(near, lastOf(k))
		} else if _, ok := elsewhere[lastOf(k)]; !ok {
			elsewhere[lastOf(k)] = k
			far = append(far, lastOf(k))
		}
	}
	if n := nearest(last, near); n != "" {
		return join(parent, n)
	}
	return elsewhere[nearest(last, far)]
}

func (s schema) names() []string {
	names := make([]string, 0, len(s))
	for k := range s {
		names = append(names, k)
	}
	sort.Strings(names)
	return names
}

// join puts a key's name below another; a name that TOML would quote is quoted.
func join(parent, name string) string {
	if !bareKey(name) {
		name = quote(name)
	}
	if parent == "" {
		return name
	}
	return parent + "." + name
}

func bareKey(name string) bool {
	return name != "" && strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") == ""
}

func parentOf(key string) string {
	return key[:max(strings.LastIndexByte(key, '.'), 0)]
}

func lastOf(key string) string {
	return key[strings.LastIndexByte(key, '.')+1:]
}
