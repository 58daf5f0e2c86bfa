package plan

import (
	"encoding/json"
	"reflect"
	"testing"
)

// texts are what strings are filled with: nothing, plain, and all that JSON has
// to escape.
var texts = []string{"", "plain", "a\tsmall \"file\"\n\\ of plain characters\n", "\"\\/<&>\x00\x1f\n\t\x7f é \u2028 \xff"}

// fillAll sets every field of a value, at any depth, to something.
func fillAll(v reflect.Value, text string, n int) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fillAll(v.Elem(), text, n)
	case reflect.Struct:
		for i := range v.NumField() {
			fillAll(v.Field(i), text, n)
		}
	case reflect.String:
		v.SetString(text)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(n) * 7)
	case reflect.Bool:
		v.SetBool(n != 0)
	case reflect.Slice:
		if n == 0 {
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), n-1, n))
		for i := range v.Len() {
			fillAll(v.Index(i), text, n)
		}
	case reflect.Map:
		if n == 0 {
			return
		}
		v.Set(reflect.MakeMap(v.Type()))
		for i := range n - 1 {
			v.SetMapIndex(reflect.ValueOf(text+string(rune('b'-i))), reflect.ValueOf(text))
		}
	}
}

// TestCanonicalIsJSON fills each operation by itself, and all at once, in each
// way that a field can be written or left out: a field that the encoder does
// not know is found here.
func TestCanonicalIsJSON(t *testing.T) {
	ops := reflect.TypeFor[Op]().NumField()
	for _, text := range texts {
		for n := range 4 { // none, empty, one, two
			var p Plan
			fillAll(reflect.ValueOf(&p).Elem(), text, n)
			same(t, p)
			for i := range ops {
				var c Control
				fillAll(reflect.ValueOf(&c.Want).Elem().Field(i), text, n)
				if c.Want.count() != 1 {
					t.Errorf("%s is not counted", reflect.TypeFor[Op]().Field(i).Name)
				}
				same(t, Plan{Controls: []Control{c}})
			}
		}
	}
}

func same(t *testing.T, p Plan) {
	t.Helper()
	got, err := p.Canonical()
	want, err2 := json.Marshal(p)
	if err != nil || err2 != nil || string(got) != string(want) {
		t.Errorf("got  %s (%v)\nwant %s (%v)", got, err, want, err2)
	}
}

// BenchmarkHash is of a plan of ordinary size.
func BenchmarkHash(b *testing.B) {
	p := Plan{Version: Version, Project: "/home/a/project", Command: []string{"true"}}
	for range 60 {
		p.Controls = append(p.Controls, Control{ID: "isolation.view:/usr", Layer: Isolation, Status: Enforced, From: "default",
			Want: Op{Mount: &Mount{Kind: Bind, Source: "/usr", Target: "/usr"}}})
	}
	for b.Loop() {
		if _, err := p.Hash(); err != nil {
			b.Fatal(err)
		}
	}
}
