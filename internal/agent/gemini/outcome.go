package gemini

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"ringwall/internal/agent"
)

const maxError = 1024

func (p *parser) result(e event) {
	p.res.Complete = true
	p.res.Text = p.text()
	p.res.IsError = e.Status != "success"
	p.res.Tokens = nil
	if s := e.Stats; s != nil && s.Input >= 0 && s.Output >= 0 && s.Cached >= 0 && s.Input+s.Output > 0 {
		p.res.Tokens = &agent.Tokens{Input: s.Input, Cached: s.Cached, Output: s.Output}
	}
	if !p.res.IsError {
		p.res.RateLimit = nil
		return
	}
	if e.Error != nil {
		p.res.Error = firstOf(agent.Head(e.Error.Message, maxError), agent.Head(e.Error.Type, maxError))
	}
	p.res.Error = firstOf(p.res.Error, "unknown error")
	p.res.RateLimit = rateLimit(e)
}

// rateLimit reads the only sign of one that the tool gives: its own words. They
// stand in an error whose type is "unknown".
func rateLimit(e event) *agent.RateLimit {
	if e.Error == nil {
		return nil
	}
	limited := strings.Contains(e.Error.Message, "To increase your limits, request a quota increase") ||
		strings.Contains(e.Error.Message, "RESOURCE_EXHAUSTED") ||
		strings.Contains(e.Error.Message, "exhausted your")
	if !limited {
		return nil
	}
	rl := &agent.RateLimit{Status: "429"}
	if wait, ok := waiting(e.Error.Message); ok && !e.Time.IsZero() {
		rl.Resets = e.Time.Add(wait).UTC()
	}
	return rl
}

// longest is the longest wait that is believed.
const longest = 31 * 24 * time.Hour

var retryAfter = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?:retry after|retry in) ([0-9]{1,8}(?:\.[0-9]{1,9})?)(ms|s)\b`)
})

// waiting is the time after which the service wants to be asked again.
func waiting(message string) (time.Duration, bool) {
	m := retryAfter().FindStringSubmatch(message)
	if m == nil {
		return 0, false
	}
	n, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		return 0, false
	}
	unit := time.Second
	if m[2] == "ms" {
		unit = time.Millisecond
	}
	wait := time.Duration(n * float64(unit))
	return wait, wait <= longest
}

// shortInput picks what tells a person most about a call.
func shortInput(raw json.RawMessage) string {
	var in struct {
		Command string `json:"command"`
		Path    string `json:"file_path"`
		URL     string `json:"url"`
		Query   string `json:"query"`
	}
	if json.Unmarshal(raw, &in) != nil {
		return agent.Head(string(raw), maxInput)
	}
	return agent.Head(firstOf(in.Command, in.Path, in.URL, in.Query, string(raw)), maxInput)
}
