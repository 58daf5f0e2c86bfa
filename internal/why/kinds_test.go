package why

import (
	"slices"
	"strings"
	"testing"

	"ringwall/internal/kernel/callname"
	"ringwall/internal/kernel/seccomp"
	"ringwall/internal/plan"
)

func TestSyscalls(t *testing.T) {
	for _, c := range []struct {
		name    string
		verdict Verdict
		answer  string
		why     string // part of it
	}{
		{"mount", Refused, "EPERM", "what the view holds"},
		{"clone3", Refused, "ENOSYS", "fall"},
		{"io_uring_setup", Refused, "ENOSYS", "not seen"},
		{"clone", Conditional, "EPERM", "argument 1 has any bit of 0x7e020000"},
		{"ioctl", Conditional, "EPERM", "argument 2 is 0x5412, 0x541c"},
		{"socket", Conditional, "EAFNOSUPPORT, EPERM, EPROTONOSUPPORT", "argument 1 is not 1, 2, 10, 16"},
		{"personality", Conditional, "EPERM", "is not 0, 0xffffffff"},
		{"sched_setaffinity", Refused, "EPERM", "CPU limit"},
		{"openat", Allowed, "", ""},
		{"getpid", Allowed, "", ""},
	} {
		a := ask(t, testWorld(), Question{What: c.name, As: Syscall})
		p := a.Parts[0]
		if a.Verdict != c.verdict || p.Answer != c.answer || !strings.Contains(p.Why, c.why) || p.Control != ControlSyscalls {
			t.Errorf("%s: %s %+v", c.name, a.Verdict, p)
		}
	}
	w := testWorld()
	w.Plan.Controls = slices.DeleteFunc(w.Plan.Controls, func(c plan.Control) bool { return c.ID == "infrastructure.cpu" })
	if a := ask(t, w, Question{What: "sched_setaffinity", As: Syscall}); a.Verdict != Allowed {
		t.Errorf("without the CPU set as the limit: %+v", a)
	}
	for i, c := range w.Plan.Controls {
		if c.ID == ControlSyscalls {
			w.Plan.Controls[i].Status, w.Plan.Controls[i].Why = plan.Unavailable, "no seccomp"
		}
	}
	if a := ask(t, w, Question{What: "mount", As: Syscall}); a.Verdict != Allowed || !strings.Contains(a.Parts[0].Why, "no seccomp") {
		t.Errorf("without a filter: %+v", a)
	}
}

// TestEveryRowIsAnswered: what the filter refuses, the answer refuses, with the
// row's own reason.
func TestEveryRowIsAnswered(t *testing.T) {
	for _, r := range seccomp.Default() {
		if !callname.Known(r.Call) {
			continue // of no architecture that is supported
		}
		a := ask(t, testWorld(), Question{What: r.Call, As: Syscall})
		if a.Verdict == Allowed || !strings.Contains(a.Parts[0].Why, r.Why) || (len(r.When) == 0) != (a.Verdict == Refused) {
			t.Errorf("%s: %+v", r.Call, a)
		}
	}
}

func TestTools(t *testing.T) {
	for _, c := range []struct {
		name, answer, control, from, wayOut string
		verdict                             Verdict
	}{
		{"curl", "exit 126", "isolation.tool:curl", "ringwall.toml:9", `"curl" to [tools] allow in ringwall.toml; the machine's policy (/etc/ringwall/policy.toml:4)`, Refused},
		{"netcat", "exit 126", "isolation.tool:nc", "ringwall.toml:9", `"netcat"`, Refused},
		{"wget", "exit 126", "isolation.tool:wget", "/etc/ringwall/policy.toml:4", `administrator adds "wget" to [tools] allow in /etc/ringwall/policy.toml`, Refused},
		{"git", "", "permissions.tools", "ringwall.toml:9", "", Allowed},
		{"vi", "refused by the agent's own tool", "permissions.tools", "ringwall.toml:9", `"vi"`, Refused},
		{"sudo", "ENOENT", "isolation.namespaces", "default", "installed", Refused},
	} {
		a := ask(t, testWorld(), Question{What: c.name, As: Tool})
		p := a.Parts[0]
		if a.Verdict != c.verdict || p.Answer != c.answer || p.Control != c.control || p.From != c.from || !strings.Contains(p.WayOut, c.wayOut) {
			t.Errorf("%s: %s %+v", c.name, a.Verdict, p)
		}
	}
	w := testWorld()
	w.Plan.Controls[0].Status, w.Plan.Controls[0].Why = plan.Unavailable, "no permission system"
	if a := ask(t, w, Question{What: "vi", As: Tool}); a.Verdict != Allowed {
		t.Errorf("without a permission system: %+v", a)
	}
	w.Plan.Controls[0].Want.Tools.Bound = nil
	if hint := w.StubHint("curl"); hint != `add "curl" to [tools] allow in ringwall.toml` {
		t.Error(hint)
	}
}

func TestLimits(t *testing.T) {
	a := ask(t, testWorld(), Question{What: "pids"})
	p := a.Parts[0]
	if a.As != Limit || a.Verdict != Conditional || p.Answer != "EAGAIN" || p.Control != "infrastructure.pids" ||
		p.From != "/etc/ringwall/policy.toml:9" || p.WayOut != "change limits.pids in /etc/ringwall/policy.toml" {
		t.Errorf("%+v", a)
	}
	if p := ask(t, testWorld(), Question{What: "cpu"}).Parts[0]; p.WayOut != "change limits.cpus in ringwall.toml" {
		t.Errorf("%+v", p)
	}
}
