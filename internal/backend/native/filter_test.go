package native

import (
	"slices"
	"strings"
	"testing"

	"ringwall/internal/backend/backendtest"
	"ringwall/internal/evidence"
	"ringwall/internal/kernel/seccomp"
	"ringwall/internal/plan"
)

// answers is what the filter says for an action.
func answers(r seccomp.Rule) string {
	switch r.Action {
	case seccomp.Missing:
		return "ENOSYS"
	case seccomp.NoFamily:
		return "EAFNOSUPPORT"
	}
	return "EPERM"
}

func filterAttempts(t *testing.T) (attempts []string, want map[string]string, calls map[string]backendtest.Call) {
	t.Helper()
	want, calls = map[string]string{}, map[string]backendtest.Call{}
	for _, c := range backendtest.Calls() {
		calls[c.Name] = c
	}
	for _, r := range seccomp.Default() {
		if _, known := calls[r.Call]; !known {
			if r.Call != "vm86" { // 32-bit only
				t.Errorf("nobody tries %s", r.Call)
			}
			continue
		}
		want["call:"+r.Call] = answers(r)
		attempts = append(attempts, "call:"+r.Call)
	}
	return attempts, want, calls
}

// TestFilter makes one call of each row, with the filter in its two forms and
// without it. Without it the kernel answers otherwise, or the supervisor's
// record tells that it was the filter that answered.
func TestFilter(t *testing.T) {
	tg := target(t)
	attempts, want, calls := filterAttempts(t)

	quiet := backendtest.NewBox(t, tg)
	quiet.Add("isolation.syscalls", plan.Op{Syscalls: &plan.Syscalls{Profile: "default"}})
	quiet.Expect(quiet.Attack(attempts...), want)
	if n := len(quiet.Recorder.Of(evidence.KindRefused)); n != 0 {
		t.Errorf("%d refusals were recorded by nobody", n)
	}

	seen := backendtest.NewBox(t, tg)
	r := seen.Attack(attempts...)
	seen.Expect(r, want)
	recorded := seen.Refusals("isolation.syscalls")
	for attempt, errno := range want {
		name := strings.TrimPrefix(attempt, "call:")
		if tg.Host.Observe.OK && (recorded[name] == 1) != (errno == "EPERM") {
			t.Errorf("%s (%s) was recorded %d times", name, errno, recorded[name])
		}
	}

	open := backendtest.NewBox(t, weaker(tg, noFilter))
	r = open.Attack(attempts...)
	if r.Err != nil {
		t.Fatal(r.Err)
	}
	for _, attempt := range attempts {
		got, name := r.Report(attempt).Errno, strings.TrimPrefix(attempt, "call:")
		if got == "not reported" || got == want[attempt] && !calls[name].Same && got != "ENOSYS" {
			t.Errorf("without the filter %s gives %s too", name, got)
		}
	}
}

// TestFilterCorners are calls that a careless filter lets through.
func TestFilterCorners(t *testing.T) {
	tg := target(t)
	const newUser, newNet, newPID = "0x10000000", "0x40000000", "0x20000000"
	want := map[string]string{
		"terminal:0x5412": "EPERM", "terminal:0x100005412": "EPERM", "terminal:0x541c": "EPERM", "terminal:0xffffffff0000541c": "EPERM",
		"clone:" + newUser: "EPERM", "clone:" + newNet: "EPERM", "clone:" + newPID: "EPERM", "clone:0x100000000": "ok EINVAL",
		"number:0x40000027": "ENOSYS", "number:0x4000003b": "ENOSYS", "number:5000": "ENOSYS", "number:0xffffffff": "ENOSYS",
		"personality:0xffffffff": "ok", "personality:0x40000": "EPERM", "personality:0x8": "EPERM",
		"socket:16|3|9": "ok EPERM EPROTONOSUPPORT", "listener": "EBUSY",
	}
	for family := range 46 {
		if !slices.Contains([]int{1, 2, 10, 16}, family) {
			want["socket:"+itoa(family)+"|1|0"] = "EAFNOSUPPORT"
		}
	}
	if !tg.Host.Observe.OK {
		delete(want, "listener")
	}
	b := backendtest.NewBox(t, tg)
	b.Expect(b.Attack(sorted(want)...), want)

	open := backendtest.NewBox(t, weaker(tg, noFilter))
	free := map[string]string{"terminal:0x5412": "ENOTTY EIO", "terminal:0x100005412": "ENOTTY EIO", "clone:" + newUser: "ok",
		"personality:0x40000": "ok", "socket:17|1|0": "EPERM ESOCKTNOSUPPORT", "socket:40|1|0": "ok"}
	open.Expect(open.Attack(sorted(free)...), free)

	// A second filter with a listener of its own could let calls go on that
	// ours refuses: the newer of two filters that notify is the one that is
	// asked. The kernel takes no second listener.
	alone := backendtest.NewBox(t, weaker(tg, noFilter))
	alone.Plan.Command = []string{backendtest.Program, "attack", "sleep:1"}
	if r := alone.Attack("personality:0x8"); r.Report("personality:0x8").Errno != "ok" {
		t.Errorf("without the filter: %+v", r.Reports)
	}
}

// TestOtherABI: a 32-bit call ends the process, at once.
func TestOtherABI(t *testing.T) {
	tg := target(t)
	if tg.Host.Arch != "amd64" {
		t.Skip("int 0x80 is of amd64 only")
	}
	b := backendtest.NewBox(t, tg)
	r := b.Attack("int80", "create:after")
	if r.Err != nil || r.Signal != "SIGSYS" || len(r.Reports) != 0 {
		t.Errorf("%+v, %v, %+v", r.Result, r.Err, r.Reports)
	}
	open := backendtest.NewBox(t, weaker(tg, noFilter))
	if r := open.Attack("int80"); r.Report("int80").Errno != "ok" {
		t.Logf("this kernel has no 32-bit calls anyway: %+v, %+v", r.Result, r.Reports)
	}
}
