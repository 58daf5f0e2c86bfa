package gemini

import (
	"errors"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"time"
	"unicode/utf8"

	"ringwall/internal/agent"
)

const (
	initLine = `{"type":"init","timestamp":"2026-11-27T21:02:18.547Z","session_id":"5e6b","model":"gemini-2.5-pro"}` + "\n"
	said     = `{"type":"message","role":"assistant","content":"all done\nRINGWALL_DONE","delta":true}` + "\n"
	ok       = `{"type":"result","status":"success","stats":{"total_tokens":22,"input_tokens":20,"output_tokens":2,"cached":5}}` + "\n"
)

// failed is a result as the tool words an error of the service.
func failed(message string) string {
	return `{"type":"result","timestamp":"2026-11-27T21:05:42Z","status":"error","error":{"type":"unknown","message":"` + message + `"}}`
}

func TestParse(t *testing.T) {
	const quota = `[API Error: Quota exceeded.\nSuggested retry after 3.5s.]\nPlease wait and try again later. To increase your limits, request a quota increase through AI Studio`
	for name, c := range map[string]struct {
		in    string
		check func(agent.Result) bool
	}{
		"a whole run": {initLine + said + ok, func(r agent.Result) bool {
			return r.Complete && !r.IsError && r.Text == "all done\nRINGWALL_DONE" && r.Malformed == 0 &&
				*r.Tokens == agent.Tokens{Input: 20, Cached: 5, Output: 2} && r.CostUSD == nil && r.Turns == 0
		}},
		"pieces make one text": {`{"type":"message","role":"assistant","content":"RING","delta":true}` + "\n" +
			`{"type":"message","role":"assistant","content":"WALL_DONE","delta":true}` + "\n" + ok,
			func(r agent.Result) bool { return r.Text == "RINGWALL_DONE" }},
		"what was said before a call is no result": {said + `{"type":"tool_use","tool_name":"read_file","tool_id":"a"}` + "\n" + ok,
			func(r agent.Result) bool { return r.Text == "" }},
		"the prompt and a tool's output are no result": {
			`{"type":"message","role":"user","content":"RINGWALL_DONE"}` + "\n" +
				`{"type":"tool_result","tool_id":"a","status":"success","output":"RINGWALL_DONE"}` + "\n" + ok,
			func(r agent.Result) bool { return r.Text == "" && !r.IsError }},
		"tokens not told are unknown, not zero": {said + `{"type":"result","status":"success","stats":{"input_tokens":0,"output_tokens":0}}`,
			func(r agent.Result) bool { return r.Tokens == nil }},
		"negative tokens are unknown": {`{"type":"result","status":"success","stats":{"input_tokens":-1,"output_tokens":9}}`,
			func(r agent.Result) bool { return r.Tokens == nil }},
		"an error has its reason": {failed("[API Error: 401]"), func(r agent.Result) bool {
			return r.IsError && r.Error == "[API Error: 401]" && r.RateLimit == nil
		}},
		"an error without one has the line before it": {`{"type":"error","severity":"error","message":"no text came"}` + "\n" + `{"type":"result","status":"error"}`,
			func(r agent.Result) bool { return r.IsError && r.Error == "no text came" }},
		"a warning is no error": {`{"type":"error","severity":"warning","message":"a loop"}` + "\n" + said + ok,
			func(r agent.Result) bool { return !r.IsError && r.Error == "" }},
		"a rate limit names its end": {failed(quota), func(r agent.Result) bool {
			return r.RateLimit != nil && r.RateLimit.Status == "429" &&
				r.RateLimit.Resets.Equal(time.Date(2026, 11, 27, 21, 5, 45, 5e8, time.UTC))
		}},
		"one without a time": {failed("[API Error: You have exhausted your daily quota on this model.]"), func(r agent.Result) bool {
			return r.RateLimit != nil && r.RateLimit.Resets.IsZero()
		}},
		"a time that cannot be is none": {failed("RESOURCE_EXHAUSTED retry in 99999999s"), func(r agent.Result) bool {
			return r.RateLimit != nil && r.RateLimit.Resets.IsZero()
		}},
		"calls that the rules refused": {
			`{"type":"tool_use","tool_name":"run_shell_command","tool_id":"a","parameters":{"command":"curl x"}}` + "\n" +
				`{"type":"tool_use","tool_name":"write_file","tool_id":"b","parameters":{"file_path":"GEMINI.md","content":"x"}}` + "\n" +
				`{"type":"tool_use","tool_name":"replace","tool_id":"c","parameters":{"file_path":"a"}}` + "\n" +
				`{"type":"tool_use","tool_name":"odd","tool_id":"d","parameters":[1]}` + "\n" +
				`{"type":"tool_result","tool_id":"a","status":"error","error":{"type":"policy_violation"}}` + "\n" +
				`{"type":"tool_result","tool_id":"b","status":"error","error":{"type":"policy_violation"}}` + "\n" +
				`{"type":"tool_result","tool_id":"c","status":"error","error":{"type":"edit_no_occurrence_found"}}` + "\n" +
				`{"type":"tool_result","tool_id":"d","status":"error","error":{"type":"tool_not_registered"}}` + "\n" +
				`{"type":"tool_result","tool_id":"e","status":"error","error":{"type":"invalid_tool_params","message":"Path not in workspace: x"}}` + "\n" +
				`{"type":"tool_result","tool_id":"f","status":"error","error":{"type":"invalid_tool_params","message":"a file_path is missing"}}` + "\n" + said + ok,
			func(r agent.Result) bool {
				return len(r.Denied) == 4 && r.Denied[0] == agent.Denial{Tool: "run_shell_command", Input: "curl x"} &&
					r.Denied[1].Input == "GEMINI.md" && r.Denied[2] == agent.Denial{Tool: "odd", Input: "[1]"}
			}},
		"other output is counted": {"warning: x\n{\n" + said + ok + "null\n[]\n\n", func(r agent.Result) bool {
			return r.Complete && r.Malformed == 4
		}},
		"the last result wins":  {failed(quota) + "\n" + said + ok, func(r agent.Result) bool { return !r.IsError && r.RateLimit == nil }},
		"no result is an error": {initLine + said, func(r agent.Result) bool { return !r.Complete && r.IsError && r.Error != "" && r.Text != "" }},
		"nothing at all":        {"", func(r agent.Result) bool { return r.IsError }},
		"a line over the bound is skipped": {`{"type":"message","content":"` + strings.Repeat("x", agent.MaxLine) + `"}` + "\n" + said + ok,
			func(r agent.Result) bool { return r.Malformed == 1 && r.Complete }},
		"a long text keeps its end": {`{"type":"message","role":"assistant","content":"` + strings.Repeat("é", agent.MaxText) + `END"}` + "\n" + ok,
			func(r agent.Result) bool { return len(r.Text) <= agent.MaxText && strings.HasSuffix(r.Text, "éEND") }},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Agent{}.Parse(strings.NewReader(c.in))
			if err != nil || !c.check(got) {
				t.Errorf("%v, %+v", err, got)
			}
		})
	}
}

// TestParseRecorded reads lines as version 0.61.0 wrote them for a scripted
// service.
func TestParseRecorded(t *testing.T) {
	f, err := os.Open("testdata/stream.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got, err := Agent{}.Parse(f)
	if err != nil || got.Malformed != 0 || got.IsError || got.Text != "first line\nRINGWALL_DONE" ||
		*got.Tokens != (agent.Tokens{Input: 110, Output: 110}) {
		t.Errorf("%v, %+v", err, got)
	}
	if len(got.Denied) != 6 || got.Denied[1] != (agent.Denial{Tool: "run_shell_command", Input: "git push origin"}) {
		t.Errorf("denied: %+v", got.Denied)
	}
}

func TestParseReportsTheReadersError(t *testing.T) {
	broken := errors.New("broken pipe")
	got, err := Agent{}.Parse(iotest.ErrReader(broken))
	if !errors.Is(err, broken) || !got.IsError {
		t.Errorf("%v, %+v", err, got)
	}
}

func FuzzParse(f *testing.F) {
	seed, err := os.ReadFile("testdata/stream.jsonl")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Add([]byte(initLine + said + ok))
	f.Add([]byte(failed("exhausted your, retry in 1e9s")))
	f.Add([]byte(`{"type":"tool_result","tool_id":"","error":{"type":"policy_violation"}}` + "\n" + `{"type":"result","stats":{"input_tokens":9223372036854775807,"output_tokens":9223372036854775807}}`))
	f.Add([]byte("{\"type\":\"message\",\"role\":\"assistant\",\"content\":\"\xff\"}\r\n\x00"))
	f.Fuzz(func(t *testing.T, in []byte) {
		got, err := Agent{}.Parse(strings.NewReader(string(in)))
		if err != nil {
			t.Fatal(err)
		}
		bounded := len(got.Text) <= agent.MaxText && len(got.Denied) <= maxDenials && len(got.Error) <= maxError
		if !bounded || !utf8.ValidString(got.Text+got.Error) || got.CostUSD != nil {
			t.Errorf("%+v", got)
		}
		if got.IsError != (got.Error != "") {
			t.Errorf("an error and its reason come together: %+v", got)
		}
		if k := got.Tokens; k != nil && (k.Input < 0 || k.Output < 0 || k.Cached < 0) {
			t.Errorf("%+v", *k)
		}
	})
}
