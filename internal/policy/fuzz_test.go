package policy

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// FuzzParse: no panic; an error is at a line of the file; what is accepted is
// read in the same way a second time.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob(filepath.Join(cases, "*.toml"))
	if err != nil || len(files) == 0 {
		f.Fatal("no seeds", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := Parse(FileName, data)
		if err == nil {
			again, err := Parse(FileName, slices.Clone(data))
			if err != nil || !reflect.DeepEqual(p, again) {
				t.Fatalf("accepted once, then %v", err)
			}
			return
		}
		var e *Error
		if !errors.As(err, &e) {
			t.Fatalf("a %T: %v", err, err)
		}
		lines := strings.Split(string(data), "\n")
		if e.Line < 1 || e.Line > len(lines) || e.Column < 1 {
			t.Fatalf("position %d:%d in %d lines", e.Line, e.Column, len(lines))
		}
		if got := strings.TrimSuffix(lines[e.Line-1], "\r"); got != e.Source {
			t.Fatalf("line %d is %q, not %q", e.Line, got, e.Source)
		}
		if e.Error() == "" || e.Msg == "" {
			t.Fatal("no message")
		}
	})
}
