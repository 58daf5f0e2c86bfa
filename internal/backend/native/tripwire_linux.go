package native

import (
	"strings"

	"ringwall/internal/backend"
	"ringwall/internal/egress/bait"
	"ringwall/internal/egress/tripwire"
	"ringwall/internal/evidence"
	"ringwall/internal/kernel/direct"
	"ringwall/internal/kernel/launch"
	"ringwall/internal/plan"
)

// chooseDecoys makes this run's decoys: before the gateway, which looks for
// them.
func (r *run) chooseDecoys() error {
	r.decoys = map[string]bait.Bait{}
	for _, d := range r.laid() {
		b, err := bait.Make(d.Shape, direct.Random)
		if err != nil {
			return err
		}
		r.decoys[d.Path] = b
	}
	return nil
}

// laid lists the plan's decoys.
func (r *run) laid() []*plan.Decoy {
	var out []*plan.Decoy
	for _, c := range r.plan.Controls {
		if c.Want.Decoy != nil && c.Status != plan.Unavailable {
			out = append(out, c.Want.Decoy)
		}
	}
	return out
}

// decoyValues is what the gateway has to know of them.
func (r *run) decoyValues() []tripwire.Value {
	var out []tripwire.Value
	for _, d := range r.laid() {
		out = append(out, tripwire.Value{Name: r.short(d.Path), Kind: tripwire.Decoy, Cores: r.decoys[d.Path].Cores})
	}
	return out
}

// short writes a path in the home as people do.
func (r *run) short(path string) string { return strings.Replace(path, r.user.Home, "~", 1) }

func (t *translation) decoy(d *plan.Decoy) {
	b, ok := t.run.decoys[d.Path]
	if !ok {
		return // the owner accepted that it is not there
	}
	t.step(launch.Step{Op: launch.File, Target: d.Path, Data: b.Text, Mode: t.run.decoyMode()})
	t.spec.Watch = append(t.spec.Watch, d.Path)
}

// alarms is the gateway's recorder: an alarm that was recorded ends the run.
type alarms struct{ run *run }

// Record implements evidence.Recorder.
func (a alarms) Record(e evidence.Event) error {
	err := a.run.recorder.Record(e)
	if e.Alarm != nil {
		a.run.alarm.CompareAndSwap(nil, e.Alarm)
		a.run.halt(backend.Alarmed)
	}
	return err
}

// raised makes an alarm the reason for the end. The gateway is closed first:
// after that nothing can raise another, and nothing is on its way any more.
func (r *run) raised(reason string) string {
	r.gateway.Close()
	if r.alarm.Load() != nil {
		return backend.Alarmed
	}
	return reason
}
