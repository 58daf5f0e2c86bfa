package report

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
)

// TestSchema holds the JSON of every golden run to the published schema, and
// the schema to that JSON: each field is described, none is described that is
// never written.
func TestSchema(t *testing.T) {
	s := schema{t: t, used: map[string]bool{}}
	if err := json.Unmarshal(contents(t, "../../schema/report.schema.json"), &s.root); err != nil {
		t.Fatal(err)
	}
	for name, r := range goldenRuns() {
		var v any
		if err := json.Unmarshal(forms(t, r)[".json"], &v); err != nil {
			t.Fatal(err)
		}
		s.check(name, s.root, v)
	}
	s.unused("", s.root)
	for name, def := range s.root["$defs"].(map[string]any) {
		s.unused(name, def.(map[string]any))
	}
}

// schema checks with the few words of JSON Schema that ours uses.
type schema struct {
	t    *testing.T
	root map[string]any
	used map[string]bool // by the address of the property
}

// check reports where v is not as def says.
func (s schema) check(at string, def map[string]any, v any) {
	if ref, ok := def["$ref"].(string); ok {
		def = s.root["$defs"].(map[string]any)[ref[len("#/$defs/"):]].(map[string]any)
	}
	if !hasType(def["type"], v) {
		s.t.Errorf("%s: %T is not %v", at, v, def["type"])
		return
	}
	if n, ok := v.(float64); ok {
		low, hasLow := def["minimum"].(float64)
		high, hasHigh := def["maximum"].(float64)
		if want, ok := def["const"].(float64); ok && want != n || hasLow && n < low || hasHigh && n > high {
			s.t.Errorf("%s: %v is out of bounds", at, n)
		}
	}
	switch v := v.(type) {
	case []any:
		for i, x := range v {
			s.check(fmt.Sprintf("%s[%d]", at, i), def["items"].(map[string]any), x)
		}
	case map[string]any:
		s.object(at, def, v)
	}
}

// object checks the fields of one.
func (s schema) object(at string, def, v map[string]any) {
	props := def["properties"].(map[string]any)
	for _, name := range def["required"].([]any) {
		if _, ok := v[name.(string)]; !ok {
			s.t.Errorf("%s: no %s", at, name)
		}
	}
	for name, x := range v {
		p, ok := props[name].(map[string]any)
		if !ok {
			s.t.Errorf("%s: %s is not described", at, name)
			continue
		}
		s.used[fmt.Sprintf("%p", p)] = true
		s.check(at+"."+name, p, x)
	}
}

// unused reports properties that no golden run has.
func (s schema) unused(at string, def map[string]any) {
	for name, p := range def["properties"].(map[string]any) {
		if !s.used[fmt.Sprintf("%p", p)] {
			s.t.Errorf("schema: %s.%s is described and never written", at, name)
		}
	}
}

// hasType reports whether v is of the type, or of one of the types.
func hasType(want, v any) bool {
	var got []string
	switch v := v.(type) {
	case nil:
		got = []string{"null"}
	case bool:
		got = []string{"boolean"}
	case string:
		got = []string{"string"}
	case []any:
		got = []string{"array"}
	case map[string]any:
		got = []string{"object"}
	case float64:
		if got = []string{"number"}; v == float64(int64(v)) {
			got = append(got, "integer")
		}
	}
	if many, ok := want.([]any); ok {
		return slices.ContainsFunc(many, func(w any) bool { return slices.Contains(got, w.(string)) })
	}
	return slices.Contains(got, want.(string))
}
