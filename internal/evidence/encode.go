package evidence

import (
	"encoding/json"
	"strconv"
	"time"
)

// routine writes the line of an event that every run has, as encoding/json
// would (TestRoutineIsJSON); nil for any other. A short run writes little else,
// and what encoding/json first learns of all the types of an event costs it more
// than the rest.
func (l *link) routine() []byte {
	e := &l.Event
	o := &object{b: make([]byte, 0, 512)}
	o.b = append(o.b, '{')
	o.str("prev", l.Prev)
	o.open("event")
	o.num("seq", int64(e.Seq))
	o.key("time")
	o.b = append(e.Time.AppendFormat(append(o.b, '"'), time.RFC3339Nano), '"')
	if e.Iteration != 0 {
		o.num("iteration", int64(e.Iteration))
	}
	if !o.payload(e) || o.failed || e.Time.Location() != time.UTC {
		return nil
	}
	o.close()
	o.close()
	return o.b
}

// payload writes the payloads that are of every run; false for any other.
func (o *object) payload(e *Event) bool {
	switch {
	case e.RunStarted != nil:
		o.runStarted(e.RunStarted)
	case e.IterationStarted != nil:
		o.open("iteration_started")
		o.num("of", int64(e.IterationStarted.Of))
		o.strOr("prompt_sha256", e.IterationStarted.PromptSHA256)
		o.close()
	case e.LimitSet != nil:
		o.open("limit_set")
		o.str("resource", e.LimitSet.Resource)
		o.num("asked", e.LimitSet.Asked)
		o.num("in_force", e.LimitSet.InForce)
		o.str("by", e.LimitSet.By)
		o.close()
	case e.Changeset != nil && len(e.Changeset.Changes) == 0:
		o.open("changeset")
		o.none("changes", e.Changeset.Changes == nil)
		o.close()
	case e.Apply != nil:
		o.open("apply")
		o.num("count", int64(e.Apply.Count))
		o.close()
	case e.Applied != nil && len(e.Applied.Held) == 0 && len(e.Applied.Rejected) == 0:
		o.open("applied")
		o.num("applied", int64(e.Applied.Applied))
		o.strOr("held_dir", e.Applied.HeldDir)
		o.close()
	default:
		return o.ending(e)
	}
	return true
}

func (o *object) runStarted(r *RunStarted) {
	o.open("run_started")
	o.str("run", r.Run)
	o.str("kind", r.Kind)
	o.str("project", r.Project)
	o.str("agent", r.Agent)
	o.list("command", r.Command)
	o.str("plan_hash", r.PlanHash)
	o.str("policy_hash", r.PolicyHash)
	o.numOr("max_iterations", int64(r.MaxIterations))
	o.str("ringwall", r.Ringwall)
	o.str("kernel", r.Kernel)
	if len(r.Weaker) > 0 {
		o.weaker(r.Weaker)
	}
	o.close()
}

func (o *object) weaker(list []WeakControl) {
	o.key("weaker")
	o.b = append(o.b, '[')
	for i, w := range list {
		if i > 0 {
			o.b = append(o.b, ',')
		}
		o.b, o.comma = append(o.b, '{'), false
		o.str("id", w.ID)
		o.str("status", w.Status)
		o.str("why", w.Why)
		if w.Waived {
			o.key("waived")
			o.b = append(o.b, "true"...)
		}
		o.close()
	}
	o.b = append(o.b, ']')
}

func (o *object) ending(e *Event) bool {
	switch {
	case e.IterationEnded != nil:
		o.open("iteration_ended")
		o.num("exit_code", int64(e.IterationEnded.ExitCode))
		o.strOr("signal", e.IterationEnded.Signal)
		o.str("reason", e.IterationEnded.Reason)
		o.num("millis", e.IterationEnded.Millis)
		o.strOr("token", e.IterationEnded.Token)
		o.close()
	case e.RunEnded != nil:
		o.open("run_ended")
		o.str("outcome", e.RunEnded.Outcome)
		o.num("exit_code", int64(e.RunEnded.ExitCode))
		o.num("iterations", int64(e.RunEnded.Iterations))
		o.str("reason", e.RunEnded.Reason)
		o.strOr("next", e.RunEnded.Next)
		o.close()
	default:
		return false
	}
	return true
}

// object writes JSON objects, one within another.
type object struct {
	b             []byte
	comma, failed bool
}

func (o *object) key(name string) {
	if o.comma {
		o.b = append(o.b, ',')
	}
	o.comma = true
	o.b = append(append(append(o.b, '"'), name...), '"', ':')
}

func (o *object) open(name string) {
	o.key(name)
	o.b, o.comma = append(o.b, '{'), false
}

func (o *object) close() { o.b, o.comma = append(o.b, '}'), true }

func (o *object) str(name, v string) {
	o.key(name)
	o.text(v)
}

// strOr leaves an empty text out, numOr a zero.
func (o *object) strOr(name, v string) {
	if v != "" {
		o.str(name, v)
	}
}

func (o *object) num(name string, v int64) {
	o.key(name)
	o.b = strconv.AppendInt(o.b, v, 10)
}

func (o *object) numOr(name string, v int64) {
	if v != 0 {
		o.num(name, v)
	}
}

// none writes a list that has nothing in it, or is not there at all.
func (o *object) none(name string, missing bool) {
	o.key(name)
	if missing {
		o.b = append(o.b, "null"...)
		return
	}
	o.b = append(o.b, "[]"...)
}

func (o *object) list(name string, v []string) {
	o.failed = o.failed || v == nil
	o.key(name)
	o.b = append(o.b, '[')
	for i, s := range v {
		if i > 0 {
			o.b = append(o.b, ',')
		}
		o.text(s)
	}
	o.b = append(o.b, ']')
}

// text writes a string; anything but plain characters is left to the library.
func (o *object) text(s string) {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			b, err := json.Marshal(s)
			o.failed = o.failed || err != nil
			o.b = append(o.b, EscapeJSON(b)...)
			return
		}
	}
	o.b = append(append(append(o.b, '"'), s...), '"')
}
