package native

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ringwall/internal/backend"
	"ringwall/internal/backend/backendtest"
	"ringwall/internal/evidence"
	"ringwall/internal/plan"
)

const decoyPath = backendtest.Home + "/.aws/credentials"

// baited is a box with a decoy, and a gateway that allows nothing.
func baited(t *testing.T) *backendtest.Box {
	b := backendtest.NewBox(t, target(t))
	b.Add("network.gateway", plan.Op{Gateway: &plan.Gateway{Mode: "allowlist", Ports: []int{443}}})
	return b.Add("isolation.decoy:~/.aws/credentials", plan.Op{Decoy: &plan.Decoy{Path: decoyPath, Shape: "key = AKIA%16k\nsecret = %s\n"}})
}

// TestAlarmEndsTheRun: a decoy that is sent ends the run, also when whoever
// sends it does not wait for anything; to read it, or to send another text, does
// not.
func TestAlarmEndsTheRun(t *testing.T) {
	const to = "192.0.2.1:443"
	for i := range 8 {
		b := baited(t)
		attempts := []string{"send:" + to + "|" + decoyPath}
		if i%2 == 0 { // it would go on
			attempts = append(attempts, "sleep:20000", "file:after")
		}
		r := b.Attack(attempts...)
		if r.Reason != backend.Alarmed || r.Alarm == nil || r.Alarm.Value != "~/.aws/credentials" || r.Alarm.To != to || r.Alarm.Where != "stream" {
			t.Fatalf("it ended with %+v (%+v), %v", r.Result, r.Alarm, r.Err)
		}
		if n := len(b.Recorder.Of(evidence.KindAlarm)); n != 1 {
			t.Errorf("%d alarms were recorded", n)
		}
		if _, err := os.Lstat(filepath.Join(b.IterDir, "upper", "after")); err == nil {
			t.Error("it went on")
		}
	}
	for name, attempt := range map[string]string{
		"read": "read:" + decoyPath, "another text": "send:" + to + "|ordinary",
	} {
		b := baited(t)
		b.File("ordinary", "key = AKIAABCDEFGHIJKLMNOP\nsecret = "+strings.Repeat("0123456789", 4)+"\n")
		if r := b.Attack(attempt); r.Reason != backend.Exited || r.Alarm != nil {
			t.Errorf("%s: it ended with %+v (%+v), %v", name, r.Result, r.Alarm, r.Err)
		}
	}
}

// TestAlarmThatIsNotRecorded ends the run too.
func TestAlarmThatIsNotRecorded(t *testing.T) {
	b := baited(t)
	b.Recorder.Fail = func(e evidence.Event) error {
		if e.Alarm != nil {
			return errors.New("disk full")
		}
		return nil
	}
	if r := b.Attack("send:192.0.2.1:443|"+decoyPath, "sleep:20000"); r.Reason != backend.Alarmed && r.Reason != backend.Lost {
		t.Errorf("it ended with %+v, %v", r.Result, r.Err)
	}
}

// TestDecoysDiffer: nobody can know the text of a decoy from an earlier run.
func TestDecoysDiffer(t *testing.T) {
	seen := map[string]bool{}
	for range 3 {
		v := baited(t).Attack("read:" + decoyPath).Report("read:" + decoyPath).Value
		if seen[v] || !strings.HasPrefix(v, "key = AKIA") {
			t.Errorf("%q", v)
		}
		seen[v] = true
	}
}
