package loop

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ringwall/internal/backend"
	"ringwall/internal/evidence"
)

// TestAlarmEndsTheLoop: when a value was on its way out there is no further
// iteration, and what the agent left is kept whole and not applied, whatever it
// says of itself. The counterpart is the same iteration without the alarm.
func TestAlarmEndsTheLoop(t *testing.T) {
	alarm := &evidence.Alarm{Value: "~/.aws/credentials", Kind: "decoy", Spelling: "hex", Where: "body", To: "evil.example:443"}
	for _, c := range []struct {
		res     backend.Result
		outcome string
	}{
		{backend.Result{Reason: backend.Alarmed, Alarm: alarm}, Tampered},
		{backend.Result{}, Done},
	} {
		r := newRig(t, func(_ int, upper string, s IO) backend.Result {
			write(t, filepath.Join(upper, "work"), "work")
			if _, err := s.Stdout.WriteString("DONE\n"); err != nil {
				t.Fatal(err)
			}
			return c.res
		})
		end := r.run(t)
		if end.Outcome != c.outcome || r.runs != 1 {
			t.Errorf("%+v after %d runs", end, r.runs)
		}
		_, err := os.Lstat(filepath.Join(r.Plan.Project, "work"))
		if applied := err == nil; applied != (c.res.Alarm == nil) {
			t.Errorf("%s: applied %v", c.outcome, applied)
		}
		if c.res.Alarm == nil {
			continue
		}
		if text(filepath.Join(r.IterDir(1), "upper", "work")) != "work" {
			t.Error("the changes are not kept")
		}
		if !strings.Contains(end.Reason, "the decoy ~/.aws/credentials was on its way to evil.example:443 (body, hex)") {
			t.Error(end.Reason)
		}
	}
}
