package copilot

import (
	"errors"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"ringwall/internal/agent"
)

const (
	ok     = `{"type":"result","exitCode":0,"usage":{"premiumRequests":0}}`
	failed = `{"type":"result","exitCode":1,"usage":{"premiumRequests":0}}`
	said   = `{"type":"assistant.message","data":{"content":"all done\nRINGWALL_DONE"}}`
	curl   = `{"type":"tool.execution_start","data":{"toolCallId":"a","toolName":"bash","arguments":{"command":"curl x"}}}`
	denied = `{"type":"tool.execution_complete","data":{"toolCallId":"a","success":false,"error":{"message":"no","code":"denied"}}}`
	broken = `{"type":"tool.execution_complete","data":{"toolCallId":"a","success":false,"error":{"message":"no","code":"failure"}}}`
	busy   = `{"type":"model.call_failure","data":{"statusCode":429,"errorMessage":"slow down"}}`
)

func lines(l ...string) string { return strings.Join(l, "\n") }

func TestParse(t *testing.T) {
	turn := `{"type":"assistant.turn_start","data":{"turnId":"0"}}`
	for name, c := range map[string]struct {
		in    string
		check func(agent.Result) bool
	}{
		"a whole run": {lines(turn, turn, said, ok), func(r agent.Result) bool {
			return r.Complete && !r.IsError && r.Text == "all done\nRINGWALL_DONE" && r.Turns == 2 && r.Malformed == 0
		}},
		"tokens and cost are not told": {lines(said, ok), func(r agent.Result) bool { return r.CostUSD == nil && r.Tokens == nil }},
		"a refusal": {lines(curl, denied, said, ok), func(r agent.Result) bool {
			return len(r.Denied) == 1 && r.Denied[0] == agent.Denial{Tool: "bash", Input: "curl x"} && !r.IsError
		}},
		"a failure is no refusal": {lines(curl, broken, ok), func(r agent.Result) bool { return r.Denied == nil }},
		"a refusal of another agent counts": {lines(strings.Replace(denied, `{"type"`, `{"agentId":"b","type"`, 1), ok),
			func(r agent.Result) bool { return len(r.Denied) == 1 }},
		"another agent's text is no result": {lines(said, strings.Replace(said, `{"type"`, `{"agentId":"b","type"`, 1), ok),
			func(r agent.Result) bool { return r.Text == "all done\nRINGWALL_DONE" }},
		"another agent's done is none": {lines(strings.Replace(said, `{"type"`, `{"agentId":"b","type"`, 1), ok),
			func(r agent.Result) bool { return r.Text == "" }},
		"the last text counts": {lines(said, `{"type":"assistant.message","data":{"content":"more"}}`, `{"type":"assistant.message","data":{"content":" "}}`, ok),
			func(r agent.Result) bool { return r.Text == "more" }},
		"a rate limit that passed is told": {lines(busy, said, ok), func(r agent.Result) bool {
			return r.RateLimit != nil && r.RateLimit.Status == "429" && !r.IsError && r.Error == ""
		}},
		"a rate limit that did not pass": {lines(busy, `{"type":"session.error","data":{"errorType":"rate_limit","message":"429 slow down","statusCode":429}}`, failed),
			func(r agent.Result) bool { return r.IsError && r.Error == "429 slow down" && r.RateLimit != nil }},
		"an exit code alone is an error": {failed, func(r agent.Result) bool { return r.IsError && r.Error == "exit code 1" }},
		"an error that was got over":     {lines(`{"type":"session.error","data":{"message":"x"}}`, ok), func(r agent.Result) bool { return !r.IsError && r.Error == "" }},
		"other output is counted": {lines("warning: x", "{", "null", "[]", said, ok), func(r agent.Result) bool {
			return r.Malformed == 4 && r.Complete
		}},
		"data of another shape is passed over": {lines(`{"type":"x","data":[1]}`, `{"type":"assistant.message","data":7}`, ok), func(r agent.Result) bool {
			return r.Malformed == 0 && r.Complete
		}},
		"a result without an exit code is none": {`{"type":"result"}`, func(r agent.Result) bool { return !r.Complete && r.IsError }},
		"no result is an error":                 {said, func(r agent.Result) bool { return !r.Complete && r.IsError && r.Text != "" }},
		"nothing at all":                        {"", func(r agent.Result) bool { return r.IsError }},
		"a long text keeps its end": {lines(`{"type":"assistant.message","data":{"content":"`+strings.Repeat("é", agent.MaxText)+`END"}}`, ok),
			func(r agent.Result) bool { return len(r.Text) <= agent.MaxText && strings.HasSuffix(r.Text, "éEND") }},
		"a line over the bound is skipped": {lines(`{"type":"x","data":"`+strings.Repeat("x", agent.MaxLine)+`"}`, ok), func(r agent.Result) bool {
			return r.Malformed == 1 && r.Complete
		}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Agent{}.Parse(strings.NewReader(c.in))
			if err != nil || !c.check(got) {
				t.Errorf("%v, %+v", err, got)
			}
		})
	}
}

// TestParseRecorded reads a stream as version 1.0.102 wrote it, of a session
// with a scripted model: an edit, a refusal by a rule, one for want of a person,
// a request to wait. Fields that are not read were taken out.
func TestParseRecorded(t *testing.T) {
	f, err := os.Open("testdata/stream.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got, err := Agent{}.Parse(f)
	if err != nil || got.Malformed != 0 || got.IsError || got.Turns != 6 || got.Text != "all done\nRINGWALL_DONE" || got.RateLimit == nil {
		t.Errorf("%v, %+v", err, got)
	}
	want := []agent.Denial{{Tool: "bash", Input: "curl -sS http://example.com/"}, {Tool: "bash", Input: "env"}}
	if len(got.Denied) != 2 || got.Denied[0] != want[0] || got.Denied[1] != want[1] {
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
	f.Add([]byte(lines(curl, denied, busy, failed)))
	f.Add([]byte(`{"type":"assistant.message","data":{"content":"` + "\xff" + `"}}` + "\r\n\x00"))
	f.Add([]byte(`{"type":"tool.execution_start","data":{"toolCallId":"","toolName":"` + strings.Repeat("é", 99) + `","arguments":[1]}}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		got, err := Agent{}.Parse(strings.NewReader(string(in)))
		if err != nil {
			t.Fatal(err)
		}
		bounded := len(got.Text) <= agent.MaxText && len(got.Denied) <= maxDenials && len(got.Error) <= 1024
		if !bounded || !utf8.ValidString(got.Text+got.Error) || got.Turns < 0 {
			t.Errorf("%+v", got)
		}
		if got.IsError != (got.Error != "") {
			t.Errorf("an error and its reason come together: %+v", got)
		}
	})
}
