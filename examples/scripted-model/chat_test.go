package main

import (
	"encoding/json"
	"strings"
	"testing"
)

const (
	chatFirst  = `{"model":"m","stream":true,"tools":[{}],"messages":[{"role":"system","content":"you"},{"role":"user","content":"please fix it"}]}`
	chatSecond = `{"model":"m","stream":true,"tools":[{}],"messages":[
		{"role":"system","content":"you"},
		{"role":"user","content":[{"type":"text","text":"please fix it"}]},
		{"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"Bash","arguments":"{}"}}]},
		{"role":"tool","tool_call_id":"a","content":"no such command"}]}`
)

func TestChatStream(t *testing.T) {
	url, log := start(t, twoSteps)
	_, first := post(t, url+"/v1/chat/completions", "k", chatFirst)
	_, again := post(t, url+"/v1/chat/completions", "k", chatFirst)
	_, second := post(t, url+"/v1/chat/completions", "k", chatSecond)
	if first != again {
		t.Error("the same request sent twice got two answers")
	}
	for _, part := range []string{`"name":"Bash"`, `"arguments":"{\"command\":\"go test ./...\"}"`,
		`"finish_reason":"tool_calls"`, `"choices":[]`, `"prompt_tokens":10`, "data: [DONE]\n\n"} {
		if !strings.Contains(first, part) {
			t.Errorf("the stream has no %s:\n%s", part, first)
		}
	}
	if !strings.Contains(second, `"content":"all is well"`) || !strings.Contains(second, `"finish_reason":"stop"`) {
		t.Errorf("the second step is\n%s", second)
	}
	if got := entries(t, log)[2]; got.Step != 1 || got.Result != "no such command" || got.Text != "all is well" {
		t.Errorf("log = %+v", got)
	}
}

func TestChatWithoutStream(t *testing.T) {
	url, _ := start(t, twoSteps)
	_, body := post(t, url+"/v1/chat/completions", "k", strings.Replace(chatFirst, "true", "false", 1))
	var answer struct {
		Choices []struct {
			Message struct {
				Calls []struct {
					Function struct{ Name, Arguments string }
				} `json:"tool_calls"`
			}
			Reason string `json:"finish_reason"`
		}
		Usage map[string]int
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		t.Fatal(err)
	}
	if len(answer.Choices) != 1 || len(answer.Choices[0].Message.Calls) != 1 || answer.Usage["total_tokens"] == 0 ||
		answer.Choices[0].Message.Calls[0].Function.Name != "Bash" || answer.Choices[0].Reason != "tool_calls" {
		t.Errorf("answer = %s", body)
	}
}

// A request for a title comes beside the work and takes no step.
func TestChatWithoutToolsIsNoStep(t *testing.T) {
	url, log := start(t, twoSteps)
	const title = `{"messages":[{"role":"user","content":"Make a title"},{"role":"user","content":"please fix it"}]}`
	for _, c := range []struct {
		body   string
		status int
	}{{title, 200}, {"nonsense", 400}, {strings.Replace(chatFirst, "fix", "do", 1), 400}} {
		if status, body := post(t, url+"/v1/chat/completions", "k", c.body); status != c.status {
			t.Errorf("%s = %d %s, want %d", c.body, status, body, c.status)
		}
	}
	if got := entries(t, log)[0]; got.Text != chatTitle || got.Tool != "" {
		t.Errorf("log = %+v", got)
	}
}

func TestChatError(t *testing.T) {
	url, _ := start(t, `{"conversations":[{"steps":[{"status":429,"header":{"Retry-After":"1"}},{"text":"well"}]}]}`)
	status, body := post(t, url+"/v1/chat/completions", "k", chatFirst)
	if status != 429 || !strings.Contains(body, `"type":"rate_limit_error"`) {
		t.Errorf("%d %s", status, body)
	}
	if status, body = post(t, url+"/v1/chat/completions", "k", chatFirst); status != 200 || !strings.Contains(body, "well") {
		t.Errorf("the next try: %d %s", status, body)
	}
}
