package main

import (
	"strings"
	"testing"
)

const (
	firstResponse = `{"model":"m","stream":true,"input":[
		{"type":"message","role":"developer","content":[{"type":"input_text","text":"fix"}]},
		{"type":"message","role":"user","content":[{"type":"input_text","text":"please fix it"}]}]}`
	secondResponse = `{"model":"m","stream":true,"input":[
		{"type":"message","role":"user","content":"please fix it"},
		{"type":"function_call","call_id":"a","name":"exec_command","arguments":"{}"},
		{"type":"function_call_output","call_id":"a","output":"no such command"}]}`
)

func TestResponses(t *testing.T) {
	url, log := start(t, strings.Replace(twoSteps, `"go test ./..."}}`, `"go test ./..."},"usage":{"input":700,"output":50}}`, 1))
	for _, test := range []struct{ body, want string }{
		{firstResponse, `"arguments":"{\"command\":\"go test ./...\"}"`},
		{firstResponse, `"input_tokens":700`},
		{secondResponse, `"text":"all is well"`},
		{strings.Replace(firstResponse, "true", "false", 1), `"object":"response"`},
	} {
		if status, body := post(t, url+"/v1/responses", "k", test.body); status != 200 || !strings.Contains(body, test.want) {
			t.Errorf("the answer is %d, without %s:\n%s", status, test.want, body)
		}
	}
	if got := entries(t, log)[2]; got.Step != 1 || got.Result != "no such command" {
		t.Errorf("the second turn is logged as %+v", got)
	}
	if status, _ := post(t, url+"/v1/responses", "k", `{"input":[{"role":"developer","content":"fix"}]}`); status != 400 {
		t.Errorf("what only the client said was taken for the prompt: %d", status)
	}
}

// Another order leaves Codex waiting for the end.
func TestResponsesStreamOrder(t *testing.T) {
	url, _ := start(t, `{"conversations":[{"steps":[{"tool":"apply_patch","input":{"patch":"*** Begin"}}]}]}`)
	_, body := post(t, url+"/v1/responses", "k", firstResponse)
	var names []string
	for _, line := range strings.Split(body, "\n") {
		if name, found := strings.CutPrefix(line, "event: response."); found {
			names = append(names, name)
		}
	}
	if got := strings.Join(names, " "); got != "created output_item.added output_item.done completed" {
		t.Errorf("the order is %s", got)
	}
	if !strings.Contains(body, `"input":"*** Begin"`) || !strings.Contains(body, `"type":"custom_tool_call"`) {
		t.Errorf("the patch is not a plain text:\n%s", body)
	}
}
