package report

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"ringwall/internal/evidence"
)

var update = flag.Bool("update", false, "write the golden files anew")

// contents reads a file.
func contents(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// fixed is the run of a fixture with a journal as it would be: its hash would
// change with the time of recording.
func fixed(events []ev) Run {
	r := Reduce(events)
	r.Journal = Journal{Checked: true, Intact: true, Events: len(events), Head: strings.Repeat("9e", 32)}
	return r
}

// cutOff is the interrupted loop without its end, and a torn last line.
func cutOff() Run {
	events := interrupted()
	r := Reduce(events[:9])
	r.Journal = Journal{Checked: true, Torn: true, Events: 9, Head: strings.Repeat("9e", 32), Line: 10, Problem: "the last line is not whole"}
	return r
}

// broken is the rich loop with an edit in its journal.
func broken() Run {
	r := Reduce(rich()[:16])
	r.Journal = Journal{Checked: true, Events: 16, Head: strings.Repeat("9e", 32), Line: 17, Problem: "was changed or put in: line 18 holds another hash of it"}
	return r
}

func goldenRuns() map[string]Run {
	return map[string]Run{"rich": fixed(rich()), "empty": fixed(empty()), "interrupted": fixed(interrupted()),
		"hostile": fixed(hostile()), "gated": fixed(gated()), "cutoff": cutOff(), "broken": broken(), "reviewed": fixed(decided()), "alarmed": fixed(alarmed())}
}

// forms is every way to show a run.
func forms(t *testing.T, r Run) map[string][]byte {
	t.Helper()
	var text, json, html bytes.Buffer
	if err := Text(&text, r, false); err != nil {
		t.Fatal(err)
	}
	if err := JSON(&json, r); err != nil {
		t.Fatal(err)
	}
	if err := HTML(&html, r); err != nil {
		t.Fatal(err)
	}
	return map[string][]byte{".txt": text.Bytes(), ".json": json.Bytes(), ".html": html.Bytes()}
}

func TestGolden(t *testing.T) {
	for name, r := range goldenRuns() {
		for ext, got := range forms(t, r) {
			path := filepath.Join("testdata", name+ext)
			if *update {
				if err := os.WriteFile(path, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if want := contents(t, path); !bytes.Equal(got, want) {
				t.Errorf("%s differs; see it with: go test ./internal/report -update && git diff", path)
			}
		}
	}
}

// TestNothingActs: no form holds a character that acts on a terminal or hides,
// whatever the events hold.
func TestNothingActs(t *testing.T) {
	if evidence.Printable(nasty) == nasty {
		t.Fatal("the fixture is harmless and proves nothing")
	}
	for name, r := range goldenRuns() {
		for ext, b := range forms(t, r) {
			for i, line := range strings.Split(string(b), "\n") {
				if p := evidence.Printable(line); p != line {
					t.Fatalf("%s%s line %d: %q", name, ext, i+1, line)
				}
			}
		}
	}
}

// TestText80 holds the text to its width; only commands to copy may be longer.
func TestText80(t *testing.T) {
	for name, r := range goldenRuns() {
		for i, line := range strings.Split(string(forms(t, r)[".txt"]), "\n") {
			if width(line) > lineWidth && !strings.HasPrefix(line, "  next: ") && !strings.HasPrefix(line, "  settle with: ") {
				t.Errorf("%s line %d has %d columns: %s", name, i+1, width(line), line)
			}
			if strings.TrimRight(line, " ") != line {
				t.Errorf("%s line %d ends in spaces", name, i+1)
			}
		}
	}
}

// TestColour: colour adds SGR sequences of our own and changes nothing else.
func TestColour(t *testing.T) {
	sgr := regexp.MustCompile("\x1b\\[[0-9;]+m")
	for name, r := range goldenRuns() {
		var plain, colour bytes.Buffer
		if err := Text(&plain, r, false); err != nil {
			t.Fatal(err)
		}
		if err := Text(&colour, r, true); err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(colour.Bytes(), []byte("\x1b[")) {
			t.Errorf("%s: no colour", name)
		}
		if got := sgr.ReplaceAllString(colour.String(), ""); got != plain.String() {
			t.Errorf("%s: colour changed the text", name)
		}
	}
}
