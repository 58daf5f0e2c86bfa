//go:build unix

package cli

import (
	"errors"
	"strings"
	"testing"

	"ringwall/internal/stage"
)

// TestRollbackGoesBackwards: the last iteration first, each recorded before it
// is taken back, and none of those that stay.
func TestRollbackGoesBackwards(t *testing.T) {
	d := newDesk(t)
	if code, out := d.run("rollback", oldRun, "--to", "1", "--dry-run"); code != exitDone || !strings.Contains(out, "remove c.go") || strings.Contains(out, "a.go") {
		t.Errorf("%d: %s", code, out)
	}
	if code, out := d.run("rollback", oldRun, "--to", "1"); code != exitUsage || !strings.Contains(out, "--yes") {
		t.Errorf("%d: %s", code, out)
	}
	d.called()
	d.stage.seen = func() {
		all := d.events()
		if r := all[len(all)-1].Reviewed; r == nil || r.Decision != "rollback" || len(r.Changes) != 1 {
			t.Errorf("the last event is %+v", all[len(all)-1])
		}
	}
	if code, out := d.run("rollback", oldRun, "--to", "1", "--yes"); code != exitDone {
		t.Fatal(code, out)
	}
	d.called(`rollback 4 []`, `rollback 2 []`)
}

// TestRollbackStops: an error ends it before older iterations are touched, and
// what stayed is named.
func TestRollbackStops(t *testing.T) {
	d := newDesk(t)
	d.stage.err = errors.New("the old versions are gone")
	code, out := d.run("rollback", oldRun, "--to", "0", "--yes")
	if code != exitFindings || !strings.Contains(out, "take back iteration 4: the old versions are gone") {
		t.Errorf("%d: %s", code, out)
	}
	d.called(`rollback 4 []`)
	d = newDesk(t)
	d.stage.held = []stage.Held{{Entry: stage.Entry{Path: "c.go", Class: stage.Conflict, Detail: "changed since"}}}
	code, out = d.run("rollback", oldRun, "--to", "0", "--yes")
	if code != exitFindings || !strings.Contains(out, "not done: c.go (conflict: changed since)") || !strings.Contains(out, "3 changes stayed") {
		t.Errorf("%d: %s", code, out)
	}
}

func TestRollbackWrongUse(t *testing.T) {
	d := newDesk(t)
	for _, args := range [][]string{{"rollback"}, {"rollback", oldRun}, {"rollback", oldRun, "--to", "5"}, {"rollback", oldRun, "--to", "-1"},
		{"rollback", "none", "--to", "0"}, {"rollback", "..", "--to", "0"}, {"rollback", oldRun, "--to", "x"}} {
		if code, out := d.run(append(args, "--yes")...); code != exitUsage {
			t.Errorf("%v: %d: %s", args, code, out)
		}
	}
	d.called()
	if code, out := d.run("rollback", oldRun, "--to", "4", "--yes"); code != exitDone || !strings.Contains(out, "nothing to do") {
		t.Errorf("%d: %s", code, out)
	}
}
