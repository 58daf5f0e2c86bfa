package evidence

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestCreate(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "journal.jsonl")
	j, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" && info.Mode() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	if _, err := Create(path); !errors.Is(err, fs.ErrExist) {
		t.Errorf("second Create: %v", err)
	}
	if _, err := Create(filepath.Join(dir, "none", "j")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Create in no folder: %v", err)
	}
}

func TestRecord(t *testing.T) {
	sent := refuse("write \x1b[31mCLAUDE.md\u202e \xff")
	_, b := fill(t, []Event{warn("one"), sent, warn("three")})
	got := readAll(t, b)
	if len(got) != 3 || got[1].Seq != 2 || got[1].Iteration != 1 || got[1].Time.Location() != time.UTC {
		t.Fatalf("%+v", got)
	}
	if w := "write \x1b[31mCLAUDE.md\u202e " + `\xff`; got[1].Refused.What != w {
		t.Errorf("what came back: %q, want %q", got[1].Refused.What, w)
	}
	if sent.Refused.What != "write \x1b[31mCLAUDE.md\u202e \xff" || sent.Seq != 0 {
		t.Error("the caller's event was changed")
	}
	if s := string(bytes.ReplaceAll(b, []byte("\n"), nil)); Printable(s) != s {
		t.Errorf("the file is not harmless to show: %q", s)
	}
}

func TestRecordRefusesInvalid(t *testing.T) {
	j, err := Create(filepath.Join(t.TempDir(), "j"))
	if err != nil {
		t.Fatal(err)
	}
	bad := -1.0
	for name, e := range map[string]Event{
		"none":      {},
		"two":       {Apply: &Apply{}, Warning: &Warning{}},
		"iteration": {Iteration: -1, Warning: &Warning{}},
		"cost":      {AgentResult: &AgentResult{CostUSD: &bad}},
	} {
		if err := j.Record(e); err == nil || errors.Is(err, ErrPoisoned) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := j.Record(warn("after")); err != nil {
		t.Errorf("an invalid event harmed the journal: %v", err)
	}
	if err := errors.Join(j.Close(), j.Close()); err != nil {
		t.Error(err)
	}
	if err := j.Record(warn("closed")); !errors.Is(err, os.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

func TestRecordConcurrently(t *testing.T) {
	path := filepath.Join(t.TempDir(), "j")
	j, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				if err := j.Record(refuse("connect 192.0.2.1:443")); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if n := len(readAll(t, contents(t, path))); n != 400 {
		t.Errorf("%d events, not 400", n)
	}
}

// TestWaits: the disk is waited for before a change of the project, and at the
// end of a run in which anything happened; not for one in which nothing did.
func TestWaits(t *testing.T) {
	nothing := []Event{{RunStarted: &RunStarted{}}, {IterationStarted: &IterationStarted{}}, {LimitSet: &LimitSet{}},
		{Changeset: &Changeset{}}, {Apply: &Apply{}}, {Applied: &Applied{}}, {IterationEnded: &IterationEnded{}}, {RunEnded: &RunEnded{}}}
	apply := Event{Apply: &Apply{Count: 1}}
	end := Event{RunEnded: &RunEnded{}}
	for _, c := range []struct {
		name   string
		events []Event
		want   int // before Close
		closed int // after it
	}{
		{"nothing happened", nothing, 0, 0},
		{"before a change", []Event{{RunStarted: &RunStarted{}}, apply}, 1, 1},
		{"before and after", []Event{apply, {Applied: &Applied{Applied: 1}}, end}, 3, 3},
		{"held", []Event{{Applied: &Applied{Held: []Change{{}}}}}, 1, 1},
		{"recovered", []Event{{Recovered: &Recovered{}}}, 1, 1},
		{"refused", []Event{refuse("x")}, 0, 1},
		{"refused, ended", []Event{refuse("x"), end}, 1, 1},
	} {
		path := filepath.Join(t.TempDir(), "j")
		j, err := Create(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range c.events {
			if err := j.Record(e); err != nil {
				t.Fatal(err)
			}
		}
		before := j.waits
		if err := j.Close(); err != nil || before != c.want || j.waits != c.closed {
			t.Errorf("%s: waited %d times, after Close %d (%v); want %d and %d", c.name, before, j.waits, err, c.want, c.closed)
		}
	}
}

// TestBudget floods a journal: requests give way first, then refusals, and the
// ending is always there.
func TestBudget(t *testing.T) {
	var events []Event
	for range 200 {
		events = append(events, Event{Iteration: 1, Request: &Request{Proto: "dns", Host: "packages.example.com"}})
	}
	for range 3 {
		events = append(events, refuse("write CLAUDE.md"))
	}
	for range 200 {
		events = append(events, warn("noise"))
	}
	events = append(events, Event{Apply: &Apply{Count: 1}}, Event{RunEnded: &RunEnded{Outcome: "done"}})
	_, b := fill(t, events, MaxBytes(20_000))
	if len(b) > 22_000 {
		t.Errorf("%d bytes", len(b))
	}
	count := map[Kind]int{}
	var warnings []string
	for _, e := range readAll(t, b) {
		count[e.Kind()]++
		if e.Warning != nil && e.Warning.Message != "noise" {
			warnings = append(warnings, e.Warning.Message)
		}
	}
	if count[KindRefused] != 3 || count[KindApply] != 1 || count[KindRunEnded] != 1 || count[KindRequest] == 200 {
		t.Errorf("%v", count)
	}
	if len(warnings) != 2 || !strings.Contains(warnings[0], `beginning with "request"`) || !strings.Contains(warnings[1], " request") {
		t.Errorf("warnings: %q", warnings)
	}
	if _, b := fill(t, events); len(readAll(t, b)) != len(events) {
		t.Error("with room for all, not all was recorded")
	}
}
