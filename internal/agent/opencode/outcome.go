package opencode

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"ringwall/internal/agent"
)

// callState is how a tool call ended.
type callState struct {
	Status string          `json:"status"`
	Input  json.RawMessage `json:"input"`
	Error  string          `json:"error"`
}

// input is what tells a person most about a call.
type input struct {
	Command string `json:"command"`
	Path    string `json:"filePath"`
	URL     string `json:"url"`
	Pattern string `json:"pattern"`

	Tool  string `json:"tool"` // of "invalid", which stands in for a call that could not be made
	Error string `json:"error"`
}

// tool keeps the calls that permissions refused: by a rule, because nobody was
// there to ask, or because a tool that is denied whole is not there at all.
func (p *parser) tool(t part) {
	var in input
	if json.Unmarshal(t.State.Input, &in) != nil {
		in = input{}
	}
	name, text := t.Tool, firstOf(in.Command, in.Path, in.URL, in.Pattern, string(t.State.Input))
	switch {
	case name == "invalid" && missing(in.Error):
		name, text = in.Tool, "" // what it was called with is not told
	case t.State.Status == "error" && refused(t.State.Error):
	default:
		return
	}
	if len(p.res.Denied) < maxDenials {
		p.res.Denied = append(p.res.Denied, agent.Denial{Tool: agent.Head(name, 64), Input: agent.Head(text, maxInput)})
	}
}

// refused knows the beginnings of opencode's own sentences.
func refused(text string) bool {
	return missing(text) ||
		strings.HasPrefix(text, "The user has specified a rule which prevents you") ||
		strings.HasPrefix(text, "The user rejected permission to use this")
}

func missing(text string) bool {
	return strings.HasPrefix(text, "Model tried to call unavailable tool")
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if strings.TrimSpace(t) != "" {
			return t
		}
	}
	return ""
}

// failure is what an error event tells.
type failure struct {
	Name string `json:"name"`
	Data struct {
		Message string         `json:"message"`
		Status  int            `json:"statusCode"`
		Headers map[string]any `json:"responseHeaders"`
	} `json:"data"`
}

// fail keeps the first error, which is the cause of those that follow.
func (p *parser) fail(f failure) {
	if !p.failed {
		p.res.Error = agent.Head(firstOf(f.Data.Message, httpError(f.Data.Status), f.Name, "unknown error"), maxError)
	}
	p.failed = true
	if f.Data.Status == http.StatusTooManyRequests {
		p.res.RateLimit = &agent.RateLimit{Status: "429", Resets: resets(f.Data.Headers)}
	}
}

func httpError(status int) string {
	if status == 0 {
		return ""
	}
	return "the service answered " + strconv.Itoa(status)
}

// resets is when the service takes requests again: its own clock and the wait
// that it asks for, because an output is read at any time. Zero: not told.
func resets(headers map[string]any) time.Time {
	after, _ := headers["retry-after"].(string)
	date, _ := headers["date"].(string)
	if at, err := http.ParseTime(after); err == nil {
		return at.UTC()
	}
	seconds, err := strconv.ParseFloat(after, 64)
	now, dated := http.ParseTime(date)
	if err != nil || dated != nil || !(seconds >= 0 && seconds < 1<<31) {
		return time.Time{}
	}
	return now.UTC().Add(time.Duration(seconds * float64(time.Second)))
}
