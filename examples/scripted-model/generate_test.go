package main

import (
	"strings"
	"testing"
)

const (
	generateFirst = `{"contents":[{"role":"user","parts":[{"text":"the surroundings"}]},
		{"role":"user","parts":[{"text":"please fix it"}]}]}`
	generateSecond = `{"contents":[{"role":"user","parts":[{"text":"please fix it"}]},
		{"role":"model","parts":[{"functionCall":{"name":"Bash","args":{}}}]},
		{"role":"user","parts":[{"functionResponse":{"name":"Bash","response":{"error":"denied"}}}]}]}`
)

func TestGenerateStep(t *testing.T) {
	url, log := start(t, twoSteps)
	const path = "/v1beta/models/gemini-x:streamGenerateContent?alt=sse"
	_, first := post(t, url+path, "k", generateFirst)
	_, second := post(t, url+path, "k", generateSecond)
	for _, c := range []struct{ body, want string }{
		{first, `"functionCall":{"args":{"command":"go test ./..."},"name":"Bash"}`},
		{first, `"totalTokenCount":20`},
		{second, `{"text":"all is well"}`},
		{second, `"modelVersion":"gemini-x"`},
	} {
		if !strings.HasPrefix(c.body, "data: {") || !strings.HasSuffix(c.body, "}\n\n") || !strings.Contains(c.body, c.want) {
			t.Errorf("no event with %s:\n%s", c.want, c.body)
		}
	}
	if got := entries(t, log)[1]; got.Step != 1 || got.Result != "denied" || !got.ResultError {
		t.Errorf("log = %+v", got)
	}
}

func TestGenerateWithoutStreamAndErrors(t *testing.T) {
	url, _ := start(t, `{"conversations":[{"when":"fix","steps":[{"status":429},{"text":"done"}]}]}`)
	for _, c := range []struct {
		path, body string
		status     int
		want       string
	}{
		{"gemini-x:generateContent", generateFirst, 429, `"status":"RESOURCE_EXHAUSTED"`},
		{"gemini-x:generateContent", generateFirst, 200, `{"candidates":[`},
		{"gemini-x:other", generateFirst, 400, `"status":"INVALID_ARGUMENT"`},
		{"gemini-x:generateContent", "nonsense", 400, `"status":"INVALID_ARGUMENT"`},
		{"gemini-x:generateContent", `{"contents":[]}`, 400, `no conversation`},
	} {
		if status, body := post(t, url+"/v1beta/models/"+c.path, "k", c.body); status != c.status || !strings.Contains(body, c.want) {
			t.Errorf("%s = %d %s, want %d %s", c.path, status, body, c.status, c.want)
		}
	}
}

func TestReturned(t *testing.T) {
	for in, want := range map[string]Result{
		`{"output":"ok"}`: {Text: "ok"},
		`{"error":"no"}`:  {Text: "no", IsError: true},
		`{"other":1}`:     {Text: `{"other":1}`},
		`[]`:              {Text: `[]`},
	} {
		if got := returned([]byte(in)); got != want {
			t.Errorf("%s: %+v", in, got)
		}
	}
}
