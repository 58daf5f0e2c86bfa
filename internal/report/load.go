package report

import (
	"errors"
	"io"

	"ringwall/internal/evidence"
)

// Load reads a journal and verifies it on the way. A broken chain is no error:
// the report shows what stands before the break and says so first. The error
// is that of the reading.
func Load(r io.Reader) (Run, error) {
	red := newReducer()
	sum, err := evidence.Read(r, func(e evidence.Event) error { red.add(e); return nil })
	run := red.finish()
	run.Journal = Journal{Checked: true, Intact: err == nil, Events: sum.Events, Head: sum.Head}
	var bad *evidence.ChainError
	if errors.As(err, &bad) {
		run.Journal.Line, run.Journal.Problem, run.Journal.Torn = bad.Line, bad.Reason, bad.Torn
		return run, nil
	}
	return run, err
}

// Reduce makes a Run of events. It knows nothing of the journal that they came
// from, so the result says that the chain was not checked.
func Reduce(events []evidence.Event) Run {
	red := newReducer()
	for _, e := range events {
		red.add(e)
	}
	return red.finish()
}
