//go:build linux

package main_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// json FILE PATH [PATTERN]: some value at the path fits the pattern, or is just
// there. The path is names and indexes with dots between; "*" is every one.
// With "!" no value does.
func cmdJSON(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 || len(args) > 3 {
		ts.Fatalf("usage: json FILE PATH [PATTERN]")
	}
	found := at(parse(ts, args[0]), strings.Split(args[1], "."))
	pattern := regexp.MustCompile("(?s)^(?:" + append(args, ".*")[2] + ")$")
	fits := false
	for _, v := range found {
		fits = fits || pattern.MatchString(text(v))
	}
	if fits == neg {
		ts.Fatalf("%s of %s: %v, want %v %s", args[1], args[0], found, map[bool]string{true: "nothing like"}[neg], pattern)
	}
}

func parse(ts *testscript.TestScript, file string) any {
	var v any
	if err := json.Unmarshal([]byte(ts.ReadFile(file)), &v); err != nil {
		ts.Fatalf("%s: %v", file, err)
	}
	return v
}

// at is every value at a path.
func at(v any, path []string) []any {
	if len(path) == 0 {
		return []any{v}
	}
	var out []any
	switch v := v.(type) {
	case map[string]any:
		for key, x := range v {
			if path[0] == "*" || path[0] == key {
				out = append(out, at(x, path[1:])...)
			}
		}
	case []any:
		for i, x := range v {
			if path[0] == "*" || path[0] == strconv.Itoa(i) {
				out = append(out, at(x, path[1:])...)
			}
		}
	}
	return out
}

// text is a value as a script writes it: a string without quotes.
func text(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// schema FILE SCHEMA: the file has every field that the schema requires, and
// none that it does not know.
func cmdSchema(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: schema FILE SCHEMA")
	}
	root, ok := parse(ts, args[1]).(map[string]any)
	if !ok {
		ts.Fatalf("%s is no schema", args[1])
	}
	s := schema{root: root}
	s.check("", root, parse(ts, args[0]))
	if len(s.wrong) > 0 {
		ts.Fatalf("%s is not as %s says:\n%s", args[0], args[1], lines(s.wrong))
	}
}

// schema checks objects against the few words of JSON Schema that are used.
type schema struct {
	root  map[string]any
	wrong []string
}

func (s *schema) check(where string, def map[string]any, v any) {
	if ref, ok := def["$ref"].(string); ok {
		defs := s.root["$defs"].(map[string]any)
		def = defs[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any)
	}
	switch v := v.(type) {
	case []any:
		items, _ := def["items"].(map[string]any)
		for i, x := range v {
			s.check(fmt.Sprintf("%s[%d]", where, i), items, x)
		}
	case map[string]any:
		s.object(where, def, v)
	}
}

func (s *schema) object(where string, def, v map[string]any) {
	required, _ := def["required"].([]any)
	for _, name := range required {
		if _, ok := v[name.(string)]; !ok {
			s.wrong = append(s.wrong, fmt.Sprintf("%s.%s is missing", where, name))
		}
	}
	properties, _ := def["properties"].(map[string]any)
	for name, x := range v {
		property, known := properties[name].(map[string]any)
		if !known {
			s.wrong = append(s.wrong, fmt.Sprintf("%s.%s is not in the schema", where, name))
			continue
		}
		s.check(where+"."+name, property, x)
	}
}
