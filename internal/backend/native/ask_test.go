package native

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ringwall/internal/backend/backendtest"
	"ringwall/internal/plan"
)

// askBox shows a program that ends with 7, covered by one that ends with 126.
func askBox(t *testing.T) *backendtest.Box {
	t.Helper()
	b := backendtest.NewBox(t, target(t))
	dir := t.TempDir()
	script := func(name, code string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("#!/bin/sh\nexit "+code+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		return path
	}
	script("tool", "7")
	b.Show(dir, "/tools", false)
	b.Add("isolation.ask", plan.Op{Ask: &plan.Ask{Program: plan.AskProgram, Plan: plan.AskPlan, Source: script("stand-in", "126")}})
	return b.Add("isolation.tool:tool", plan.Op{Stub: &plan.Stub{Tool: "tool", Names: []string{"tool"}, Files: []string{"/tools/tool"}, Reason: "a test"}})
}

// TestStubStandsInAProgramsPlace: under its own path the program does not run;
// with the control left out it does. A copy would run either way, which is why
// this explains and bounds nothing.
func TestStubStandsInAProgramsPlace(t *testing.T) {
	for _, c := range []struct {
		drop string
		code int
	}{{"", 126}, {"isolation.tool:tool", 7}} {
		if r := askBox(t).Drop(c.drop).Command("/bin/sh", "-c", "/tools/tool"); r.Err != nil || r.ExitCode != c.code {
			t.Errorf("without %q: exit code %d, %v, want %d", c.drop, r.ExitCode, r.Err, c.code)
		}
	}
	if r := askBox(t).Command("/bin/sh", "-c", "cp /tools/tool /tmp/x; /tmp/x"); r.ExitCode != 126 {
		t.Errorf("a copy of what stands there: %d, %v", r.ExitCode, r.Err)
	}
}

// TestPlanInsideCannotBeForged: the agent can read what the supervisor wrote,
// and can neither change it nor put it aside. In a place of the agent's own it
// could.
func TestPlanInsideCannotBeForged(t *testing.T) {
	forge := func(path string) []string {
		return []string{"read:" + path, "chmod:" + path, "trunc:" + path, "unlink:" + path, "create:" + path + ".new"}
	}
	b := askBox(t)
	r := b.Attack(append(forge(plan.AskPlan), "trunc:"+plan.AskProgram, "rename:/run/ringwall|/run/x")...)
	want := map[string]string{"trunc:" + plan.AskProgram: "EROFS", "rename:/run/ringwall|/run/x": "EROFS"}
	for i, attempt := range forge(plan.AskPlan) {
		want[attempt] = map[bool]string{true: "ok", false: "EROFS"}[i == 0]
	}
	b.Expect(r, want)

	const own = "/tmp/plan.json"
	b = askBox(t)
	b.Add("isolation.ask", plan.Op{Ask: &plan.Ask{Program: plan.AskProgram, Plan: own, Source: b.Target.Program}})
	b.Expect(b.Attack(forge(own)...), map[string]string{"read:" + own: "ok", "chmod:" + own: "ok", "trunc:" + own: "ok", "unlink:" + own: "ok", "create:" + own + ".new": "ok"})
}

// TestPlanInsideKeepsItsTraps: a decoy is not in what the agent reads, and
// neither is a file of the host.
func TestPlanInsideKeepsItsTraps(t *testing.T) {
	b := askBox(t).Add("isolation.decoy:x", plan.Op{Decoy: &plan.Decoy{Path: "/home/agent/bait", Shape: "the-bait %s"}})
	r := b.Command("/bin/sh", "-c", "cat "+plan.AskPlan+" >&2")
	if r.Err != nil || !strings.Contains(r.Stderr, "isolation.tool:tool") || strings.Contains(r.Stderr, "bait") || strings.Contains(r.Stderr, "stand-in") {
		t.Errorf("%v\n%s", r.Err, r.Stderr)
	}
}
