package policy

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the expected results")

const cases = "../../testdata/policy"

// TestParseGolden parses each NAME.toml and compares with NAME.json, the
// policy that it is, or NAME.err, the error with its hint.
func TestParseGolden(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(cases, "*.toml"))
	if err != nil || len(files) < 40 {
		t.Fatalf("%d cases, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".toml"), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			suffix, got := outcome(t, data)
			base := strings.TrimSuffix(file, ".toml")
			if *update {
				for _, s := range []string{".json", ".err"} {
					os.Remove(base + s)
				}
				if err := os.WriteFile(base+suffix, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(base + suffix)
			if err != nil {
				t.Fatalf("not the kind of result that is expected: %s", got)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func outcome(t *testing.T, data []byte) (suffix string, text []byte) {
	t.Helper()
	p, err := Parse(FileName, data)
	if err == nil {
		text, err = json.MarshalIndent(p, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		return ".json", append(text, '\n')
	}
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("error is a %T, not an *Error: %v", err, err)
	}
	s := e.Error() + "\n"
	if h := e.Hint(); h != "" {
		s += "hint: " + h + "\n"
	}
	return ".err", []byte(s)
}
