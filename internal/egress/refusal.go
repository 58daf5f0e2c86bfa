package egress

import (
	"strconv"
	"sync"

	"ringwall/internal/evidence"
	"ringwall/internal/plan"
)

// refusals records what one control refused, so that a flood cannot fill the
// journal: the first of a kind at once, then again when its number reaches
// ten, a hundred and so on, and the rest at flush. The counts of all events of
// a kind add up to what happened. Beyond maxKinds kinds, all others share one.
type refusals struct {
	layer    plan.LayerID
	control  string
	source   evidence.Source
	recorder evidence.Recorder

	mu    sync.Mutex
	kinds map[string]*kind
	order []string
}

type kind struct {
	why   string
	total int
	told  int // how many of total are in events
	next  int // total at which the next event is due
}

const (
	maxKinds = 1000
	maxWhat  = 200 // bytes of a refused thing in an event
	overflow = "more, each different"
)

func newRefusals(control string, r evidence.Recorder) *refusals {
	return &refusals{layer: plan.Network, control: control, source: evidence.Observed, recorder: r, kinds: map[string]*kind{}}
}

// add counts one refusal and records it when it is due.
func (r *refusals) add(what, why string) error {
	what = printable(what)
	r.mu.Lock()
	k := r.kind(&what, why)
	k.total++
	due := 0
	if k.total >= k.next {
		due, k.told, k.next = k.total-k.told, k.total, k.next*10
	}
	why = k.why
	r.mu.Unlock()
	if due == 0 {
		return nil
	}
	return r.record(what, why, due)
}

// kind finds or makes the entry, or the one that the many share.
func (r *refusals) kind(what *string, why string) *kind {
	if _, known := r.kinds[*what]; !known && len(r.kinds) >= maxKinds {
		*what, why = overflow, "more than "+strconv.Itoa(maxKinds)+" different ones were refused: these are only counted"
	}
	k, known := r.kinds[*what]
	if !known {
		k = &kind{why: why, next: 1}
		r.kinds[*what] = k
		r.order = append(r.order, *what)
	}
	return k
}

func (r *refusals) record(what, why string, count int) error {
	return r.recorder.Record(evidence.Event{Refused: &evidence.Refused{
		Layer: string(r.layer), Control: r.control, What: what,
		Source: r.source, Count: count, Why: why,
	}})
}

// flush records what was counted since the last event of each kind.
func (r *refusals) flush() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, what := range r.order {
		k := r.kinds[what]
		if k.total == k.told {
			continue
		}
		if err := r.record(what, k.why, k.total-k.told); err != nil {
			return err
		}
		k.told = k.total
	}
	return nil
}

// printable escapes hostile text and cuts it.
func printable(s string) string {
	const mark = "..."
	cut := len(s) > maxWhat
	if cut {
		s = s[:maxWhat-len(mark)]
	}
	q := strconv.QuoteToASCII(s)
	q = q[1 : len(q)-1]
	if cut {
		q += mark
	}
	return q
}
