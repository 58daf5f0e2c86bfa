package policy

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// parse is a policy that must be sound; the version is put in front.
func parse(t *testing.T, text string) Policy {
	t.Helper()
	p, err := Parse(FileName, []byte("version = 1\n"+text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestLimitsAreOnByDefault(t *testing.T) {
	want := Limits{Memory: 4 << 30, MilliCPUs: 2000, PIDs: 512, Disk: 10 << 30, Inodes: 500_000, Files: 4096, Output: 1 << 30, Time: 45 * time.Minute}
	if got := parse(t, "").Limits; !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
}

func TestWhere(t *testing.T) {
	p := parse(t, `
[network]
allow = [
  "a.example",
  "b.example",
]
[[credential]]
name = "a"
from = { env = "A" }
host = "a.example"
`)
	for key, want := range map[string]int{
		"version": 1, "network.allow": 4, "network.allow[1]": 6, "credential[0]": 8,
		"credential[0].from.env": 10, "limits.memory": 0, "network.allow[2]": 0,
	} {
		if got := p.Line(key); got != want {
			t.Errorf("Line(%s) = %d, want %d", key, got, want)
		}
	}
	if got := p.Where("network.allow[1]"); got != "ringwall.toml:6" {
		t.Errorf("Where is %q", got)
	}
	if got := p.Where("limits.memory"); got != "default" {
		t.Errorf("Where of a default is %q", got)
	}
}

func TestErrorAt(t *testing.T) {
	p := parse(t, "[loop]\nverify = [\"x\"]\n")
	for key, want := range map[string]string{
		"loop.verify[0]": "ringwall.toml:3:11: loop.verify[0]: m",
		"loop.max_time":  "ringwall.toml:2:2: loop.max_time: m",
		"agent":          "ringwall.toml:1:1: agent: m",
	} {
		if got, _, _ := strings.Cut(p.ErrorAt(key, "m").Error(), "\n"); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if e := (Policy{}).ErrorAt("agent", "m"); e.Line != 1 || e.Column != 1 {
		t.Errorf("without a text: %v", e)
	}
}

func TestRunnableAndLoopable(t *testing.T) {
	for _, c := range []struct {
		text      string
		run, loop bool
	}{
		{"", false, false},
		{"[loop]\nmax_iterations = 2\n", false, false},
		{"agent = \"claude\"\n", true, false},
		{"command = [\"x\"]\n", true, false},
		{"agent = \"claude\"\n[loop]\nmax_iterations = 2\n", true, true},
	} {
		p := parse(t, c.text)
		for name, got := range map[string]error{"run": p.Runnable(), "loop": p.Loopable()} {
			want := map[string]bool{"run": c.run, "loop": c.loop}[name]
			if (got == nil) != want {
				t.Errorf("%s of %q: %v", name, c.text, got)
			}
			if got != nil && hint(got) == "" {
				t.Errorf("no hint: %v", got)
			}
		}
	}
}

func hint(err error) string {
	var h interface{ Hint() string }
	if errors.As(err, &h) {
		return h.Hint()
	}
	return ""
}

func TestCheckAgent(t *testing.T) {
	known := []string{"claude", "codex", "gemini"}
	if err := parse(t, `agent = "codex"`).CheckAgent(known); err != nil {
		t.Error(err)
	}
	if err := parse(t, `command = ["x"]`).CheckAgent(known); err != nil {
		t.Error(err)
	}
	err := parse(t, `agent = "cluade"`).CheckAgent(known)
	if err == nil || !strings.HasPrefix(err.Error(), "ringwall.toml:2:9: agent: ") || hint(err) != `did you mean "claude"?` {
		t.Errorf("%v, %s", err, hint(err))
	}
	err = parse(t, `agent = "hal9000"`).CheckAgent(known)
	if err == nil || !strings.Contains(hint(err), "claude, codex and gemini") {
		t.Errorf("%v, %s", err, hint(err))
	}
}

func TestIterationTime(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"":                                45 * time.Minute,
		"[limits]\ntime = \"10m\"":        10 * time.Minute,
		"[loop]\niteration_time = \"2h\"": 2 * time.Hour,
		"[loop]\niteration_time = \"2h\"\n[limits]\ntime = \"1h\"": time.Hour,
	} {
		if got := parse(t, text).IterationTime(); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

// TestErrorIsFitForATerminal: no byte of a hostile policy steers a terminal,
// and no message floods it.
func TestErrorIsFitForATerminal(t *testing.T) {
	nasty := "\x1b]0;x\a\u202e\u200b\r"
	long := strings.Repeat("long", 10000)
	for _, e := range []*Error{
		{File: nasty, Line: 1, Column: 3, Key: nasty, Msg: nasty, Source: nasty + "x", hint: nasty},
		{File: "f", Line: 1, Column: 20000, Key: long, Msg: long, Source: long, hint: long},
		{File: "f", Line: 1, Column: 1 << 30, Source: "short"},
		{File: "f", Line: 1, Column: 0, Source: "short"},
	} {
		text := e.Error() + e.Hint()
		if strings.ContainsAny(text, "\x1b\a\r\u202e\u200b") {
			t.Errorf("not escaped: %q", text)
		}
		if len(text) > 2000 {
			t.Errorf("%d bytes", len(text))
		}
	}
}

func TestTooLarge(t *testing.T) {
	fill := func(n int) []byte {
		return append([]byte("version = 1\n#"), []byte(strings.Repeat("x", n-13))...)
	}
	if _, err := Parse(FileName, fill(MaxSize)); err != nil {
		t.Error(err)
	}
	if _, err := Parse(FileName, fill(MaxSize+1)); err == nil || !strings.Contains(err.Error(), "larger than 65536 bytes") {
		t.Errorf("error is %v", err)
	}
}

func TestTooManyElements(t *testing.T) {
	text := "[tools]\nallow = [" + strings.Repeat(`"go",`, maxElements) + `"go"]`
	if _, err := Parse(FileName, []byte("version = 1\n"+text)); err == nil || !strings.Contains(err.Error(), "more than 1000") {
		t.Errorf("error is %v", err)
	}
}

// TestEveryKeyIsTried: a key that no case in testdata accepts is a key that
// nobody knows to work.
func TestEveryKeyIsTried(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(cases, "ok-*.toml"))
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	left := newSchema()
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		p, err := Parse(FileName, data)
		if err != nil {
			t.Fatal(err)
		}
		for k := range p.marks {
			for s := range left {
				if shape(k) == s || strings.HasPrefix(shape(k), s+".") {
					delete(left, s)
				}
			}
		}
	}
	if len(left) > 0 {
		t.Errorf("no case for %v", slices.Sorted(maps.Keys(left)))
	}
}

// shape is a key without the indices of lists.
func shape(key string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(key, "[") {
		if _, rest, ok := strings.Cut(part, "]"); ok {
			part = rest
		}
		b.WriteString(part)
	}
	return b.String()
}

func TestSchemaKnowsEveryKind(t *testing.T) {
	for key, k := range newSchema() {
		if k == unknown {
			t.Errorf("%s has no kind", key)
		}
	}
}

func TestNearest(t *testing.T) {
	words := []string{"max_iterations", "max_time", "verify"}
	for word, want := range map[string]string{
		"max_iteration": "max_iterations", "max_iteratoins": "max_iterations", "verfiy": "verify",
		"Verify": "verify", "time": "", "": "", strings.Repeat("verify", 50): "",
	} {
		if got := nearest(word, words); got != want {
			t.Errorf("nearest(%q) = %q, want %q", word, got, want)
		}
	}
}
