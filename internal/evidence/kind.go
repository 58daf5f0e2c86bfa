package evidence

import (
	"errors"
	"fmt"
	"math"
)

// Kind names what an event carries, as the key of its payload in JSON.
type Kind string

// The kinds of events.
const (
	KindRunStarted       Kind = "run_started"
	KindRecovered        Kind = "recovered"
	KindIterationStarted Kind = "iteration_started"
	KindLimitSet         Kind = "limit_set"
	KindRefused          Kind = "refused"
	KindRequest          Kind = "request"
	KindModelUsage       Kind = "model_usage"
	KindNeeded           Kind = "needed"
	KindAlarm            Kind = "alarm"
	KindLimitReached     Kind = "limit_reached"
	KindAgentResult      Kind = "agent_result"
	KindChangeset        Kind = "changeset"
	KindFinding          Kind = "finding"
	KindNotApplied       Kind = "not_applied"
	KindApply            Kind = "apply"
	KindApplied          Kind = "applied"
	KindAccept           Kind = "accept"
	KindAccepted         Kind = "accepted"
	KindDropped          Kind = "dropped"
	KindRollback         Kind = "rollback"
	KindRolledBack       Kind = "rolled_back"
	KindIterationEnded   Kind = "iteration_ended"
	KindWarning          Kind = "warning"
	KindRunEnded         Kind = "run_ended"
	KindReviewed         Kind = "reviewed"
)

// trait is how the journal treats a kind.
type trait struct {
	sync      bool // on disk before Record returns: a side effect follows, or a restart builds on it
	close     bool // closes an iteration or a run: on disk as well, if anything in it is worth a wait
	essential bool // written even when the journal's budget is spent
	flood     bool // the agent decides how many there are
}

// traits keeps what the agent can multiply away from what a person needs: a
// flood of requests must not push refusals out, and no flood an ending.
func traits(k Kind) trait {
	switch k {
	case KindAlarm, KindRecovered, KindNotApplied, KindApply, KindApplied, KindReviewed,
		KindAccept, KindAccepted, KindDropped, KindRollback, KindRolledBack:
		return trait{sync: true, essential: true}
	case KindIterationEnded, KindRunEnded:
		return trait{close: true, essential: true}
	case KindRunStarted, KindIterationStarted, KindLimitSet, KindLimitReached, KindFinding:
		return trait{essential: true}
	case KindRequest, KindModelUsage:
		return trait{flood: true}
	}
	return trait{}
}

// routine tells an event that says no more than that a run went its way: its
// beginning, its limits, an end, and that nothing was changed. A journal of
// nothing else is not waited for: a power cut that takes it takes no trace of
// anything that left the sandbox, was refused in it, or reached the project.
func (e Event) routine() bool {
	switch {
	case e.Changeset != nil:
		return len(e.Changeset.Changes) == 0
	case e.Apply != nil:
		return e.Apply.Count == 0
	case e.Applied != nil:
		return e.Applied.Applied == 0 && len(e.Applied.Held) == 0 && len(e.Applied.Rejected) == 0
	}
	return e.RunStarted != nil || e.IterationStarted != nil || e.LimitSet != nil ||
		e.IterationEnded != nil || e.RunEnded != nil
}

// maxCost bounds a cost, in USD, so that sums stay finite numbers.
const maxCost = 1e9

// payloads counts those that are set, and names the last. TestKinds holds it to
// the fields.
func (e *Event) payloads() (last Kind, n int) {
	for _, p := range [...]struct {
		kind Kind
		set  bool
	}{
		{KindRunStarted, e.RunStarted != nil}, {KindRecovered, e.Recovered != nil},
		{KindIterationStarted, e.IterationStarted != nil}, {KindLimitSet, e.LimitSet != nil},
		{KindRefused, e.Refused != nil}, {KindRequest, e.Request != nil}, {KindModelUsage, e.ModelUsage != nil},
		{KindNeeded, e.Needed != nil}, {KindAlarm, e.Alarm != nil},
		{KindLimitReached, e.LimitReached != nil}, {KindAgentResult, e.AgentResult != nil},
		{KindChangeset, e.Changeset != nil}, {KindFinding, e.Finding != nil}, {KindNotApplied, e.NotApplied != nil},
		{KindApply, e.Apply != nil}, {KindApplied, e.Applied != nil},
		{KindAccept, e.Accept != nil}, {KindAccepted, e.Accepted != nil}, {KindDropped, e.Dropped != nil},
		{KindRollback, e.Rollback != nil}, {KindRolledBack, e.RolledBack != nil},
		{KindIterationEnded, e.IterationEnded != nil}, {KindWarning, e.Warning != nil},
		{KindRunEnded, e.RunEnded != nil}, {KindReviewed, e.Reviewed != nil},
	} {
		if p.set {
			last, n = p.kind, n+1
		}
	}
	return last, n
}

// Kind names the event's payload; it is empty unless exactly one is set.
func (e Event) Kind() Kind {
	if k, n := e.payloads(); n == 1 {
		return k
	}
	return ""
}

// Validate reports an event that no reader could trust: not exactly one
// payload, a negative iteration, or a cost that is not a sensible number.
func (e Event) Validate() error {
	if _, n := e.payloads(); n != 1 {
		return fmt.Errorf("event has %d payloads, not one", n)
	}
	if e.Iteration < 0 {
		return fmt.Errorf("event of iteration %d", e.Iteration)
	}
	if u := e.ModelUsage; u != nil && min(u.Input, u.CacheRead, u.CacheWrite, u.Output, u.Searches) < 0 {
		return errors.New("event with less than no tokens")
	}
	if c := e.cost(); c != nil && (math.IsNaN(*c) || *c < 0 || *c > maxCost) {
		return fmt.Errorf("event with a cost of %v USD", *c)
	}
	return nil
}

// cost is that of an event that may have one.
func (e Event) cost() *float64 {
	switch {
	case e.AgentResult != nil:
		return e.AgentResult.CostUSD
	case e.ModelUsage != nil:
		return e.ModelUsage.CostUSD
	}
	return nil
}
