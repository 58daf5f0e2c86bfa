package main

import (
	"reflect"
	"strings"
	"testing"
)

func TestParseScript(t *testing.T) {
	script, err := ParseScript([]byte(`{"conversations": [
		{"when": "second", "steps": [{"text": "nothing to do"}]},
		{"steps": [
			{"tool": "Bash", "input": {"command": "echo $1 ${NAME}", "timeout": 5}},
			{"tool": "TodoRead"},
			{"text": "done in ${NAME}"}]}]}`), map[string]string{"NAME": "/a b"})
	if err != nil {
		t.Fatal(err)
	}
	conversation, found := script.Find("the first prompt")
	if !found {
		t.Fatal("no conversation for the prompt")
	}
	want := []Step{
		{Tool: "Bash", Input: map[string]any{"command": "echo $1 /a b", "timeout": 5.0}},
		{Tool: "TodoRead", Input: map[string]any{}},
		{Text: "done in /a b"},
		{Text: afterTheEnd},
	}
	for i, step := range want {
		if _, got := conversation.At(i); !reflect.DeepEqual(got, step) {
			t.Errorf("step %d = %v, want %v", i, got, step)
		}
	}
	second, _ := script.Find("the second prompt")
	if _, step := second.At(0); step.Text != "nothing to do" {
		t.Errorf("the second prompt gets %v", step)
	}
}

func TestFindWithoutAMatch(t *testing.T) {
	script, err := ParseScript([]byte(`{"conversations":[{"when":"x","steps":[{"text":"y"}]}]}`), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, found := script.Find("abc"); found {
		t.Error("a prompt without the words found a conversation")
	}
}

func TestParseScriptRefuses(t *testing.T) {
	for _, test := range []struct{ name, script, want string }{
		{"no JSON", `nonsense`, "not a script"},
		{"unknown field", `{"conversations":[{"steps":[{"say":"x"}]}]}`, "unknown field"},
		{"two values", `{"conversations":[{"steps":[{"text":"x"}]}]} {}`, "more than one"},
		{"empty", `{}`, "no conversation"},
		{"no steps", `{"conversations":[{}]}`, "conversation 1: no steps"},
		{"neither", `{"conversations":[{"steps":[{}]}]}`, "step 1: wants either"},
		{"both", `{"conversations":[{"steps":[{"tool":"A","text":"b"}]}]}`, "step 1: wants either"},
		{"text with input", `{"conversations":[{"steps":[{"text":"b","input":{}}]}]}`, "takes no input"},
		{"error with text", `{"conversations":[{"steps":[{"status":429,"text":"b"}]}]}`, "step 1: an error takes no"},
		{"no error", `{"conversations":[{"steps":[{"status":200}]}]}`, "200 is no error"},
		{"header without status", `{"conversations":[{"steps":[{"text":"b","header":{}}]}]}`, "belong to a status"},
		{"no value", `{"conversations":[{"steps":[{"text":"${X}"}]}]}`, "-set X=VALUE"},
		{"not closed", `{"conversations":[{"steps":[{"tool":"A","input":{"b":"${X"}}]}]}`, "no value for"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := ParseScript([]byte(test.script), nil)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error = %v, want %q in it", err, test.want)
			}
		})
	}
}
