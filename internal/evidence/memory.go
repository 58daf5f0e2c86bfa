package evidence

import (
	"slices"
	"sync"
	"time"
)

// Memory is a Recorder that keeps its events, for tests and for commands that
// leave no journal. It numbers, times, checks and bounds events as a journal
// does. The zero value is ready for use.
type Memory struct {
	// Fail, if set, is asked before each event; its error is Record's, and
	// the event is not kept.
	Fail func(Event) error

	mu     sync.Mutex
	events []Event
}

// Record keeps the event.
func (m *Memory) Record(e Event) error {
	if err := e.Validate(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.Fail != nil {
		if err := m.Fail(e); err != nil {
			return err
		}
	}
	e = bounded(e, maxString)
	e.Seq, e.Time = uint64(len(m.events))+1, time.Now().UTC()
	m.events = append(m.events, e)
	return nil
}

// Events is a copy of what was recorded so far.
func (m *Memory) Events() []Event {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.events)
}

// Of is the recorded events of one kind.
func (m *Memory) Of(k Kind) []Event {
	return slices.DeleteFunc(m.Events(), func(e Event) bool { return e.Kind() != k })
}
