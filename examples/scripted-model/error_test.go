package main

import (
	"net/http"
	"strings"
	"testing"
)

const limited = `{"conversations":[{"steps":[
	{"tool":"Bash","usage":{"input":700,"output":50}},
	{"status":429,"header":{"Retry-After":"7"}},
	{"status":529,"times":2,"body":{"busy":true}},
	{"text":"done"}]}]}`

// The errors come in their place, as often as they say, and then never again.
func TestErrorsComeInTheirPlace(t *testing.T) {
	url, log := start(t, limited)
	for i, want := range []struct {
		turn   string
		status int
		body   string
	}{
		{firstTurn, 200, `"name":"Bash"`},
		{secondTurn, 429, `"rate_limit_error"`},
		{secondTurn, 529, `{"busy":true}`},
		{firstTurn, 200, `"name":"Bash"`}, // another conversation meanwhile
		{secondTurn, 529, `{"busy":true}`},
		{secondTurn, 200, `"text":"done"`},
		{secondTurn, 200, `"text":"done"`},
	} {
		status, body := post(t, url+"/v1/messages", "k", want.turn)
		if status != want.status || !strings.Contains(body, want.body) {
			t.Errorf("request %d = %d %s, want %d %s", i+1, status, body, want.status, want.body)
		}
	}
	if got := entries(t, log); got[1].Status != 429 || got[1].Step != 1 || got[1].Result != "no such command" {
		t.Errorf("the error is logged as %+v", got[1])
	}
}

func TestErrorHasItsHeader(t *testing.T) {
	url, _ := start(t, `{"conversations":[{"steps":[{"status":429,"header":{"Retry-After":"7"}},{"text":"x"}]}]}`)
	res, err := http.Post(url+"/v1/messages", "application/json", strings.NewReader(firstTurn))
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if got := res.Header.Get("Retry-After"); got != "7" {
		t.Errorf("Retry-After = %q", got)
	}
}

func TestUsageOfAStep(t *testing.T) {
	url, _ := start(t, limited)
	for _, turn := range []string{firstTurn, strings.Replace(firstTurn, "true", "false", 1)} {
		_, body := post(t, url+"/v1/messages", "k", turn)
		if !strings.Contains(body, `"input_tokens":700`) || !strings.Contains(body, `"output_tokens":50`) {
			t.Errorf("the usage is not the step's:\n%s", body)
		}
	}
}

// The key is found wherever a client puts it.
func TestLogHasEachFormOfKey(t *testing.T) {
	url, log := start(t, twoSteps)
	for _, name := range []string{"X-Api-Key", "Authorization", "X-Goog-Api-Key"} {
		req, err := http.NewRequest(http.MethodPost, url+"/v1/messages", strings.NewReader(firstTurn))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set(name, "key in "+name)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
	}
	got := entries(t, log)
	if got[0].Key != "key in X-Api-Key" || got[1].Authorization != "key in Authorization" ||
		got[2].GoogleKey != "key in X-Goog-Api-Key" {
		t.Errorf("log = %+v", got)
	}
}
