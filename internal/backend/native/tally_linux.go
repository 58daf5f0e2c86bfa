package native

import (
	"sync"

	"ringwall/internal/evidence"
)

// maxDistinct bounds how many different attempts are kept apart, so that an
// agent cannot fill the journal; more are counted together.
const maxDistinct = 500

// tally records the first of each kind of attempt at once, and how many there
// were at the end.
type tally struct {
	mu     *sync.Mutex
	record func(*evidence.Refused) error
	seen   map[string]*evidence.Refused
}

func newTally(record func(*evidence.Refused) error) tally {
	return tally{mu: new(sync.Mutex), record: record, seen: map[string]*evidence.Refused{}}
}

func (t tally) add(a *evidence.Refused) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	key := a.Control + "\x00" + a.What
	if _, known := t.seen[key]; !known && len(t.seen) >= maxDistinct {
		a = &evidence.Refused{Layer: a.Layer, Control: a.Control, What: "further attempts", Source: a.Source}
		key = a.Control + "\x00" + a.What
	}
	if first, known := t.seen[key]; known {
		first.Count++
		return nil
	}
	t.seen[key] = a
	a.Count = 1
	once := *a
	return t.record(&once)
}

// flush records the counts beyond the first.
func (t tally) flush() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, a := range t.seen {
		if a.Count > 1 {
			more := *a
			more.Count--
			t.record(&more)
		}
	}
}
