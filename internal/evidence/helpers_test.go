package evidence

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// warn is a small event.
func warn(msg string) Event { return Event{Warning: &Warning{Message: msg}} }

// refuse is an event whose strings an agent chose.
func refuse(what string) Event {
	return Event{Iteration: 1, Refused: &Refused{Layer: "isolation", Control: "isolation.guardrail:CLAUDE.md",
		What: what, Errno: "EROFS", Source: Observed, Count: 1}}
}

// fill writes events and returns the journal's path and bytes.
func fill(t *testing.T, events []Event, opts ...Option) (string, []byte) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "journal.jsonl")
	j, err := Create(path, append([]Option{clock}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		if err := j.Record(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	return path, contents(t, path)
}

// clock makes the time of events the same in every run.
func clock(j *Journal) {
	at := time.Date(2026, 3, 1, 22, 0, 0, 0, time.UTC)
	j.now = func() time.Time { at = at.Add(1500 * time.Millisecond); return at }
}

// contents reads a file.
func contents(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// readAll is the events of a journal that must verify.
func readAll(t *testing.T, b []byte) []Event {
	t.Helper()
	var out []Event
	if _, err := Read(bytes.NewReader(b), func(e Event) error { out = append(out, e); return nil }); err != nil {
		t.Fatal(err)
	}
	return out
}

// six is a journal of six lines.
func six(t *testing.T) [][]byte {
	t.Helper()
	var events []Event
	for i := range 6 {
		events = append(events, warn("event "+strconv.Itoa(i+1)))
	}
	_, b := fill(t, events)
	return bytes.SplitAfter(bytes.TrimSuffix(b, []byte("\n")), []byte("\n"))
}

// join makes a journal of lines, each ended.
func join(lines ...[]byte) []byte {
	var b []byte
	for _, l := range lines {
		b = append(append(b, bytes.TrimSuffix(l, []byte("\n"))...), '\n')
	}
	return b
}
