package cursor

import (
	"encoding/json"
	"errors"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"ringwall/internal/agent"
)

var update = flag.Bool("update", false, "rewrite the golden file")

func TestGolden(t *testing.T) {
	const file = "testdata/cli-config.json"
	got := Agent{}.Files(agent.Rules{Allow: []string{"git", "go test"}, Deny: []string{"npm audit"}, Servers: []string{"db"}})[ConfigDir+"/cli-config.json"]
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil || got != string(want) || !json.Valid(want) {
		t.Errorf("%v: run with -update and read the change:\n%s", err, got)
	}
}

func TestRulesThatWouldWidenAreLeftOut(t *testing.T) {
	want := Agent{}.Files(agent.Rules{Allow: []string{"git"}})
	for _, name := range []string{"", "*", "git:*", "x)", `a"b`, "a,b", "a\nb", " git", "git ", "a  b", strings.Repeat("a", 129), "é"} {
		got := Agent{}.Files(agent.Rules{Allow: []string{"git", name}, Deny: []string{name}, Servers: []string{name}})
		if got[ConfigDir+"/cli-config.json"] != want[ConfigDir+"/cli-config.json"] {
			t.Errorf("%q: %s", name, got)
		}
	}
}

func TestOwnersWordBeatsDefaultDenyAndTheOwnersDenyBeatsBoth(t *testing.T) {
	has := func(r agent.Rules) bool { return slices.Contains(denyRules(r), "Shell(curl)") }
	if !has(agent.Rules{}) || has(agent.Rules{Allow: []string{"curl"}}) || !has(agent.Rules{Allow: []string{"curl"}, Deny: []string{"curl"}}) {
		t.Error("curl")
	}
	if !slices.Contains(denyRules(agent.Rules{Allow: []string{"git"}}), "Shell(git:push *)") {
		t.Error("allowing git must not allow git push")
	}
}

func TestInvocation(t *testing.T) {
	got := Agent{}.Invocation(agent.Request{Model: "m", ExtraArgs: []string{"--x"}})
	if want := []string{"cursor-agent", "-p", "--trust", "--output-format", "stream-json", "--model", "m", "--x"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

const ok = `{"type":"result","subtype":"success","is_error":false,"result":"did it\nRINGWALL_DONE"}`

func TestParse(t *testing.T) {
	for name, c := range map[string]struct {
		in    string
		check func(agent.Result) bool
	}{
		"a result": {ok, func(r agent.Result) bool {
			return r.Complete && !r.IsError && r.Text == "did it\nRINGWALL_DONE" && r.CostUSD == nil && r.Tokens == nil
		}},
		"a stream that breaks off is an error": {`{"type":"assistant","message":{"content":[{"type":"text","text":"half"}]}}`,
			func(r agent.Result) bool { return r.IsError && !r.Complete && r.Text == "half" && r.Error != "" }},
		"an error says its own":       {`{"type":"result","is_error":true,"result":"no"}`, func(r agent.Result) bool { return r.IsError && r.Error == "no" }},
		"another subtype is an error": {`{"type":"result","subtype":"other"}`, func(r agent.Result) bool { return r.IsError && r.Error != "" }},
		"an empty result falls back to the last text": {`{"type":"assistant","message":{"content":[{"type":"text","text":"hello"}]}}` + "\n" + `{"type":"result","subtype":"success","result":""}`,
			func(r agent.Result) bool { return r.Text == "hello" }},
		"other output is counted": {"x\nnull\n" + ok, func(r agent.Result) bool { return r.Malformed == 2 && r.Complete }},
		"a result that says it is denied in its text is not": {`{"type":"tool_call","subtype":"completed","tool_call":{"shellToolCall":{"result":{"success":{"stdout":"rejected"}}}}}` + "\n" + ok,
			func(r agent.Result) bool { return r.Denied == nil }},
		"a long line is skipped": {`{"type":"result","result":"` + strings.Repeat("x", agent.MaxLine) + `"}` + "\n" + ok, func(r agent.Result) bool { return r.Malformed == 1 }},
		"a long text keeps its end": {`{"type":"result","subtype":"success","result":"` + strings.Repeat("é", agent.MaxText) + `END"}`,
			func(r agent.Result) bool { return len(r.Text) <= agent.MaxText && strings.HasSuffix(r.Text, "END") }},
	} {
		got, err := Agent{}.Parse(strings.NewReader(c.in))
		if err != nil || !c.check(got) {
			t.Errorf("%s: %v, %+v", name, err, got)
		}
	}
}

// TestParseDocumented reads a stream that was written by hand after the
// documentation's examples, not recorded.
func TestParseDocumented(t *testing.T) {
	f, err := os.Open("testdata/stream.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got, err := Agent{}.Parse(f)
	if err != nil || got.Malformed != 0 || got.IsError || !strings.HasSuffix(got.Text, "\nRINGWALL_DONE") || got.Mode != "default" {
		t.Errorf("%v, %+v", err, got)
	}
	if len(got.Denied) != 1 || got.Denied[0] != (agent.Denial{Tool: "shell", Input: "curl x"}) {
		t.Errorf("denied: %+v", got.Denied)
	}
}

func TestParseReportsTheReadersError(t *testing.T) {
	broken := errors.New("broken pipe")
	if got, err := (Agent{}).Parse(iotest.ErrReader(broken)); !errors.Is(err, broken) || !got.IsError {
		t.Errorf("%v, %+v", err, got)
	}
}

func FuzzParse(f *testing.F) {
	seed, err := os.ReadFile("testdata/stream.jsonl")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Add([]byte(`{"type":"tool_call","subtype":"completed","tool_call":{"a":{"args":[1],"result":{"rejected":null}},"b":{}}}`))
	f.Add([]byte(`{"type":"result","is_error":true,"result":"` + "\xff" + `"}` + "\r\n\x00"))
	f.Fuzz(func(t *testing.T, in []byte) {
		got, err := Agent{}.Parse(strings.NewReader(string(in)))
		if err != nil {
			t.Fatal(err)
		}
		bounded := len(got.Text) <= agent.MaxText && len(got.Denied) <= maxDenials && len(got.Error) <= 1024
		if !bounded || !utf8.ValidString(got.Text+got.Error) || got.IsError != (got.Error != "") {
			t.Errorf("%+v", got)
		}
	})
}
