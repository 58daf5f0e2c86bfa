package evidence

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// reopen opens, records one event and closes.
func reopen(t *testing.T, path string) Tail {
	t.Helper()
	j, tail, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(j.Record(warn("again")), j.Close()); err != nil {
		t.Fatal(err)
	}
	return tail
}

func TestOpenGoesOn(t *testing.T) {
	path, _ := fill(t, []Event{warn("one"), warn("two")})
	if tail := reopen(t, path); tail.Events != 2 || tail.Torn != "" {
		t.Errorf("%+v", tail)
	}
	if got := readAll(t, contents(t, path)); len(got) != 3 || got[2].Seq != 3 {
		t.Errorf("%+v", got)
	}
}

// TestOpenTorn cuts the journal at every byte of its last line, as a crash may.
func TestOpenTorn(t *testing.T) {
	_, b := fill(t, []Event{warn("one"), warn("two")})
	first := bytes.IndexByte(b, '\n') + 1
	for cut := first + 1; cut < len(b); cut++ {
		path := filepath.Join(t.TempDir(), "j")
		if err := os.WriteFile(path, b[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		tail := reopen(t, path)
		if tail.Events != 1 || tail.Torn != path+".torn" {
			t.Fatalf("cut at %d: %+v", cut, tail)
		}
		if got := contents(t, tail.Torn); !bytes.Equal(got, b[first:cut]) {
			t.Fatalf("cut at %d: moved aside %q", cut, got)
		}
		if got := readAll(t, contents(t, path)); len(got) != 2 || got[1].Warning.Message != "again" {
			t.Fatalf("cut at %d: %+v", cut, got)
		}
	}
}

func TestTornIsNeverOverwritten(t *testing.T) {
	path, b := fill(t, []Event{warn("one")})
	for i, want := range []string{".torn", ".torn.2", ".torn.3"} {
		if err := os.WriteFile(path, append(bytes.Clone(b), byte('a'+i)), 0o600); err != nil {
			t.Fatal(err)
		}
		if tail := reopen(t, path); tail.Torn != path+want || string(contents(t, tail.Torn)) != string(rune('a'+i)) {
			t.Errorf("%+v", tail)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	path, b := fill(t, []Event{warn("one"), warn("two"), warn("three")})
	edited := bytes.Replace(b, []byte("two"), []byte("owt"), 1)
	if err := os.WriteFile(path, edited, 0o600); err != nil {
		t.Fatal(err)
	}
	var bad *ChainError
	if _, _, err := Open(path); !errors.As(err, &bad) || bad.Line != 2 {
		t.Errorf("edited journal: %v", err)
	}
	if !bytes.Equal(contents(t, path), edited) {
		t.Error("a refused journal was changed")
	}
	if _, _, err := Open(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no journal: %v", err)
	}
	if _, _, err := Open(os.DevNull); err == nil {
		t.Error("a device was opened as a journal")
	}
}
