package codex

import (
	"errors"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"ringwall/internal/agent"
)

func TestParse(t *testing.T) {
	const (
		text = `{"type":"item.completed","item":{"type":"agent_message","text":"all done\nRINGWALL_DONE"}}` + "\n"
		ok   = `{"type":"turn.completed","usage":{"input_tokens":70,"cached_input_tokens":20,"output_tokens":5}}` + "\n"
	)
	for name, c := range map[string]struct {
		in    string
		check func(agent.Result) bool
	}{
		"a whole run": {text + ok, func(r agent.Result) bool {
			return r.Complete && !r.IsError && r.Text == "all done\nRINGWALL_DONE" && r.Turns == 1 && r.CostUSD == nil &&
				*r.Tokens == agent.Tokens{Input: 70, Cached: 20, Output: 5} && r.RateLimit == nil
		}},
		"tokens not told are unknown": {text + `{"type":"turn.completed"}`, func(r agent.Result) bool { return r.Complete && r.Tokens == nil }},
		"tokens below zero are unknown": {`{"type":"turn.completed","usage":{"input_tokens":-1}}`, func(r agent.Result) bool {
			return r.Tokens == nil
		}},
		"a passing 429 is a rate limit and no error": {`{"type":"error","message":"Reconnecting... 1/5 (exceeded retry limit, last status: 429 Too Many Requests)"}` + "\n" + text + ok,
			func(r agent.Result) bool { return !r.IsError && r.Error == "" && r.RateLimit.Status == "429" }},
		"another status is none": {`{"type":"error","message":"unexpected status 401 Unauthorized: request 429 of today"}` + "\n" + ok,
			func(r agent.Result) bool { return r.RateLimit == nil }},
		"a lasting 429": {`{"type":"turn.failed","error":{"message":"exceeded retry limit, last status: 429 Too Many Requests"}}`,
			func(r agent.Result) bool {
				return r.Complete && r.IsError && strings.HasPrefix(r.Error, "exceeded") && r.RateLimit.Status == "429"
			}},
		"a subscription's limit": {`{"type":"turn.failed","error":{"message":"You’ve hit your usage limit. Upgrade to Pro or try again at 11:06 PM."}}`,
			func(r agent.Result) bool { return r.RateLimit.Status == "usage limit" && r.RateLimit.Resets.IsZero() }},
		"an error without a turn": {`{"type":"error","message":"no network"}`, func(r agent.Result) bool {
			return !r.Complete && r.IsError && r.Error == "no network"
		}},
		"a setting that does not count ends nothing": {`{"type":"item.completed","item":{"type":"error","message":"Codex is ignoring 1 setting"}}` + "\n" + text + ok,
			func(r agent.Result) bool { return !r.IsError && r.Complete }},
		"declined items": {`{"type":"item.completed","item":{"type":"command_execution","command":"curl x","status":"declined"}}` + "\n" +
			`{"type":"item.completed","item":{"type":"file_change","status":"declined","changes":[{"path":"AGENTS.md"}]}}` + "\n" +
			`{"type":"item.completed","item":{"type":"command_execution","command":"false","status":"failed"}}` + "\n" + ok,
			func(r agent.Result) bool {
				return len(r.Denied) == 2 && r.Denied[0] == agent.Denial{Tool: "command_execution", Input: "curl x"} && r.Denied[1].Input == "AGENTS.md"
			}},
		"a token in a command's output is not the result": {`{"type":"item.completed","item":{"type":"command_execution","text":"RINGWALL_DONE","aggregated_output":"RINGWALL_DONE"}}` + "\n" + ok,
			func(r agent.Result) bool { return r.Text == "" }},
		"other output is counted":    {"warning: x\n{\n" + text + ok + "null\n[]\n", func(r agent.Result) bool { return r.Complete && r.Malformed == 4 }},
		"nothing at all":             {"", func(r agent.Result) bool { return r.IsError && r.Error == "the output ended without a result" }},
		"a failure without a reason": {`{"type":"turn.failed"}`, func(r agent.Result) bool { return r.IsError && r.Error != "" }},
		"a line over the bound is skipped": {`{"type":"` + strings.Repeat("x", agent.MaxLine) + `"}` + "\n" + text + ok,
			func(r agent.Result) bool { return r.Malformed == 1 && r.Complete }},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Agent{}.Parse(strings.NewReader(c.in))
			if err != nil || !c.check(got) {
				t.Errorf("%v, %+v", err, got)
			}
		})
	}
}

// TestParseRecorded reads what version 0.169.0 wrote, the model being a script:
// two refused commands, a 429, two commands, the end.
func TestParseRecorded(t *testing.T) {
	got, err := Agent{}.Parse(open(t, "testdata/stream.jsonl"))
	if err != nil || got.Malformed != 0 || got.IsError || got.Text != "done\nRINGWALL_DONE" || got.RateLimit == nil ||
		*got.Tokens != (agent.Tokens{Input: 60, Output: 60}) || len(got.Denied) != 0 {
		t.Errorf("%v, %+v", err, got)
	}
	refused, err := Agent{}.Refused(open(t, "testdata/stderr.txt"))
	if err != nil || len(refused) != 2 ||
		refused[0] != (agent.Denial{Tool: "exec_command", Input: "/bin/sh -lc 'git push origin main'"}) ||
		refused[1] != (agent.Denial{Tool: "exec_command", Input: "approval required by policy, but AskForApproval is set to Never"}) {
		t.Errorf("%v, %+v", err, refused)
	}
}

func open(t *testing.T, name string) *os.File {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func TestParseReportsTheReadersError(t *testing.T) {
	broken := errors.New("broken pipe")
	if got, err := (Agent{}).Parse(iotest.ErrReader(broken)); !errors.Is(err, broken) || !got.IsError {
		t.Errorf("%v, %+v", err, got)
	}
	if _, err := (Agent{}).Refused(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Error(err)
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range []string{"testdata/stream.jsonl", "testdata/stderr.txt"} {
		seed, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(seed)
	}
	f.Add([]byte("{\"type\":\"item.completed\",\"item\":{\"type\":\"agent_message\",\"text\":\"\xff\"}}\r\n\x00"))
	f.Add([]byte(`x ERROR codex_core::tools::router: error= failedRejected(\"` + "` rejected: "))
	f.Fuzz(func(t *testing.T, in []byte) {
		got, err := Agent{}.Parse(strings.NewReader(string(in)))
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Text) > agent.MaxText || len(got.Denied) > maxDenials || len(got.Error) > maxError || !utf8.ValidString(got.Text+got.Error) {
			t.Errorf("%+v", got)
		}
		if got.IsError != (got.Error != "") {
			t.Errorf("an error and its reason come together: %+v", got)
		}
		refused, err := Agent{}.Refused(strings.NewReader(string(in)))
		if err != nil || len(refused) > maxDenials {
			t.Errorf("%v, %d refused", err, len(refused))
		}
		for _, d := range refused {
			if len(d.Input) > maxInput || len(d.Tool) > 64 || !utf8.ValidString(d.Input) {
				t.Errorf("%+v", d)
			}
		}
	})
}
