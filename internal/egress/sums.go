package egress

import (
	"sync"
	"time"

	"ringwall/internal/evidence"
)

// Each exchange is two events in the journal, so a loop of requests could fill
// the owner's disk. Beyond a burst they are summed up, for each rule and host:
// nobody waits, the numbers still add up, and the first of a rule is always an
// event of its own, before anything leaves.
const (
	sumBurst   = 500
	sumRefill  = 50 * time.Millisecond // 20 a second have events of their own
	sumEvery   = time.Second
	maxSummed  = 1000 // different ones at once; all others of a rule share one
	manyOthers = "more, each different"
)

// sums decides which exchanges have events of their own, and adds up the others.
type sums struct {
	g       *Gateway
	telling sync.Mutex // held while the sums are recorded
	mu      sync.Mutex
	next    time.Time // when the bucket was, or will be, empty
	seen    map[string]bool
	of      map[evidence.Request]*evidence.Request // by what they have in common
	due     *time.Timer
	done    bool
}

func newSums(g *Gateway) *sums {
	return &sums{g: g, seen: map[string]bool{}, of: map[evidence.Request]*evidence.Request{}}
}

// own reports whether a request gets events of its own.
func (s *sums) own(rule string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if full := now.Add(-sumBurst * sumRefill); s.next.Before(full) {
		s.next = full
	}
	if s.seen[rule] && s.next.After(now) {
		return false
	}
	s.seen[rule] = true
	s.next = s.next.Add(sumRefill)
	return true
}

// add puts a request into the sum of its kind: those that began, those that
// ended well, those that failed.
func (s *sums) add(r evidence.Request) {
	k := evidence.Request{
		Proto: r.Proto, Host: r.Host, Port: r.Port, Rule: r.Rule, Credential: r.Credential, Ended: r.Ended,
	}
	if r.Status >= 400 {
		k.Status = r.Status
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.of[k]; !ok && len(s.of) >= maxSummed {
		k.Host, k.Status = manyOthers, 0
	}
	sum := s.of[k]
	if sum == nil {
		first := k
		sum = &first
		s.of[k] = sum
	}
	sum.Count++
	sum.Sent, sum.Received, sum.Millis = sum.Sent+r.Sent, sum.Received+r.Received, sum.Millis+r.Millis
	if s.due == nil && !s.done {
		s.due = time.AfterFunc(sumEvery, s.tell)
	}
}

// tell records the sums so far.
func (s *sums) tell() {
	defer s.g.recovered()
	if err := s.flush(); err != nil {
		s.g.unrecorded(err)
	}
}

func (s *sums) flush() error {
	s.telling.Lock()
	defer s.telling.Unlock()
	s.mu.Lock()
	of := s.of
	s.of, s.due = map[evidence.Request]*evidence.Request{}, nil
	s.mu.Unlock()
	for _, ended := range []bool{false, true} {
		for _, sum := range of {
			if sum.Ended != ended {
				continue
			}
			if err := s.g.cfg.Recorder.Record(evidence.Event{Request: sum}); err != nil {
				return err
			}
		}
	}
	return nil
}

// close records what is left; nothing is added any more.
func (s *sums) close() error {
	s.mu.Lock()
	s.done = true
	if s.due != nil {
		s.due.Stop()
	}
	s.mu.Unlock()
	return s.flush()
}
