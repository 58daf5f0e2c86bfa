package claude

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"time"
	"unicode/utf8"

	"ringwall/internal/agent"
)

const initLine = `{"type":"system","subtype":"init","permissionMode":"dontAsk","tools":["Bash"]}` + "\n"

const deniedText = "<tool_use_error>File is in a directory that is denied by your permission settings.</tool_use_error>"

// refusedCall is a call of Write and its result, as two lines.
func refusedCall(id, text string) string {
	return fmt.Sprintf(`{"type":"assistant","message":{"content":[{"type":"tool_use","id":%q,"name":"Write","input":{"file_path":"CLAUDE.md"}}]}}
{"type":"user","message":{"content":[{"type":"tool_result","tool_use_id":%q,"is_error":true,"content":%q}]}}
`, id, id, text)
}

func TestParse(t *testing.T) {
	const ok = `{"type":"result","subtype":"success","is_error":false,"num_turns":2,"result":"all done\nRINGWALL_DONE","total_cost_usd":0.002}`
	for name, c := range map[string]struct {
		in    string
		check func(agent.Result) bool
	}{
		"a whole run": {initLine + ok, func(r agent.Result) bool {
			return r.Complete && !r.IsError && r.Text == "all done\nRINGWALL_DONE" && r.Turns == 2 &&
				*r.CostUSD == 0.002 && r.Mode == "dontAsk" && r.Malformed == 0
		}},
		"cost not told is unknown, not zero": {`{"type":"result","subtype":"success","result":"x"}`, func(r agent.Result) bool {
			return r.CostUSD == nil
		}},
		"a negative cost is unknown": {`{"type":"result","subtype":"success","total_cost_usd":-1}`, func(r agent.Result) bool {
			return r.CostUSD == nil
		}},
		"success with is_error is an error": {`{"type":"result","subtype":"success","is_error":true,"result":"API Error: 401","api_error_status":401}`,
			func(r agent.Result) bool { return r.IsError && r.Error == "API Error: 401" }},
		"a cap is an error": {`{"type":"result","subtype":"error_max_turns","is_error":false,"errors":["Reached maximum number of turns (3)"]}`,
			func(r agent.Result) bool { return r.IsError && r.Error == "Reached maximum number of turns (3)" }},
		"429 is a rate limit": {`{"type":"result","subtype":"success","is_error":true,"api_error_status":429}`, func(r agent.Result) bool {
			return r.RateLimit != nil && r.RateLimit.Status == "429" && r.Error == "the service answered 429"
		}},
		"a rejected rate limit names its end": {`{"type":"rate_limit_event","rate_limit_info":{"status":"rejected","resetsAt":1778565600}}` + "\n" + ok,
			func(r agent.Result) bool { return r.RateLimit.Resets.Equal(time.Unix(1778565600, 0)) }},
		"an allowed one is none": {`{"type":"rate_limit_event","rate_limit_info":{"status":"allowed_warning","resetsAt":1}}` + "\n" + ok,
			func(r agent.Result) bool { return r.RateLimit == nil }},
		"denials are read": {`{"type":"result","subtype":"success","permission_denials":[{"tool_name":"Bash","tool_input":{"command":"curl x"}},{"tool_name":"Write","tool_input":{"file_path":"CLAUDE.md"}},{"tool_name":"Odd","tool_input":[1]}]}`,
			func(r agent.Result) bool {
				return len(r.Denied) == 3 && r.Denied[0] == agent.Denial{Tool: "Bash", Input: "curl x"} &&
					r.Denied[1].Input == "CLAUDE.md" && r.Denied[2].Input == "[1]"
			}},
		"a refusal by an Edit rule is read from the call's result": {refusedCall("toolu_1", deniedText) + ok, func(r agent.Result) bool {
			return len(r.Denied) == 1 && r.Denied[0] == agent.Denial{Tool: "Write", Input: "CLAUDE.md"}
		}},
		"another error of a tool is no refusal": {refusedCall("toolu_1", "Exit code 1\n"+deniedText) + ok, func(r agent.Result) bool {
			return len(r.Denied) == 0
		}},
		"a refusal that is listed too is one": {refusedCall("toolu_1", deniedText) +
			`{"type":"result","permission_denials":[{"tool_name":"Write","tool_use_id":"toolu_1","tool_input":{"file_path":"CLAUDE.md"}}]}`,
			func(r agent.Result) bool { return len(r.Denied) == 1 }},
		"other output is counted": {"warning: x\n{\n" + ok + "\nnull\n[]\n\n", func(r agent.Result) bool {
			return r.Complete && r.Malformed == 4 && r.Turns == 2
		}},
		"the last result wins": {ok + "\n" + `{"type":"result","subtype":"success","result":"second"}`, func(r agent.Result) bool {
			return r.Text == "second" && r.Turns == 0
		}},
		"a token in an assistant's or a tool's text is not the result": {
			`{"type":"assistant","message":{"content":[{"type":"text","text":"RINGWALL_DONE"}]}}` + "\n" +
				`{"type":"result","subtype":"success","result":"more to do"}`,
			func(r agent.Result) bool { return r.Text == "more to do" }},
		"an empty result falls back to the last text": {
			`{"type":"assistant","message":{"content":[{"type":"text","text":"Hello."}]}}` + "\n" + `{"type":"result","subtype":"success","result":""}`,
			func(r agent.Result) bool { return r.Text == "Hello." }},
		"no result is an error": {initLine, func(r agent.Result) bool { return !r.Complete && r.IsError && r.Error != "" }},
		"nothing at all":        {"", func(r agent.Result) bool { return r.IsError }},
		"a line over the bound is skipped": {`{"type":"result","result":"` + strings.Repeat("x", agent.MaxLine) + `"}` + "\n" + ok,
			func(r agent.Result) bool { return r.Malformed == 1 && r.Turns == 2 }},
		"a long result keeps its end": {`{"type":"result","subtype":"success","result":"` + strings.Repeat("é", agent.MaxText) + `END"}`,
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

// TestParseRecorded reads lines as version 2.1.197 wrote them; the ends of the
// session are recorded from a scripted service.
func TestParseRecorded(t *testing.T) {
	f, err := os.Open("testdata/stream.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got, err := Agent{}.Parse(f)
	if err != nil || got.Malformed != 0 || got.IsError || got.Turns != 6 || got.Text != "did it\nRINGWALL_DONE" || got.RateLimit != nil {
		t.Errorf("%v, %+v", err, got)
	}
	if len(got.Denied) != 1 || got.Denied[0] != (agent.Denial{Tool: "Bash", Input: "make pwn"}) {
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
	f.Add([]byte(initLine))
	f.Add([]byte(refusedCall("toolu_1", deniedText)))
	f.Add([]byte(`{"type":"result","permission_denials":[{}],"errors":[{"a":1}],"api_error_status":"429","total_cost_usd":1e308}`))
	f.Add([]byte("{\"type\":\"assistant\",\"message\":{\"content\":[{\"type\":\"text\",\"text\":\"\xff\"}]}}\r\n\x00"))
	f.Fuzz(func(t *testing.T, in []byte) {
		got, err := Agent{}.Parse(strings.NewReader(string(in)))
		if err != nil {
			t.Fatal(err)
		}
		bounded := len(got.Text) <= agent.MaxText && len(got.Denied) <= maxDenials && len(got.Error) <= 1024
		if !bounded || !utf8.ValidString(got.Text+got.Error) || got.Turns < 0 || (got.CostUSD != nil && *got.CostUSD < 0) {
			t.Errorf("%+v", got)
		}
		if got.IsError != (got.Error != "") {
			t.Errorf("an error and its reason come together: %+v", got)
		}
	})
}
