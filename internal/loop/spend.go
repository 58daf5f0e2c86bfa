package loop

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"ringwall/internal/agent"
	"ringwall/internal/backend"
	"ringwall/internal/evidence"
)

// spending adds up what the loop takes of models. It stands before the journal,
// so that it sees each answer that the gateway read, and counts outside of the
// agent's reach.
type spending struct {
	to        evidence.Recorder
	maxUSD    *float64
	maxTokens int64

	mu      sync.Mutex
	usd     float64 // of all iterations
	tokens  int64
	began   account // when the iteration began
	account         // of all
	stop    context.CancelCauseFunc
	passed  bool
}

// account is what the gateway read of answers.
type account struct {
	answers  int
	untold   int // did not say what they took
	unpriced int // of unknown cost, these included
	seenUSD  float64
}

// errSpent is why a command is ended that took too much.
type errSpent struct{ reason string }

func (e errSpent) Error() string { return "the loop's limit on " + e.reason + " is reached" }

// Record implements evidence.Recorder.
func (s *spending) Record(e evidence.Event) error {
	if err := s.to.Record(e); err != nil || e.ModelUsage == nil {
		return err
	}
	s.mu.Lock()
	s.add(*e.ModelUsage)
	reason, value := s.over()
	first := reason != "" && !s.passed
	s.passed = s.passed || first
	stop := s.stop
	s.mu.Unlock()
	if !first {
		return nil
	}
	if stop != nil {
		defer stop(errSpent{reason})
	}
	return s.to.Record(evidence.Event{Iteration: e.Iteration, LimitReached: &evidence.LimitReached{
		Resource: reason, Value: value, Control: "loop.max_" + reason, Ended: stop != nil}})
}

func (s *spending) add(u evidence.ModelUsage) {
	s.answers++
	if u.Unknown {
		s.untold++
	}
	s.tokens += u.Input + u.CacheRead + u.CacheWrite + u.Output
	if u.CostUSD == nil {
		s.unpriced++
		return
	}
	s.usd += *u.CostUSD
	s.seenUSD += *u.CostUSD
}

// over says which limit is reached, and what was taken: cents, or tokens.
func (s *spending) over() (reason string, value int64) {
	switch {
	case s.maxUSD != nil && s.usd >= *s.maxUSD:
		return backend.OverCost, int64(s.usd * 100)
	case s.maxTokens > 0 && s.tokens >= s.maxTokens:
		return backend.OverTokens, s.tokens
	}
	return "", 0
}

// while is the context of a command that ends when too much was taken.
func (s *spending) while(ctx context.Context) (context.Context, func()) {
	ctx, stop := context.WithCancelCause(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stop, s.began = stop, s.account
	return ctx, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.stop = nil
		stop(nil)
	}
}

// endedFor turns an interruption that spending brought about into its own
// reason.
func endedFor(ctx context.Context, r *backend.Result) {
	var spent errSpent
	if r.Reason == backend.Interrupted && errors.As(context.Cause(ctx), &spent) {
		r.Reason = spent.reason
	}
}

// settle closes the account of an iteration: where the gateway's figure is not
// whole, the agent's own count stands for it, unless it is less. It returns what
// is not known.
func (s *spending) settle(claim *float64) (unknown account, known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	it := account{s.answers - s.began.answers, s.untold - s.began.untold, s.unpriced - s.began.unpriced, s.seenUSD - s.began.seenUSD}
	s.began = s.account
	if it.answers > 0 && it.unpriced == 0 {
		return it, true
	}
	if claim == nil {
		return it, false
	}
	s.usd += max(0, *claim-it.seenUSD)
	return it, true
}

// spend ends a loop that took what it may. What nobody told is not zero: where a
// limit is set, an unknown cost ends the loop.
func (l *looper) spend(r agent.Result) *Ending {
	s := l.spent
	it, known := s.settle(r.CostUSD)
	s.mu.Lock()
	defer s.mu.Unlock()
	reason, _ := s.over()
	switch {
	case reason == backend.OverCost:
		return &Ending{Outcome: Limit, Reason: fmt.Sprintf("the cost limit of %.2f USD is reached (%.2f USD spent)", *s.maxUSD, s.usd)}
	case reason == backend.OverTokens:
		return &Ending{Outcome: Limit, Reason: fmt.Sprintf("the limit of %d tokens is reached (%d taken)", s.maxTokens, s.tokens)}
	case s.maxUSD != nil && !known:
		return &Ending{Outcome: Limit, Reason: it.unknownCost()}
	case s.maxTokens > 0 && (it.answers == 0 || it.untold > 0):
		return &Ending{Outcome: Limit, Reason: "the policy limits the tokens, and the gateway did not see how many the iteration took"}
	}
	return nil
}

func (a account) unknownCost() string {
	const said = "the policy limits the cost, and the agent did not say what the iteration cost"
	switch {
	case a.untold > 0:
		return fmt.Sprintf("%s; neither did %d of the %d answers that the gateway saw", said, a.untold, a.answers)
	case a.unpriced > 0:
		return said + "; the gateway saw answers of a model without a known price: [[loop.price]] gives it one"
	}
	return said
}
