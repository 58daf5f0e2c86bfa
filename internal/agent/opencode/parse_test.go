package opencode

import (
	"errors"
	"math"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"time"
	"unicode/utf8"

	"ringwall/internal/agent"
)

const (
	said = `{"type":"text","part":{"messageID":"m2","type":"text","text":"all done\nRINGWALL_DONE"}}` + "\n"
	stop = `{"type":"step_finish","part":{"messageID":"m2","reason":"stop","tokens":{"input":10,"output":4,"reasoning":1,"cache":{"read":3,"write":2}},"cost":0.5}}` + "\n"
	call = `{"type":"step_finish","part":{"messageID":"m1","reason":"tool-calls","tokens":{"input":7,"output":2,"cache":{}},"cost":0.25}}` + "\n"
)

func TestParse(t *testing.T) {
	for name, c := range map[string]struct {
		in    string
		check func(agent.Result) bool
	}{
		"a whole run": {call + said + stop, func(r agent.Result) bool {
			return r.Complete && !r.IsError && r.Text == "all done\nRINGWALL_DONE" && r.Turns == 2 && *r.CostUSD == 0.75 &&
				*r.Tokens == agent.Tokens{Input: 22, Cached: 3, Output: 7} && r.Malformed == 0
		}},
		"a price that is not known is told as zero": {said + strings.Replace(stop, "0.5", "0", 1), func(r agent.Result) bool {
			return r.CostUSD == nil && r.Complete
		}},
		"a negative cost or count is none": {said + strings.NewReplacer("0.5", "-1", ":10", ":-10", ":4", ":1e300").Replace(stop), func(r agent.Result) bool {
			return r.CostUSD == nil && *r.Tokens == agent.Tokens{Input: 5, Cached: 3, Output: 1}
		}},
		"the text of the last answer counts": {`{"type":"text","part":{"messageID":"m1","text":"RINGWALL_DONE"}}` + "\n" + call +
			strings.Replace(said, `all done\nRINGWALL_DONE`, "more to do", 1) + stop, func(r agent.Result) bool { return r.Text == "more to do" }},
		"pieces of one answer are joined": {said + said + stop, func(r agent.Result) bool {
			return r.Text == "all done\nRINGWALL_DONE\nall done\nRINGWALL_DONE"
		}},
		"an end in the middle of the work": {said + call, func(r agent.Result) bool {
			return !r.Complete && r.IsError && r.Error == "the output ended without a result"
		}},
		"an answer that was cut": {said + strings.Replace(stop, "stop", "length", 1), func(r agent.Result) bool {
			return !r.Complete && r.Error == "the model's last answer ended early: length"
		}},
		"nothing at all": {"", func(r agent.Result) bool { return r.IsError && !r.Complete && r.Tokens == nil }},
		"an error after the end": {said + stop + `{"type":"error","error":{"name":"UnknownError"}}`, func(r agent.Result) bool {
			return !r.Complete && r.Error == "UnknownError"
		}},
		"401": {`{"type":"error","error":{"name":"APIError","data":{"message":"bad key","statusCode":401}}}`, func(r agent.Result) bool {
			return r.Error == "bad key" && r.RateLimit == nil
		}},
		"429 with a wait": {`{"type":"error","error":{"name":"APIError","data":{"statusCode":429,"responseHeaders":{"retry-after":"90","date":"Fri, 27 Nov 2026 21:00:00 GMT"}}}}`,
			func(r agent.Result) bool {
				return r.Error == "the service answered 429" && r.RateLimit.Resets.Equal(time.Date(2026, 11, 27, 21, 1, 30, 0, time.UTC))
			}},
		"429 with a time": {`{"type":"error","error":{"data":{"message":"slow","statusCode":429,"responseHeaders":{"retry-after":"Fri, 27 Nov 2026 21:00:00 GMT"}}}}`,
			func(r agent.Result) bool {
				return r.RateLimit.Resets.Equal(time.Date(2026, 11, 27, 21, 0, 0, 0, time.UTC))
			}},
		"429 without": {`{"type":"error","error":{"data":{"statusCode":429,"responseHeaders":{"retry-after":3}}}}`, func(r agent.Result) bool {
			return r.RateLimit != nil && r.RateLimit.Resets.IsZero()
		}},
		"other output is counted": {"! permission requested\n{\n" + said + "null\n[]\n\n" + stop, func(r agent.Result) bool {
			return r.Complete && r.Malformed == 4
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

// A call that failed by itself was not denied.
func TestParseDenials(t *testing.T) {
	use := func(tool, status, input, text string) string {
		return `{"type":"tool_use","part":{"tool":"` + tool + `","state":{"status":"` + status + `","input":` + input + `,"error":"` + text + `"}}}` + "\n"
	}
	const gone = "Model tried to call unavailable tool 'webfetch'. Available tools: bash."
	got, err := Agent{}.Parse(strings.NewReader(
		use("bash", "error", `{"command":"curl x"}`, "The user has specified a rule which prevents you from using this specific tool call.") +
			use("edit", "error", `{"filePath":"AGENTS.md"}`, "The user rejected permission to use this specific tool call.") +
			use("webfetch", "error", `{"url":"https://x"}`, gone) +
			use("invalid", "completed", `{"tool":"websearch","error":"`+gone+`"}`, "") +
			use("task", "error", `[1]`, gone) +
			use("invalid", "completed", `{"tool":"bash","error":"command is missing"}`, "") +
			use("bash", "completed", `{"command":"ls"}`, "") +
			use("read", "error", `{"filePath":"none"}`, "File not found")))
	want := []agent.Denial{
		{Tool: "bash", Input: "curl x"}, {Tool: "edit", Input: "AGENTS.md"}, {Tool: "webfetch", Input: "https://x"},
		{Tool: "websearch"}, {Tool: "task", Input: "[1]"},
	}
	if err != nil || len(got.Denied) != len(want) {
		t.Fatalf("%v, %+v", err, got.Denied)
	}
	for i, d := range got.Denied {
		if d != want[i] {
			t.Errorf("%+v, want %+v", d, want[i])
		}
	}
}

// TestParseRecorded reads lines as version 1.18.33 wrote them of a session with
// a scripted service.
func TestParseRecorded(t *testing.T) {
	f, err := os.Open("testdata/stream.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got, err := Agent{}.Parse(f)
	if err != nil || got.Malformed != 0 || got.IsError || got.Turns != 5 || got.Text != "all done\nRINGWALL_DONE" || *got.CostUSD == 0 {
		t.Errorf("%v, %+v", err, got)
	}
	if len(got.Denied) != 1 || got.Denied[0].Input != "curl -sS http://127.0.0.1:9/" || *got.Tokens != (agent.Tokens{Input: 50, Output: 50}) {
		t.Errorf("denied: %+v, tokens: %+v", got.Denied, got.Tokens)
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
	f.Add([]byte(call + said + stop))
	f.Add([]byte(`{"type":"error","error":{"data":{"statusCode":429,"responseHeaders":{"retry-after":"1e300","date":"x"}}}}`))
	f.Add([]byte("{\"type\":\"text\",\"part\":{\"text\":\"\xff\"}}\r\n\x00"))
	f.Add([]byte(strings.Replace(stop, "0.5", "1e308", 1) + strings.Replace(stop, "0.5", "1e308", 1)))
	f.Fuzz(func(t *testing.T, in []byte) {
		got, err := Agent{}.Parse(strings.NewReader(string(in)))
		if err != nil {
			t.Fatal(err)
		}
		bounded := len(got.Text) <= agent.MaxText && len(got.Denied) <= maxDenials && len(got.Error) <= maxError
		if !bounded || !utf8.ValidString(got.Text+got.Error) || got.CostUSD != nil && !(*got.CostUSD > 0 && !math.IsInf(*got.CostUSD, 0)) {
			t.Errorf("%+v", got)
		}
		if k := got.Tokens; k != nil && (k.Input < 0 || k.Cached < 0 || k.Output < 0) {
			t.Errorf("%+v", k)
		}
		if got.IsError != (got.Error != "") || got.Complete == got.IsError {
			t.Errorf("an error and its reason come together: %+v", got)
		}
	})
}
