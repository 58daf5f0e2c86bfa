package report

import (
	"ringwall/internal/evidence"
)

// layerNames are the five in the order in which an attack meets them.
func layerNames() []string {
	return []string{"instructions", "permissions", "isolation", "network", "infrastructure"}
}

// reducer folds events into a Run. The maps find the entry to add to.
type reducer struct {
	run      Run
	ended    bool
	layers   map[string]int
	refusals map[refusalKey]*Refusal
	order    []refusalKey
	hosts    map[hostKey]int
	models   map[string]int
	limits   map[Limit]bool
	warnings map[string]int
	denied   map[int][]string // iteration: tools that the agent says were denied
	told     map[int]bool     // iteration: refusals of layer 2 are events of their own
	changes  map[int]*ledger  // by index in the timeline
	undone   map[int]bool     // likewise: rolled back
}

// newReducer starts with lists that are empty and not nil: JSON has [] for
// "none", never null.
func newReducer() *reducer {
	r := &reducer{layers: map[string]int{}, refusals: map[refusalKey]*Refusal{}, hosts: map[hostKey]int{}, models: map[string]int{},
		limits: map[Limit]bool{}, warnings: map[string]int{}, denied: map[int][]string{}, told: map[int]bool{}, changes: map[int]*ledger{}, undone: map[int]bool{}}
	r.run = Run{Format: Format, Outcome: Unfinished, Command: []string{}, Alarms: []Alarm{}, Applied: []evidence.Change{}, Held: []Held{},
		Rejected: []Held{}, NotApplied: []NotApplied{}, Findings: []Finding{},
		Limits: []Limit{}, Reached: []Reached{}, Hosts: []Host{}, Models: []Model{}, NotEnforced: []evidence.WeakControl{},
		Recovered: []evidence.Recovered{}, Warnings: []Warning{}, Timeline: []Iteration{}, Reviewed: []Reviewed{}}
	for i, name := range layerNames() {
		r.layers[name] = i
		r.run.Layers = append(r.run.Layers, Layer{Name: name, Number: i + 1, Refusals: []Refusal{}})
	}
	return r
}

// add takes one event.
func (r *reducer) add(e evidence.Event) {
	r.run.Journal.Events++
	if r.run.Started.IsZero() {
		r.run.Started = e.Time
	}
	if !r.ended { // what the owner decides later is not of the run's time
		r.run.Ended = e.Time
	}
	switch e.Kind() {
	case evidence.KindRunStarted:
		r.started(*e.RunStarted)
	case evidence.KindRecovered:
		r.run.Recovered = append(r.run.Recovered, *e.Recovered)
	case evidence.KindLimitSet:
		r.limitSet(Limit(*e.LimitSet))
	case evidence.KindLimitReached:
		l := e.LimitReached
		r.run.Reached = append(r.run.Reached, Reached{e.Iteration, l.Resource, l.Value, l.Control, l.Ended})
	case evidence.KindRefused:
		r.refused(e.Iteration, *e.Refused)
	case evidence.KindRequest:
		r.request(e.Iteration, *e.Request)
	case evidence.KindModelUsage:
		r.model(*e.ModelUsage)
	case evidence.KindAlarm:
		r.run.Alarms = append(r.run.Alarms, Alarm{*e.Alarm, e.Iteration})
	case evidence.KindWarning:
		r.warning(e.Warning.Message)
	case evidence.KindRunEnded:
		r.endRun(*e.RunEnded)
	default:
		r.addIteration(e)
	}
}

// addIteration takes the events that belong to the timeline.
func (r *reducer) addIteration(e evidence.Event) {
	switch {
	case e.IterationStarted != nil:
		r.run.Timeline = append(r.run.Timeline, Iteration{Number: e.Iteration, Of: e.IterationStarted.Of,
			Started: e.Time, Changes: []evidence.Change{}})
	case e.AgentResult != nil:
		c := *e.AgentResult
		r.at(e).Claim = &c
		r.denied[e.Iteration] = append(r.denied[e.Iteration], c.Denied...)
	case e.Changeset != nil:
		it := r.at(e)
		it.Changes = append(it.Changes, e.Changeset.Changes...)
	case e.Apply != nil:
		r.at(e).Announced += e.Apply.Count
	case e.Applied != nil:
		r.applied(e)
	case e.Reviewed != nil:
		r.reviewed(e)
	case e.Accepted != nil:
		e.Applied = &evidence.Applied{Applied: e.Accepted.Applied, Held: e.Accepted.Held, HeldDir: e.Accepted.HeldDir}
		r.applied(e)
	case e.Finding != nil, e.NotApplied != nil:
		r.addGate(e)
	case e.IterationEnded != nil:
		it, end := r.at(e), e.IterationEnded
		it.Finished, it.Millis, it.Reason, it.ExitCode = true, end.Millis, end.Reason, end.ExitCode
		it.Signal, it.Token = end.Signal, end.Token
	}
}

// index is the place in the timeline of the event's iteration: the latest of
// that number, or a new one if none was announced.
func (r *reducer) index(e evidence.Event) int {
	if i := r.find(e.Iteration); i >= 0 {
		return i
	}
	r.run.Timeline = append(r.run.Timeline, Iteration{Number: e.Iteration, Started: e.Time, Changes: []evidence.Change{}})
	return len(r.run.Timeline) - 1
}

// find is the latest entry of that number, or -1.
func (r *reducer) find(number int) int {
	for i := len(r.run.Timeline) - 1; i >= 0; i-- {
		if r.run.Timeline[i].Number == number {
			return i
		}
	}
	return -1
}

// at is the entry to add to.
func (r *reducer) at(e evidence.Event) *Iteration { return &r.run.Timeline[r.index(e)] }

// started takes the facts of the run.
func (r *reducer) started(s evidence.RunStarted) {
	u := &r.run
	u.ID, u.Kind, u.Project, u.Agent, u.Ringwall, u.Kernel = s.Run, s.Kind, s.Project, s.Agent, s.Ringwall, s.Kernel
	u.PlanHash, u.PolicyHash, u.MaxIterations = s.PlanHash, s.PolicyHash, s.MaxIterations
	u.Command = append(u.Command[:0], s.Command...)
	u.NotEnforced = append(u.NotEnforced[:0], s.Weaker...)
}

// endRun takes the ending.
func (r *reducer) endRun(e evidence.RunEnded) {
	r.ended = true
	r.run.Outcome, r.run.ExitCode, r.run.Reason, r.run.Next = e.Outcome, e.ExitCode, e.Reason, e.Next
	r.run.Iterations = e.Iterations
}

// finish computes what only the whole tells.
func (r *reducer) finish() Run {
	r.deniedTools()
	r.collect()
	r.joinLookups()
	r.sortModels()
	r.net()
	r.cost()
	if !r.ended {
		r.run.Iterations = len(r.run.Timeline)
	}
	r.run.Millis = max(0, r.run.Ended.Sub(r.run.Started).Milliseconds())
	return r.run
}
