package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

const twoSteps = `{"conversations":[{"when":"fix","steps":[
	{"tool":"Bash","input":{"command":"go test ./..."}},
	{"text":"all is well"}]}]}`

// start serves a script and gives its address and its log.
func start(t *testing.T, script string) (string, *bytes.Buffer) {
	t.Helper()
	s, err := ParseScript([]byte(script), nil)
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	server := httptest.NewServer(NewServer(s, &log))
	t.Cleanup(server.Close)
	return server.URL, &log
}

// post sends a body as a client with that key would.
func post(t *testing.T, url, key, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Api-Key", key)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(answer)
}

// entries reads the log.
func entries(t *testing.T, log *bytes.Buffer) []Entry {
	t.Helper()
	var out []Entry
	lines := bufio.NewScanner(bytes.NewReader(log.Bytes()))
	for lines.Scan() {
		var e Entry
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatal(err)
		}
		out = append(out, e)
	}
	return out
}

const (
	firstTurn  = `{"model":"m","stream":true,"messages":[{"role":"user","content":"please fix it"}]}`
	secondTurn = `{"model":"m","stream":true,"messages":[
		{"role":"user","content":[{"type":"text","text":"please fix it"}]},
		{"role":"assistant","content":[{"type":"tool_use","id":"a","name":"Bash","input":{}}]},
		{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","is_error":true,
			"content":[{"type":"text","text":"no such command"}]}]}]}`
)

// The order is the one that Claude Code needs; another hangs it.
func TestStreamOrder(t *testing.T) {
	url, _ := start(t, twoSteps)
	_, body := post(t, url+"/v1/messages?beta=true", "k", firstTurn)
	var names []string
	for _, line := range strings.Split(body, "\n") {
		if name, found := strings.CutPrefix(line, "event: "); found {
			names = append(names, name)
		}
	}
	want := []string{"message_start", "content_block_start", "content_block_delta",
		"content_block_stop", "message_delta", "message_stop"}
	if !reflect.DeepEqual(names, want) {
		t.Errorf("events = %v, want %v", names, want)
	}
	for _, part := range []string{`"name":"Bash"`, `"partial_json":"{\"command\":\"go test ./...\"}"`,
		`"stop_reason":"tool_use"`} {
		if !strings.Contains(body, part) {
			t.Errorf("the stream has no %s:\n%s", part, body)
		}
	}
}

func TestStepFollowsToolResults(t *testing.T) {
	url, log := start(t, twoSteps)
	_, first := post(t, url+"/v1/messages", "k1", firstTurn)
	_, again := post(t, url+"/v1/messages", "k1", firstTurn)
	_, second := post(t, url+"/v1/messages", "k2", secondTurn)
	if first != again {
		t.Error("the same request sent twice got two answers")
	}
	if !strings.Contains(second, `"text":"all is well"`) || !strings.Contains(second, `"stop_reason":"end_turn"`) {
		t.Errorf("the second step is\n%s", second)
	}
	got := entries(t, log)
	want := []Entry{
		{N: 1, Method: "POST", Path: "/v1/messages", Key: "k1", Status: 200, Tool: "Bash"},
		{N: 2, Method: "POST", Path: "/v1/messages", Key: "k1", Status: 200, Tool: "Bash"},
		{N: 3, Method: "POST", Path: "/v1/messages", Key: "k2", Status: 200, Step: 1,
			Text: "all is well", Result: "no such command", ResultError: true},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("log = %+v\nwant %+v", got, want)
	}
}

func TestWithoutStream(t *testing.T) {
	url, _ := start(t, twoSteps)
	_, body := post(t, url+"/v1/messages", "k", strings.Replace(firstTurn, "true", "false", 1))
	var answer struct {
		Content []struct {
			Type, Name string
			Input      map[string]any
		}
		StopReason string `json:"stop_reason"`
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		t.Fatal(err)
	}
	if len(answer.Content) != 1 || answer.Content[0].Name != "Bash" || answer.StopReason != "tool_use" {
		t.Errorf("answer = %s", body)
	}
}

func TestOtherRequests(t *testing.T) {
	url, log := start(t, twoSteps)
	for _, test := range []struct {
		path, body string
		status     int
	}{
		{"/v1/messages", "nonsense", 400},
		{"/v1/messages", `{"messages":[{"role":"user","content":"something else"}]}`, 400},
		{"/v1/messages", `{"messages":[]}`, 400},
		{"/v1/messages/count_tokens", `{}`, 200},
		{"/v1/complete", `{}`, 404},
	} {
		if status, body := post(t, url+test.path, "k", test.body); status != test.status {
			t.Errorf("POST %s %s = %d %s, want %d", test.path, test.body, status, body, test.status)
		}
	}
	if n := len(entries(t, log)); n != 5 {
		t.Errorf("%d requests were logged, want 5", n)
	}
	res, err := http.Head(url + "/")
	if err != nil || res.StatusCode != http.StatusOK {
		t.Errorf("HEAD / = %v, %v", res, err)
	}
}

func TestListensOnLoopbackOnly(t *testing.T) {
	for _, address := range []string{"0.0.0.0:0", ":0", "[::]:0", "example.com:80", "nonsense"} {
		if l, err := listenLoopback(address); err == nil {
			l.Close()
			t.Errorf("listens on %s", address)
		}
	}
	l, err := listenLoopback("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
}

// TestServe runs the whole: files, flags' values, and an end when asked.
func TestServe(t *testing.T) {
	dir := t.TempDir()
	script, log := filepath.Join(dir, "script.json"), filepath.Join(dir, "log")
	if err := os.WriteFile(script, []byte(twoSteps), 0o600); err != nil {
		t.Fatal(err)
	}
	handler, err := newHandler(script, log, nil)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := listenLoopback("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, listener, handler) }()
	post(t, "http://"+listener.Addr().String()+"/v1/messages", "the-key", firstTurn)
	stop()
	if err := <-ended; err != nil {
		t.Errorf("serve: %v", err)
	}
	if data, err := os.ReadFile(log); err != nil || !bytes.Contains(data, []byte("the-key")) {
		t.Errorf("the log is %q, %v", data, err)
	}
}
