package jsonedit

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"
)

func TestAddStrings(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"nothing there":   {`{}`, "{\n  \"p\": {\n    \"allow\": [\n      \"a\",\n      \"<b>\"\n    ]\n  }\n}"},
		"there already":   {`{"p": {"allow": ["<b>", "a"]}}`, `{"p": {"allow": ["<b>", "a"]}}`},
		"one line":        {`{"p": {"allow": ["x"]}}`, `{"p": {"allow": ["x", "a", "<b>"]}}`},
		"one line, empty": {`{"p": {"allow": []}}`, `{"p": {"allow": ["a", "<b>"]}}`},
		"no object":       {`{"x": 1}`, `{"x": 1, "p": {"allow":["a","<b>"]}}`},
		"lines":           {"{\n\t\"p\": {\n\t\t\"allow\": [\n\t\t\t\"x\"\n\t\t]\n\t}\n}\n", "{\n\t\"p\": {\n\t\t\"allow\": [\n\t\t\t\"x\",\n\t\t\t\"a\",\n\t\t\t\"<b>\"\n\t\t]\n\t}\n}\n"},
		"lines, empty":    {"{\n    \"p\": {\n        \"allow\": []\n    }\n}", "{\n    \"p\": {\n        \"allow\": [\n            \"a\",\n            \"<b>\"\n        ]\n    }\n}"},
		"trailing comma":  {"{\"p\": {\"allow\": [\n  \"x\",\n]}}", "{\"p\": {\"allow\": [\n  \"x\",\n  \"a\",\n  \"<b>\",\n]}}"},
		"a comment behind the last": {"{\"p\": {\"allow\": [\n  \"x\" // why\n]}}",
			"{\"p\": {\"allow\": [\n  \"x\", // why\n  \"a\",\n  \"<b>\"\n]}}"},
		"a comment alone": {"{\"p\": {\"allow\": [ // none\n]}}", "{\"p\": {\"allow\": [ // none\n  \"a\",\n  \"<b>\"\n]}}"},
		"windows lines":   {"{\r\n  \"p\": {\r\n    \"x\": 1\r\n  }\r\n}\r\n", "{\r\n  \"p\": {\r\n    \"x\": 1,\r\n    \"allow\": [\r\n      \"a\",\r\n      \"<b>\"\r\n    ]\r\n  }\r\n}\r\n"},
		"a mark":          {bom + `{"p": {"allow": ["a"]}}`, bom + `{"p": {"allow": ["a", "<b>"]}}`},
		"the last of two": {`{"p": {"allow": [1], "allow": [2]}}`, `{"p": {"allow": [1], "allow": [2, "a", "<b>"]}}`},
	} {
		t.Run(name, func(t *testing.T) {
			d := parse(t, c.in)
			if err := d.AddStrings([]string{"p", "allow"}, "a", "<b>", "a"); err != nil {
				t.Fatal(err)
			}
			if got := string(d.Bytes()); got != c.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, c.want)
			}
		})
	}
}

func TestSetMissing(t *testing.T) {
	d := parse(t, "{\n  \"mode\": \"mine\" // keep\n}\n")
	for _, err := range []error{
		d.SetMissing([]string{"mode"}, "other"), d.SetMissing([]string{"a", "b", "c"}, true),
		d.SetMissing([]string{"a", "b", "d"}, []string{}), d.SetMissing([]string{"a"}, 1),
	} {
		if err != nil {
			t.Error(err)
		}
	}
	want := "{\n  \"mode\": \"mine\", // keep\n  \"a\": {\n    \"b\": {\n      \"c\": true,\n      \"d\": []\n    }\n  }\n}\n"
	if got := string(d.Bytes()); got != want {
		t.Errorf("got:\n%s", got)
	}
}

func TestEditsRefuseOtherKindsAndChangeNothing(t *testing.T) {
	for _, text := range []string{`[]`, `"x"`, `{"p": []}`, `{"p": null}`, `{"p": {"allow": "x"}}`, `{"p": {"allow": null}}`, `{"p": {"allow": {}}}`} {
		d := parse(t, text)
		if err := d.AddStrings([]string{"p", "allow"}, "a"); err == nil {
			t.Errorf("%s was edited: %s", text, d.Bytes())
		}
		if string(d.Bytes()) != text {
			t.Errorf("%s became %s", text, d.Bytes())
		}
	}
}

// subsequence tells whether only insertions lead from old to text.
func subsequence(old, text []byte) bool {
	for _, c := range text {
		if len(old) > 0 && old[0] == c {
			old = old[1:]
		}
	}
	return len(old) == 0
}

func FuzzEdit(f *testing.F) {
	for _, seed := range []string{
		settings, `{}`, `{"permissions": {"allow": ["x" /* c */]}}`, "\xEF\xBB\xBF{\r\n}", `{"permissions":{"allow":[1,],},}`,
		`{"permissions": {"allow": []}, "permissions": null}`, "[[[[", `{"a":"\ud800"}`, "{\n// x\n}", `{"permissions":{/**/}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		d, err := Parse(in)
		if err != nil {
			return
		}
		if !bytes.Equal(d.Bytes(), in) {
			t.Fatalf("%q was read as %q", in, d.Bytes())
		}
		if plain := bytes.TrimPrefix(in, []byte(bom)); d.Loose == 0 && !json.Valid(plain) {
			t.Fatalf("%q is no plain JSON", in)
		}
		if err := d.AddStrings([]string{"permissions", "allow"}, "a", "b"); err != nil {
			if !bytes.Equal(d.Bytes(), in) {
				t.Fatalf("%v, and %q became %q", err, in, d.Bytes())
			}
			return
		}
		var got []string
		for _, v := range d.Root.Get("permissions", "allow").Strings() {
			got = append(got, v.Text())
		}
		if !slices.Contains(got, "a") || !slices.Contains(got, "b") || !subsequence(in, d.Bytes()) {
			t.Fatalf("%q became %q", in, d.Bytes())
		}
	})
}
