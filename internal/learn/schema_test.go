package learn

import (
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"testing"
)

// object is what is read of a schema.
type object struct {
	Required   []string
	Properties map[string]struct{ Type string }
}

// TestSchema holds the published schema to the types: the same fields, all of
// them always written.
func TestSchema(t *testing.T) {
	data, err := os.ReadFile("../../schema/learn.schema.json")
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
	for typ, o := range map[reflect.Type]object{
		reflect.TypeFor[Result](): s.object, reflect.TypeFor[Place](): s.Defs["place"], reflect.TypeFor[Entries](): s.Defs["entries"],
		reflect.TypeFor[Rule](): s.Defs["rule"], reflect.TypeFor[Note](): s.Defs["note"],
	} {
		for i := range typ.NumField() {
			name := typ.Field(i).Tag.Get("json")
			want := map[reflect.Kind]string{reflect.String: "string", reflect.Int: "integer", reflect.Slice: "array"}[typ.Field(i).Type.Kind()]
			if p, ok := o.Properties[name]; !ok || p.Type != want || !slices.Contains(o.Required, name) {
				t.Errorf("%s.%s is %+v in the schema", typ, name, p)
			}
		}
		if n := typ.NumField(); len(o.Properties) != n || len(o.Required) != n {
			t.Errorf("%s has %d fields, the schema %d", typ, n, len(o.Properties))
		}
	}
}
