package why

import (
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"ringwall/internal/plan"
)

// object is what is read of a schema.
type object struct {
	Required   []string
	Properties map[string]struct {
		Type  string
		Enum  []string
		Items struct{ Enum []string }
	}
}

// TestSchema holds the published schema to the types: the same fields, all of
// them always written, and the same words.
func TestSchema(t *testing.T) {
	data, err := os.ReadFile("../../schema/why.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var s struct {
		object
		Defs map[string]object `json:"$defs"`
	}
	if err := json.Unmarshal(data, &s); err != nil {
		t.Fatal(err)
	}
	same(t, s.object, reflect.TypeFor[Answers]())
	same(t, s.Defs["answer"], reflect.TypeFor[Answer]())
	same(t, s.Defs["part"], reflect.TypeFor[Part]())
	words(t, s.Defs["answer"].Properties["as"].Enum, Kinds())
	words(t, s.Defs["answer"].Properties["also"].Items.Enum, Kinds())
	words(t, s.Defs["answer"].Properties["verdict"].Enum, []Verdict{Allowed, Refused, Conditional})
	words(t, s.Defs["part"].Properties["verdict"].Enum, []Verdict{Allowed, Refused, Conditional})
	words(t, s.Defs["part"].Properties["layer"].Enum, plan.Layers())
	operations := s.Defs["part"].Properties["operation"].Enum
	for _, what := range []string{"CLAUDE.md", "mount", "api.example.com", "curl", "pids"} {
		for _, p := range ask(t, testWorld(), Question{What: what}).Parts {
			if !slices.Contains(operations, p.Operation) {
				t.Errorf("%s is no operation of the schema", p.Operation)
			}
		}
	}
}

// same compares an object of the schema with a type, field by field.
func same(t *testing.T, o object, typ reflect.Type) {
	t.Helper()
	for i := range typ.NumField() {
		name, options, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
		want := map[reflect.Kind]string{reflect.String: "string", reflect.Int: "integer", reflect.Slice: "array"}[typ.Field(i).Type.Kind()]
		if o.Properties[name].Type != want || options != "" || !slices.Contains(o.Required, name) {
			t.Errorf("%s.%s is %+v in the schema", typ.Name(), name, o.Properties[name])
		}
	}
	if n := typ.NumField(); len(o.Properties) != n || len(o.Required) != n {
		t.Errorf("%s has %d fields, the schema %d and requires %d", typ.Name(), n, len(o.Properties), len(o.Required))
	}
}

func words[T ~string](t *testing.T, got []string, want []T) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%q, want %q", got, want)
		return
	}
	for i := range got {
		if got[i] != string(want[i]) {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
