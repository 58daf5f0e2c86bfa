package native

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"ringwall/internal/backend/backendtest"
	"ringwall/internal/kernel/launch"
)

// proof is how one row of the list of known ways out is shown to be closed:
// by attempts that are refused inside and work with the control off, by tests
// that need more than that, or by the reason why there is nothing to try.
type proof struct {
	id, way string
	inside  map[string]string // attempts and how each ends
	off     map[string]string // the same, or their like, with the control off
	loosen  func(*backendtest.Box)
	weaken  func(*launch.Spec)
	tests   []string // TestX, TestSuite/x, FuzzX, or script x
	why     string
}

var limitProofs = []proof{
	{id: "RES-01", way: "fork bomb",
		inside: map[string]string{"forks:400": "EAGAIN"}, off: map[string]string{"forks:400": "ok"},
		loosen: func(b *backendtest.Box) { b.Limit("pids", 1000) },
		tests:  []string{"TestSuite/hogs", "script run-limits", "TestForksAreRefusedAndCounted"}},
	{id: "RES-03", way: "CPU", tests: []string{"TestSuite/CPU", "TestSuite/limits are locked", "TestLimitsAreLocked"}},
	{id: "RES-04", way: "disk bytes",
		inside: map[string]string{"allocate:big|402653184": "ENOTSUP EOPNOTSUPP"}, off: map[string]string{"allocate:big|402653184": "ok"},
		loosen: func(b *backendtest.Box) { b.Drop("infrastructure.disk") },
		tests:  []string{"TestSuite/hogs", "TestSuite/file size", "script run-limits"}},
	{id: "RES-05", way: "inodes", tests: []string{"TestSuite/hogs", "script run-limits", "TestTooManyEntriesIsIncomplete"}},
	{id: "RES-08", way: "I/O bandwidth", why: "a bound wants root, the number of each device, and a version 2 controller; it is a limit that the threat model names"},
	{id: "RES-09", way: "leaving the control group",
		inside: map[string]string{"ls:/sys/fs/cgroup": "ENOENT", "write:/sys/fs/cgroup/cgroup.procs": "ENOENT", "create:/proc/1/cgroup": "EACCES EEXIST"},
		off:    map[string]string{"ls:/sys/fs/cgroup": "ok"},
		loosen: func(b *backendtest.Box) { b.Show("/sys/fs/cgroup", "/sys/fs/cgroup", false) },
		tests:  []string{"TestViewIsAllowlist", "TestEveryRowAnswers"}},
	{id: "RES-10", way: "wall clock and iteration cap", tests: []string{"TestSuite/time", "TestStoppedSupervisor", "script loop-cap", "script loop-time", "TestNMeansN"}},
	{id: "RES-11", way: "a limit on the direct child only", tests: []string{"TestSuite/hogs", "TestSuite/CPU", "TestSuite/output", "TestSuite/limits are locked"}},
	{id: "RES-13", way: "an archive that grows in a scanner", tests: []string{"TestInstructionsAreBounded", "FuzzSecretContent"}},
	{id: "RES-14", way: "control groups that are missing and claimed", tests: []string{"TestHow", "TestDemanded", "TestUnifiedWithoutControllers",
		"TestLimitsAreReadBack", "TestSwapIsReadBack", "TestSuite/fails closed", "script limits-must"}},
	{id: "FS-36", way: "holes that are filled later, space that is only allocated", tests: []string{"TestSuite/hogs", "TestBounds", "TestOversizedIsHeld"}},
	{id: "PRC-06", way: "a core dump starts a program of the host's",
		inside: map[string]string{"lower-core": "ok", "personality:0x0040000": "EPERM"}, off: map[string]string{"personality:0x0040000": "ok"},
		weaken: noFilter,
		tests:  []string{"TestSuite/limits are locked", "TestBounds", "TestPersonality"}},
	{id: "CFG-27", way: "the cap is edited, the loop restarted, a second one started",
		inside: map[string]string{"clone:0x10000000": "EPERM", "kill:-1|0": "ESRCH"}, off: map[string]string{"clone:0x10000000": "ok"},
		weaken: noFilter,
		tests:  []string{"script loop-cap", "TestNMeansN", "TestNoLoopWithoutEnd", "TestSuite/processes of the host"}},
	{id: "LIF-02", way: "the supervisor is killed, the agent goes on", tests: []string{"TestSupervisorGone", "TestSupervisorOutOfMemory", "TestKilledSupervisor",
		"TestStoppedSupervisor", "TestEndsWithoutSupervisor", "TestFirstProcessKilled", "script hangup"}},
	{id: "LIF-03", way: "a grandchild holds the output open", tests: []string{"TestSuite/time", "script run-limits"}},
	{id: "LIF-04", way: "what a crash leaves", tests: []string{"TestKilledSupervisor", "TestNothingIsLeft", "TestCrashAtEveryStep", "TestScripts"}},
	{id: "LIF-05", way: "two runs on one project", tests: []string{"script loop-second", "TestLock", "TestTwoAtOnce"}},
	{id: "LIF-06", way: "something is planted for the next login",
		inside: map[string]string{"create:/etc/cron.d/x": "ENOENT EROFS", "create:/var/spool/cron/x": "ENOENT", "create:/etc/profile.d/x": "ENOENT EROFS", "create:/home/agent/.profile": "ok"},
		off:    map[string]string{"create:/var/spool/cron/x": "ok"}, loosen: showSpool,
		tests: []string{"TestNothingStays", "TestViewIsAllowlist"}},
	{id: "LIF-07", way: "the wall clock is slept through, or set",
		inside: map[string]string{"call:unshare": "EPERM", "call:clock_settime": "EPERM"}, off: map[string]string{"call:unshare": "ok"}, weaken: noFilter,
		tests: []string{"TestSuite/time", "TestStoppedSupervisor", "TestTheLoopsTimeEndsIt", "TestEndsWithoutSupervisor", "TestFilter"}},
}

// showSpool puts a place in the view where jobs would be planted.
func showSpool(b *backendtest.Box) {
	b.T.Helper()
	dir := b.T.TempDir()
	if err := os.Chmod(dir, 0o777); err != nil {
		b.T.Fatal(err)
	}
	b.Show(dir, "/var/spool/cron", true).Drop("isolation.landlock")
}

// limitIDs is the list that the table has to be complete for.
var limitIDs = strings.Fields("RES-01 RES-03 RES-04 RES-05 RES-08 RES-09 RES-10 RES-11 RES-13 RES-14 FS-36 PRC-06 CFG-27 " +
	"LIF-02 LIF-03 LIF-04 LIF-05 LIF-06 LIF-07")

// TestLimitRows makes each row's attempts, with its control and without.
func TestLimitRows(t *testing.T) {
	tg := target(t)
	for _, p := range limitProofs {
		if len(p.inside) == 0 {
			continue
		}
		t.Run(p.id, func(t *testing.T) {
			b := backendtest.NewBox(t, tg)
			b.Expect(b.Attack(sorted(p.inside)...), p.inside)
			loose := tg
			if p.weaken != nil {
				loose = weaker(tg, p.weaken)
			}
			b = backendtest.NewBox(t, loose)
			if p.loosen != nil {
				p.loosen(b)
			}
			b.Expect(b.Attack(sorted(p.off)...), p.off)
		})
	}
}

// TestLimitRowsAreComplete: every row stands in the table and in the threat
// model, has something to show or a reason, and names tests that there are.
func TestLimitRowsAreComplete(t *testing.T) {
	seen := map[string]int{}
	known := knownTests(t)
	for _, p := range limitProofs {
		seen[p.id]++
		if len(p.inside) == 0 && len(p.tests) == 0 && p.why == "" {
			t.Errorf("%s shows nothing", p.id)
		}
		if len(p.inside) > 0 && (len(p.off) == 0 || p.loosen == nil && p.weaken == nil) {
			t.Errorf("%s has no counterpart with the control off", p.id)
		}
		for _, name := range p.tests {
			if !known(name) {
				t.Errorf("%s names %q, which there is not", p.id, name)
			}
		}
	}
	model := read(t, "../../../docs/threat-model.md")
	for _, id := range limitIDs {
		if seen[id] != 1 {
			t.Errorf("%s stands %d times in the table", id, seen[id])
		}
		if !strings.Contains(model, id) {
			t.Errorf("%s is not in the threat model", id)
		}
		delete(seen, id)
	}
	for id := range seen {
		t.Errorf("nobody asked for %s", id)
	}
}

var (
	testFunc  = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	suitePart = regexp.MustCompile(`\{"([^"]+)", test\w+\}`)
)

// knownTests reads which tests there are in the sources.
func knownTests(t *testing.T) func(string) bool {
	t.Helper()
	names := map[string]bool{}
	for _, dir := range []string{"../../../internal", "../../../cmd", "../../../testdata/script"} {
		err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
			base := filepath.Base(path)
			switch {
			case err != nil:
				return err
			case strings.HasSuffix(path, "_test.go"):
				for _, m := range testFunc.FindAllStringSubmatch(read(t, path), -1) {
					names[m[1]] = true
				}
			case base == "suite_linux.go":
				for _, m := range suitePart.FindAllStringSubmatch(read(t, path), -1) {
					names["TestSuite/"+m[1]] = true
				}
			case strings.HasSuffix(path, ".txtar"):
				names["script "+strings.TrimSuffix(base, ".txtar")] = true
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return func(name string) bool { return names[name] }
}
