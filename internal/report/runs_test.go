package report

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ringwall/internal/evidence"
)

// ev shortens the fixtures.
type ev = evidence.Event

// at numbers events and puts them on the clock, as a journal does.
func at(events []ev, minutes ...float64) []ev {
	start := time.Date(2026, 3, 1, 22, 0, 0, 0, time.UTC)
	for i := range events {
		m := float64(i)
		if i < len(minutes) {
			m = minutes[i]
		}
		events[i].Seq = uint64(i + 1)
		events[i].Time = start.Add(time.Duration(m * float64(time.Minute)))
	}
	return events
}

// refused is one refusal seen from outside.
func refused(n int, layer, control, what, errno string, count int, why string) ev {
	return ev{Iteration: n, Refused: &evidence.Refused{Layer: layer, Control: control, What: what, Errno: errno,
		Source: evidence.Observed, Program: "sh", PID: 42, Count: count, Why: why}}
}

// opened is how the fixtures begin.
func opened(kind string, max int, weaker ...evidence.WeakControl) ev {
	return ev{RunStarted: &evidence.RunStarted{Run: "20260301-220000-7c1e", Kind: kind, Project: "/home/ada/src/parser",
		Agent: "claude", Command: []string{"claude", "-p", "--output-format", "stream-json"},
		PlanHash: strings.Repeat("4f", 32), PolicyHash: strings.Repeat("a3", 32), MaxIterations: max,
		Ringwall: "v0.1.0", Kernel: "6.8.0-45-generic", Weaker: weaker}}
}

// usd is a cost that is known.
func usd(v float64) *float64 { return &v }

// change is one entry of a changeset.
func change(name, action, class, detail string) evidence.Change {
	return evidence.Change{Name: name, Action: action, Class: class, Detail: detail, Size: 1200}
}

// rich is a loop with work applied and something stopped in layers 2 to 5.
func rich() []ev {
	held := []evidence.Change{change("CLAUDE.md", "modified", "guardrail", ""),
		change(".git/hooks/post-checkout", "added", "guardrail", "new executable")}
	one := append([]evidence.Change{change("parse.go", "modified", "ordinary", ""),
		change("parse_test.go", "added", "ordinary", ""), change("tmp.txt", "added", "ordinary", "")}, held...)
	two := []evidence.Change{change("tmp.txt", "deleted", "ordinary", ""),
		change("run.sh", "added", "ordinary", "new executable"), change("parse_test.go", "modified", "ordinary", "")}
	const lim = "infrastructure.limit:"
	return at([]ev{
		opened("loop", 20,
			evidence.WeakControl{ID: lim + "pids", Status: "downgraded", Why: "no cgroup v2 pids controller is delegated: using RLIMIT_NPROC, which counts all processes of the user"},
			evidence.WeakControl{ID: "isolation.account", Status: "unavailable", Why: "no dedicated account is set up: the agent keeps the owner's uid behind the namespaces", Waived: true}),
		{Recovered: &evidence.Recovered{Run: "20260228-230000-01ab", Did: "ended two processes and kept the changes of iteration 3", What: []string{"iterations/3/held"}}},
		{Iteration: 1, IterationStarted: &evidence.IterationStarted{Of: 20, PromptSHA256: strings.Repeat("0c", 32)}},
		{Iteration: 1, LimitSet: &evidence.LimitSet{Resource: "memory", Asked: 4 << 30, InForce: 4 << 30, By: "cgroup v2 memory.max"}},
		{Iteration: 1, LimitSet: &evidence.LimitSet{Resource: "pids", Asked: 512, InForce: 4096, By: "RLIMIT_NPROC"}},
		{Iteration: 1, LimitSet: &evidence.LimitSet{Resource: "cpu", Asked: 2000, InForce: 1500, By: "cgroup v2 cpu.max"}},
		{Iteration: 1, LimitSet: &evidence.LimitSet{Resource: "disk", Asked: 10 << 30, InForce: 10 << 30, By: "watch"}},
		{Iteration: 1, LimitSet: &evidence.LimitSet{Resource: "time", Asked: 2700, InForce: 2700, By: "supervisor"}},
		{Iteration: 1, Request: &evidence.Request{Proto: "dns", Host: "proxy.example.com", Rule: "network.egress:proxy.example.com:443"}},
		{Iteration: 1, Request: &evidence.Request{Proto: "tls", Host: "proxy.example.com", Port: 443, Rule: "network.egress:proxy.example.com:443"}},
		{Iteration: 1, Request: &evidence.Request{Ended: true, Proto: "tls", Host: "proxy.example.com", Port: 443, Sent: 2100, Received: 3 << 20, Rule: "network.egress:proxy.example.com:443"}},
		{Iteration: 1, Request: &evidence.Request{Proto: "http", Host: "api.example.com", Port: 443, Method: "POST", Path: "/v1/messages", Status: 200, Sent: 48_000, Received: 9_000, Rule: "network.credential:model", Credential: "model"}},
		{Iteration: 1, Request: &evidence.Request{Proto: "http", Host: "api.example.com", Port: 443, Method: "POST", Path: "/v1/messages", Status: 429, Sent: 51_000, Received: 300, Rule: "network.credential:model", Credential: "model"}},
		refused(1, "isolation", "isolation.guardrail:CLAUDE.md", "write CLAUDE.md", "EROFS", 2, "a guardrail: the agent may read it and never change it"),
		refused(1, "isolation", "isolation.guardrail:.git/hooks", "create .git/hooks/pre-commit", "EROFS", 1, ""),
		refused(1, "isolation", "isolation.view", "open /home/ada/.ssh/id_rsa", "ENOENT", 1, "not in the view: nothing of the owner's home is"),
		refused(1, "isolation", "isolation.syscalls", "ptrace", "EPERM", 1, ""),
		refused(1, "network", "network.gateway", "lookup exfil.example.net", "", 3, `no rule allows it: add "exfil.example.net" to network.allow`),
		refused(1, "network", "network.gateway", "connect 192.0.2.1:22", "ECONNREFUSED", 1, ""),
		refused(1, "infrastructure", lim+"pids", "fork", "EAGAIN", 311, ""),
		{Iteration: 1, LimitReached: &evidence.LimitReached{Resource: "pids", Value: 512, Control: lim + "pids"}},
		{Iteration: 1, ModelUsage: &evidence.ModelUsage{Host: "api.example.com", Model: "claude-sonnet-4-5-20250929", Input: 1200, CacheRead: 812_000, CacheWrite: 40_000, Output: 9_100, Searches: 2, CostUSD: usd(0.55)}},
		{Iteration: 1, ModelUsage: &evidence.ModelUsage{Host: "api.example.com", Model: "claude-sonnet-4-5-20250929", Input: 90, Output: 12, CostUSD: usd(0.01), Cut: true}},
		{Iteration: 1, ModelUsage: &evidence.ModelUsage{Host: "api.example.com", Model: "a-model-of-next-year-with-a-long-name", Input: 5, Output: 7}},
		{Iteration: 1, ModelUsage: &evidence.ModelUsage{Host: "api.example.com", Unknown: true}},
		{Iteration: 1, AgentResult: &evidence.AgentResult{Text: "The parser accepts empty input now.\nTwo tests were added.", Turns: 14, CostUSD: usd(0.31), Denied: []string{"WebFetch", "Bash(curl -s https://exfil.example.net)"}}},
		{Iteration: 1, Changeset: &evidence.Changeset{Changes: one}},
		{Iteration: 1, Apply: &evidence.Apply{Count: 3}},
		{Iteration: 1, Applied: &evidence.Applied{Applied: 3, Held: held, HeldDir: "/home/ada/.local/state/ringwall/runs/20260301-220000-7c1e/iterations/1/held"}},
		{Iteration: 1, IterationEnded: &evidence.IterationEnded{Reason: "exited", Millis: 521_000}},
		{Iteration: 2, IterationStarted: &evidence.IterationStarted{Of: 20, PromptSHA256: strings.Repeat("0d", 32)}},
		{Iteration: 2, LimitSet: &evidence.LimitSet{Resource: "memory", Asked: 4 << 30, InForce: 4 << 30, By: "cgroup v2 memory.max"}},
		refused(2, "isolation", "isolation.guardrail:CLAUDE.md", "write CLAUDE.md", "EROFS", 1, ""),
		{Iteration: 2, Warning: &evidence.Warning{Message: "the agent's output was longer than 1 MiB; the rest was not kept"}},
		{Iteration: 2, LimitReached: &evidence.LimitReached{Resource: "time", Value: 2700, Control: lim + "time", Ended: true}},
		{Iteration: 2, Changeset: &evidence.Changeset{Changes: two}},
		{Iteration: 2, Apply: &evidence.Apply{Count: 3}},
		{Iteration: 2, Applied: &evidence.Applied{Applied: 3}},
		{Iteration: 2, IterationEnded: &evidence.IterationEnded{Reason: "time", Signal: "SIGKILL", ExitCode: 137, Millis: 2_700_000}},
		{Iteration: 3, IterationStarted: &evidence.IterationStarted{Of: 20}},
		{Iteration: 3, AgentResult: &evidence.AgentResult{Text: "All work is done.\nDONE", Turns: 3, CostUSD: usd(0.08)}},
		{Iteration: 3, Changeset: &evidence.Changeset{Changes: []evidence.Change{}}},
		{Iteration: 3, IterationEnded: &evidence.IterationEnded{Reason: "exited", Millis: 62_000, Token: "DONE"}},
		{RunEnded: &evidence.RunEnded{Outcome: "done", Iterations: 3, Reason: "The agent said DONE in iteration 3 and the checks passed.", Next: "ringwall review 20260301-220000-7c1e"}},
	}, 0, .02, .1)
}

// gated is a loop in which the gates had something to say.
func gated() []ev {
	runs, weak := change("package.json", "modified", "ordinary", ""), change("a_test.go", "modified", "ordinary", "tests_weakened: a_test.go: 1 test fewer (TestTwo)")
	runs.Runs, weak.Fate = "package scripts changed: postinstall", "hold"
	no := change("deep/CLAUDE.md", "added", "guardrail", "a name that agents or tools load: claude.md")
	no.Fate, no.SHA256 = "reject", strings.Repeat("5d", 32)
	return at([]ev{opened("loop", 3),
		{Iteration: 1, IterationStarted: &evidence.IterationStarted{Of: 3}},
		{Iteration: 1, Changeset: &evidence.Changeset{Changes: []evidence.Change{change("b.go", "added", "ordinary", "")}}},
		{Iteration: 1, Finding: &evidence.Finding{Gate: "verify", Action: "drop", What: `the check "make test" failed (exit 2)`, Tail: "FAIL x"}},
		{Iteration: 1, NotApplied: &evidence.NotApplied{Did: "dropped", Why: `the check "make test" failed (exit 2)`, Count: 1}},
		{Iteration: 1, IterationEnded: &evidence.IterationEnded{Reason: "exited", Millis: 120_000}},
		{Iteration: 2, IterationStarted: &evidence.IterationStarted{Of: 3}},
		{Iteration: 2, Changeset: &evidence.Changeset{Changes: []evidence.Change{change("a_test.go", "modified", "ordinary", ""), no, runs}}},
		{Iteration: 2, Finding: &evidence.Finding{Gate: "tests_weakened", Action: "hold", What: "a_test.go: 1 test fewer (TestTwo)", Names: []string{"a_test.go"}}},
		{Iteration: 2, Finding: &evidence.Finding{Gate: "dependencies_added", Action: "report", What: "package.json: npm, added left-pad", Names: []string{"package.json"}}},
		{Iteration: 2, Apply: &evidence.Apply{Count: 1}},
		{Iteration: 2, Applied: &evidence.Applied{Applied: 1, Held: []evidence.Change{weak}, HeldDir: "/home/ada/.local/state/ringwall/runs/20260301-220000-7c1e/iterations/2/held", Rejected: []evidence.Change{no}}},
		{Iteration: 2, IterationEnded: &evidence.IterationEnded{Reason: "exited", Millis: 121_000}},
		{Iteration: 3, IterationStarted: &evidence.IterationStarted{Of: 3}},
		{Iteration: 3, Changeset: &evidence.Changeset{Changes: []evidence.Change{change("c.go", "added", "ordinary", ""), change("d.go", "added", "ordinary", "")}}},
		{Iteration: 3, Finding: &evidence.Finding{Gate: "max_files", Action: "hold", What: "2 files were changed; the policy allows 1"}},
		{Iteration: 3, NotApplied: &evidence.NotApplied{Did: "kept", Why: "2 files were changed; the policy allows 1", Dir: "/home/ada/.local/state/ringwall/runs/20260301-220000-7c1e/iterations/3/upper", Count: 2}},
		{Iteration: 3, IterationEnded: &evidence.IterationEnded{Reason: "exited", Millis: 12_000}},
		{RunEnded: &evidence.RunEnded{Outcome: "held", ExitCode: 1, Iterations: 3, Reason: "2 files were changed; the policy allows 1; nothing was applied, and the changes are kept for review"}},
	})
}

// empty is a loop that ended before its first iteration.
func empty() []ev {
	return at([]ev{opened("loop", 5),
		{RunEnded: &evidence.RunEnded{Outcome: "failed", ExitCode: 1, Reason: "The agent's program was not found: claude."}}}, 0, 0.01)
}

// interrupted is a loop stopped by hand in its second iteration, in the middle
// of applying.
func interrupted() []ev {
	return at([]ev{opened("loop", 3),
		{Iteration: 1, IterationStarted: &evidence.IterationStarted{Of: 3}},
		{Iteration: 1, Changeset: &evidence.Changeset{Changes: []evidence.Change{change("a.go", "added", "ordinary", "")}}},
		{Iteration: 1, Apply: &evidence.Apply{Count: 1}},
		{Iteration: 1, Applied: &evidence.Applied{Applied: 1}},
		{Iteration: 1, IterationEnded: &evidence.IterationEnded{Reason: "exited", Millis: 120_000}},
		{Iteration: 2, IterationStarted: &evidence.IterationStarted{Of: 3}},
		{Iteration: 2, Changeset: &evidence.Changeset{Changes: []evidence.Change{change("b.go", "added", "ordinary", ""), change("c.go", "added", "ordinary", "")}}},
		{Iteration: 2, Apply: &evidence.Apply{Count: 2}},
		{Iteration: 2, IterationEnded: &evidence.IterationEnded{Reason: "interrupted", Signal: "SIGTERM", ExitCode: 143, Millis: 31_000}},
		{RunEnded: &evidence.RunEnded{Outcome: "interrupted", ExitCode: 130, Iterations: 2, Reason: "Stopped by hand.", Next: "ringwall loop --resume"}},
	})
}

// alarmed is a loop that a tripwire ended.
func alarmed() []ev {
	return at([]ev{opened("loop", 3),
		{Iteration: 1, IterationStarted: &evidence.IterationStarted{Of: 3}},
		refused(1, "isolation", "isolation.decoy:~/.aws/credentials", "read ~/.aws/credentials", "", 1, "it got a decoy; the real file is not in the view"),
		{Iteration: 1, Alarm: &evidence.Alarm{Value: "~/.aws/credentials", Kind: "decoy", Spelling: "gzip, base64", Where: "body", To: "files.example.com:443", Rule: "network.allow:files.example.com:443"}},
		{Iteration: 1, Alarm: &evidence.Alarm{Value: "anthropic", Kind: "placeholder", Spelling: "hex", Where: "dns", To: "6162636465.evil.example"}},
		{Iteration: 1, Warning: &evidence.Warning{Message: "the changes were not applied; they are kept in /s/iterations/1/upper"}},
		{Iteration: 1, IterationEnded: &evidence.IterationEnded{Reason: "alarm", Signal: "SIGKILL", ExitCode: 137, Millis: 31_000}},
		{RunEnded: &evidence.RunEnded{Outcome: "tampered", ExitCode: 4, Iterations: 1, Reason: "An alarm.", Next: "ringwall review x"}},
	})
}

// decided is a loop whose owner accepted one held change in the morning, dropped
// another, and took the second iteration back.
func decided() []ev {
	envrc, hook := change(".envrc", "added", "guardrail", ""), change("sub/AGENTS.md", "added", "guardrail", "")
	good, bad := change("a.go", "added", "ordinary", ""), change("a.go", "modified", "ordinary", "")
	return at([]ev{opened("loop", 3),
		{Iteration: 1, IterationStarted: &evidence.IterationStarted{Of: 3}},
		{Iteration: 1, Changeset: &evidence.Changeset{Changes: []evidence.Change{envrc, good, hook}}},
		{Iteration: 1, Apply: &evidence.Apply{Count: 1}},
		{Iteration: 1, Applied: &evidence.Applied{Applied: 1, Held: []evidence.Change{envrc, hook}, HeldDir: "/s/iterations/1/held"}},
		{Iteration: 1, IterationEnded: &evidence.IterationEnded{Reason: "exited", Millis: 60_000}},
		{Iteration: 2, IterationStarted: &evidence.IterationStarted{Of: 3}},
		{Iteration: 2, Changeset: &evidence.Changeset{Changes: []evidence.Change{bad}}},
		{Iteration: 2, Apply: &evidence.Apply{Count: 1}},
		{Iteration: 2, Applied: &evidence.Applied{Applied: 1}},
		{Iteration: 2, IterationEnded: &evidence.IterationEnded{Reason: "exited", Millis: 60_000}},
		{RunEnded: &evidence.RunEnded{Outcome: "cap", ExitCode: 3, Iterations: 2, Reason: "The cap is reached."}},
		{Iteration: 2, Reviewed: &evidence.Reviewed{Decision: "rollback", Changes: []evidence.Change{bad}}},
		{Iteration: 2, Apply: &evidence.Apply{Count: 1}},
		{Iteration: 2, Applied: &evidence.Applied{Applied: 1}},
		{Iteration: 1, Reviewed: &evidence.Reviewed{Decision: "drop", Changes: []evidence.Change{hook}}},
		{Iteration: 1, Reviewed: &evidence.Reviewed{Decision: "accept", Changes: []evidence.Change{envrc}}},
		{Iteration: 1, Apply: &evidence.Apply{Count: 1}},
		{Iteration: 1, Applied: &evidence.Applied{Applied: 1}},
	}, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 600)
}

// nasty is what a hostile agent, or a hostile journal, would have printed.
const nasty = "\x1b[2J\x1b]0;owned\x07\u009b31m\u202egpj.\u2066exe\u200b\r\n<script>alert(1)</script>\"'><img src=x onerror=alert(2)>\x00\xff</style>{{.}}"

// hostile has it in every string of every kind of event.
func hostile() []ev {
	n := nasty
	c := evidence.Change{Name: n, Action: n, Class: n, Detail: n, Fate: n, Runs: n, SHA256: n}
	return at([]ev{
		{RunStarted: &evidence.RunStarted{Run: n, Kind: n, Project: n, Agent: n, Command: []string{n, n}, PlanHash: n, PolicyHash: n,
			MaxIterations: 3, Ringwall: n, Kernel: n, Weaker: []evidence.WeakControl{{ID: n, Status: n, Why: n, Waived: true}}}},
		{Recovered: &evidence.Recovered{Run: n, Did: n, What: []string{n}}},
		{Iteration: 1, IterationStarted: &evidence.IterationStarted{Of: 3, PromptSHA256: n}},
		{Iteration: 1, LimitSet: &evidence.LimitSet{Resource: n, Asked: 1, InForce: 2, By: n}},
		{Iteration: 1, Refused: &evidence.Refused{Layer: n, Control: n, What: n, Errno: n, Source: evidence.Source(n), Program: n, Count: -7, Why: n}},
		{Iteration: 1, Refused: &evidence.Refused{Layer: "network", Control: n, What: n, Errno: n, Source: evidence.Claimed, Program: n, Count: 7, Why: n}},
		{Iteration: 1, ModelUsage: &evidence.ModelUsage{Host: n, Model: n}},
		{Iteration: 1, Request: &evidence.Request{Proto: n, Host: n, Port: 443, Method: n, Path: n, Rule: n, Credential: n}},
		{Iteration: 1, Alarm: &evidence.Alarm{Value: n, Kind: n, Spelling: n, Where: n, To: n, Rule: n}},
		{Iteration: 1, LimitReached: &evidence.LimitReached{Resource: n, Value: 1, Control: n, Ended: true}},
		{Iteration: 1, AgentResult: &evidence.AgentResult{Text: n, Denied: []string{n}, IsError: true, ErrorMsg: n}},
		{Iteration: 1, Changeset: &evidence.Changeset{Changes: []evidence.Change{c, {Name: "b" + n}}}},
		{Iteration: 1, Finding: &evidence.Finding{Gate: n, Action: n, What: n, Names: []string{n}, Tail: n}},
		{Iteration: 1, NotApplied: &evidence.NotApplied{Did: n, Why: n, Dir: n, Count: 1}},
		{Iteration: 1, Apply: &evidence.Apply{Count: 1}},
		{Iteration: 1, Applied: &evidence.Applied{Applied: 1, Held: []evidence.Change{c}, HeldDir: n, Rejected: []evidence.Change{c}}},
		{Iteration: 1, IterationEnded: &evidence.IterationEnded{Signal: n, Reason: n, Token: n}},
		{Warning: &evidence.Warning{Message: n}},
		{RunEnded: &evidence.RunEnded{Outcome: n, Iterations: 1, Reason: n, Next: n}},
		{Iteration: 1, Reviewed: &evidence.Reviewed{Decision: n, Changes: []evidence.Change{{Name: "c" + n, Action: n, Class: n, Detail: n}}}},
	})
}

// load sends events through a real journal, which numbers and bounds them, and
// puts the fixture's clock back on.
func load(t *testing.T, events []ev) Run {
	t.Helper()
	path := filepath.Join(t.TempDir(), "journal.jsonl")
	j, err := evidence.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		if err := j.Record(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	run, err := Load(bytes.NewReader(contents(t, path)))
	if err != nil {
		t.Fatal(err)
	}
	return run
}
