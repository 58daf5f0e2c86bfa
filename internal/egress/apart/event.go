package apart

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"ringwall/internal/egress"
	"ringwall/internal/egress/tripwire"
	"ringwall/internal/evidence"
	"ringwall/internal/plan"
)

// said is an event as it goes over the socket. What has no field here the
// gateway cannot say: but for an alarm it ends no run, and applies no change.
type said struct {
	Refused      *evidence.Refused      `json:"refused,omitempty"`
	Request      *evidence.Request      `json:"request,omitempty"`
	Alarm        *evidence.Alarm        `json:"alarm,omitempty"`
	ModelUsage   *evidence.ModelUsage   `json:"model_usage,omitempty"`
	Needed       *evidence.Needed       `json:"needed,omitempty"`
	LimitReached *evidence.LimitReached `json:"limit_reached,omitempty"`
	Warning      *evidence.Warning      `json:"warning,omitempty"`
}

// encodeEvent is for the gateway.
func encodeEvent(e evidence.Event) ([]byte, error) {
	s := said{Refused: e.Refused, Request: e.Request, Alarm: e.Alarm, ModelUsage: e.ModelUsage, Needed: e.Needed, LimitReached: e.LimitReached, Warning: e.Warning}
	if k := e.Kind(); k == "" || s == (said{}) {
		return nil, fmt.Errorf("an event %q is not the gateway's to record", k)
	}
	return json.Marshal(s)
}

// Bounds of a run on events that the journal writes whatever its budget says,
// or that a person is expected to read.
const maxLoud = 1000

// judge decides what the gateway may say. It belongs to one goroutine.
type judge struct {
	controls, credentials map[string]bool
	decoys                map[string]bool
	tools                 map[string]string // of a stand-in's control
	loud                  int
	learns                bool
}

func newJudge(p plan.Plan, decoys ...tripwire.Value) *judge {
	j := &judge{controls: map[string]bool{egress.ControlGateway: true, egress.ControlDNS: true}, credentials: map[string]bool{"": true},
		decoys: map[string]bool{}, tools: map[string]string{}}
	for _, d := range decoys {
		j.decoys[d.Name] = true
	}
	for _, c := range networkControls(p) {
		if c.Want.Stub != nil {
			j.tools[c.ID] = c.Want.Stub.Tool
			continue
		}
		j.controls[c.ID] = true
		j.learns = j.learns || c.Want.Gateway != nil && c.Want.Gateway.Learn
		if c.Want.Credential != nil {
			j.credentials[c.Want.Credential.Name] = true
		}
	}
	return j
}

// event reads and judges one event.
func (j *judge) event(b []byte) (evidence.Event, error) {
	var s said
	if err := strict(b, &s); err != nil {
		return evidence.Event{}, fmt.Errorf("event: %w", err)
	}
	e := evidence.Event{Refused: s.Refused, Request: s.Request, Alarm: s.Alarm, ModelUsage: s.ModelUsage, Needed: s.Needed, LimitReached: s.LimitReached, Warning: s.Warning}
	if err := e.Validate(); err != nil {
		return evidence.Event{}, err
	}
	if err := j.payload(s); err != nil {
		return evidence.Event{}, fmt.Errorf("event %s: %w", e.Kind(), err)
	}
	return e, nil
}

func (j *judge) payload(s said) error {
	switch {
	case s.Refused != nil:
		return j.refused(s.Refused)
	case s.Request != nil:
		return j.request(s.Request)
	case s.Alarm != nil:
		if err := j.alarm(s.Alarm); err != nil {
			return err
		}
	case s.ModelUsage != nil:
		return nil // its numbers were looked at, and are the gateway's to count
	case s.Needed != nil:
		if !j.learns || s.Needed.Port < 0 || s.Needed.Port > 65535 {
			return errors.New("the run does not learn")
		}
		return nil
	case s.LimitReached != nil:
		if s.LimitReached.Value < 0 || !j.control(s.LimitReached.Control) {
			return errors.New("no limit of the network")
		}
	}
	if j.loud++; j.loud > maxLoud {
		return fmt.Errorf("more than %d of its kind", maxLoud)
	}
	return nil
}

// control takes those of the plan, and the finer ones below the gateway's own.
func (j *judge) control(id string) bool {
	return j.controls[id] || strings.HasPrefix(id, egress.ControlGateway+".")
}

// refused lets nothing be laid at the door of a process, of another layer, or
// of the kernel. A stand-in's word, which has no other way out, stays a claim.
func (j *judge) refused(r *evidence.Refused) error {
	tool, isTool := j.tools[r.Control]
	claim := isTool && r.Layer == string(plan.Isolation) && r.Source == evidence.Claimed && r.What == egress.ToolRefused(tool)
	switch {
	case claim && r.PID == 0 && r.Program == "" && r.Errno == "" && r.Count >= 1:
		return nil
	case r.Layer != string(plan.Network) || !j.control(r.Control):
		return errors.New("no control of the network")
	case r.Source != evidence.Observed || r.PID != 0 || r.Program != "" || r.Errno != "":
		return errors.New("the gateway knows no process")
	case r.Count < 1:
		return errors.New("nothing happened")
	}
	return nil
}

// alarm is about a value that is there, and a rule that is.
func (j *judge) alarm(a *evidence.Alarm) error {
	known := a.Kind == tripwire.Decoy && j.decoys[a.Value] || a.Kind == tripwire.Placeholder && a.Value != "" && j.credentials[a.Value]
	switch {
	case !known:
		return errors.New("no decoy or credential of the run")
	case a.Rule != "" && !j.control(a.Rule):
		return errors.New("no rule of the plan")
	}
	return nil
}

func (j *judge) request(r *evidence.Request) error {
	switch {
	case !j.control(r.Rule):
		return errors.New("no rule of the plan")
	case !j.credentials[r.Credential]:
		return errors.New("no credential of the plan")
	case r.Port < 0 || r.Port > 65535 || r.Status < 0 || r.Status > 999:
		return errors.New("a number that cannot be")
	case r.Sent < 0 || r.Received < 0 || r.Millis < 0:
		return errors.New("a count below zero")
	}
	return nil
}
