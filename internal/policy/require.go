package policy

import (
	"slices"
	"time"
)

// IterationTime bounds one iteration of a loop: loop.iteration_time where the
// policy has it, else limits.time; where both are written, the shorter.
func (p Policy) IterationTime() time.Duration {
	switch {
	case p.Loop.IterationTime == 0:
		return p.Limits.Time
	case p.Has("limits.time"):
		return min(p.Loop.IterationTime, p.Limits.Time)
	default:
		return p.Loop.IterationTime
	}
}

// Runnable reports what is missing for a run: an agent, or a command.
func (p Policy) Runnable() error {
	if p.Agent == "" && len(p.Command) == 0 {
		e := p.ErrorAt("", "names neither an agent nor a command")
		e.Key, e.hint = "agent", `write agent = "claude", or command = ["my-agent", "--headless"]`
		return e
	}
	return nil
}

// Loopable reports what is missing for a loop: what Runnable wants, and
// loop.max_iterations, because no loop is without end.
func (p Policy) Loopable() error {
	if err := p.Runnable(); err != nil {
		return err
	}
	if p.Loop.MaxIterations == 0 {
		e := p.ErrorAt("loop.max_iterations", "a loop needs an end: max_iterations is not set")
		e.hint = "write max_iterations = 20 below [loop], or pass --max-iterations"
		return e
	}
	return nil
}

// CheckAgent reports an agent that is not among the known ones.
func (p Policy) CheckAgent(known []string) error {
	if p.Agent == "" || slices.Contains(known, p.Agent) {
		return nil
	}
	e := p.ErrorAt("agent", "no such agent: "+quote(p.Agent))
	if near := nearest(p.Agent, known); near != "" {
		e.hint = "did you mean " + quote(near) + "?"
	} else {
		e.hint = "the agents are " + list(known) + `; any other program goes into command = ["..."]`
	}
	return e
}
