package jsonedit

import (
	"errors"
	"strings"
	"testing"
)

const settings = `{
  // who may do what
  "permissions": {
    "allow": [
      "Bash(go:*)", /* builds */
      "Read"
    ],
    "deny": [],
  },
  "env": {"A": "1", "A": "2"},
  "n": [1, true, null, "\u0041"]
}
`

func parse(t *testing.T, text string) *Doc {
	t.Helper()
	d, err := Parse([]byte(text))
	if err != nil {
		t.Fatalf("%v in:\n%s", err, text)
	}
	if string(d.Bytes()) != text {
		t.Fatalf("changed without an edit:\n%s", d.Bytes())
	}
	return d
}

func TestValuesAndLines(t *testing.T) {
	d := parse(t, settings)
	allow := d.Root.Get("permissions", "allow")
	if !allow.Is(Array) || allow.Line != 4 || len(allow.Strings()) != 2 {
		t.Fatalf("%+v", allow)
	}
	if e := allow.Elements[1]; e.Text() != "Read" || e.Line != 6 {
		t.Errorf("%+v", e)
	}
	if got := d.Root.Get("env", "A").Text(); got != "2" {
		t.Errorf("the last of two counts, not %q", got)
	}
	n := d.Root.Get("n")
	if n.Elements[0].Text() != "1" || !n.Elements[1].Is(True) || !n.Elements[2].Is(Null) || n.Strings()[0].Text() != "A" {
		t.Errorf("%+v", n)
	}
	if d.Root.Get("env", "none", "x") != nil || (*Value)(nil).Text() != "" {
		t.Error("something is there that is not")
	}
}

func TestDuplicatesAreReported(t *testing.T) {
	got := parse(t, settings).Duplicates
	if len(got) != 1 || got[0] != (Duplicate{"env.A", 10}) {
		t.Errorf("%+v", got)
	}
	if got := parse(t, `{"a": 1, "b": {"a": 2}}`).Duplicates; len(got) != 0 {
		t.Errorf("%+v", got)
	}
	if got := parse(t, `{"a": 1, "\u0061": 2}`).Duplicates; len(got) != 1 {
		t.Errorf("another spelling of a name: %+v", got)
	}
}

func TestLooseTellsPlainJSONFromTheRest(t *testing.T) {
	for text, line := range map[string]int{
		settings:                     2,
		"{\"a\": \"// no\"}":         0,
		"{\n\"a\": [1,\n]}":          2,
		"[1]\n// end":                2,
		"/* a */ 1":                  1,
		"{\"a\":\n1, }":              2,
		"[\n // nothing\n]":          2,
		"[]":                         0,
		"{\"a\": {}, \"b\": [ ] }\n": 0,
	} {
		if got := parse(t, text).Loose; got != line {
			t.Errorf("%q: line %d, want %d", text, got, line)
		}
	}
}

func TestRefusedWithLine(t *testing.T) {
	for text, line := range map[string]int{
		"":                                 1,
		"{\n\"a\": 1\n\"b\": 2}":           3,
		"{\n\n'a': 1}":                     3,
		"[1,\n2":                           2,
		"{} {}":                            1,
		"{\"a\" /* open":                   1,
		"[\n" + strings.Repeat("[", 80):    2,
		strings.Repeat(" ", MaxSize) + "1": 1,
	} {
		var e *SyntaxError
		if _, err := Parse([]byte(text)); !errors.As(err, &e) || e.Line != line || e.Why == "" {
			t.Errorf("%.20q: %v, want line %d", text, err, line)
		}
	}
}

func TestDepthCountsBracketsAndNotText(t *testing.T) {
	deep := strings.Repeat("[", MaxDepth) + strings.Repeat("]", MaxDepth)
	for _, text := range []string{
		deep, `["` + strings.Repeat("[", 100) + `"]`, `["\"` + strings.Repeat("[", 100) + `"]`,
		"[ // " + strings.Repeat("[", 100) + "\n]", "[ /* " + strings.Repeat("[", 100) + " * */ ]",
	} {
		parse(t, text)
	}
	for _, text := range []string{"[" + deep + "]", `["a",` + deep + "]", "[/**/" + deep + "]", "[ // x\n" + deep + "]"} {
		if _, err := Parse([]byte(text)); err == nil {
			t.Errorf("%.20q was read", text)
		}
	}
}
