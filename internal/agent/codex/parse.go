package codex

import (
	"encoding/json"
	"io"
	"strings"

	"ringwall/internal/agent"
)

const (
	maxDenials = 64
	maxInput   = 200 // bytes of a refused call's input that are kept
	maxError   = 1024
)

// Parse implements agent.Agent for "exec --json": one JSON object a line. Codex
// tells tokens and no cost. Commands that ran can be missing in it, and refused
// ones always are: Refused reads those.
func (Agent) Parse(r io.Reader) (agent.Result, error) {
	p := parser{}
	skipped, err := agent.Lines(r, p.line)
	p.res.Malformed += skipped
	return p.finish(), err
}

type parser struct {
	res  agent.Result
	last string // the latest error
}

type message struct {
	Type    string `json:"type"`
	Message string `json:"message"` // error
	Error   struct {
		Message string `json:"message"`
	} `json:"error"` // turn.failed
	Usage *struct {
		Input  int64 `json:"input_tokens"`
		Cached int64 `json:"cached_input_tokens"`
		Output int64 `json:"output_tokens"`
	} `json:"usage"` // turn.completed
	Item struct {
		Type    string `json:"type"`
		Text    string `json:"text"`    // agent_message
		Command string `json:"command"` // command_execution
		Status  string `json:"status"`  // command_execution, file_change
		Changes []struct {
			Path string `json:"path"`
		} `json:"changes"` // file_change
	} `json:"item"` // item.completed
}

func (p *parser) line(b []byte) {
	var m message
	if err := json.Unmarshal(b, &m); err != nil || m.Type == "" {
		p.res.Malformed++
		return
	}
	switch m.Type {
	case "item.completed":
		p.item(m)
	case "error":
		p.trouble(m.Message)
	case "turn.completed":
		p.completed(m)
	case "turn.failed":
		p.trouble(m.Error.Message)
		p.res.Complete, p.res.IsError = true, true
	}
}

// item keeps the latest message, which is the final result, and what was
// declined. A message of another kind of error, such as a setting that does not
// count, ends nothing.
func (p *parser) item(m message) {
	switch i := m.Item; {
	case i.Type == "agent_message":
		p.res.Text = agent.Tail(i.Text, agent.MaxText)
	case i.Status == "declined" && len(p.res.Denied) < maxDenials:
		input := i.Command
		if len(i.Changes) > 0 {
			input = i.Changes[0].Path
		}
		p.res.Denied = append(p.res.Denied, agent.Denial{Tool: agent.Head(i.Type, 64), Input: agent.Head(input, maxInput)})
	}
}

// completed takes the tokens of the turn, which add up what its calls took. A
// number below zero is not a number of tokens.
func (p *parser) completed(m message) {
	p.res.Complete, p.res.IsError = true, false
	p.res.Turns++
	if u := m.Usage; u != nil && u.Input >= 0 && u.Cached >= 0 && u.Output >= 0 {
		p.res.Tokens = &agent.Tokens{Input: u.Input, Cached: u.Cached, Output: u.Output}
	}
}

// trouble is an error that may pass ("Reconnecting... 1/5 (...)") or end the
// turn. The end of a subscription's limit is told as a time of the day without
// its zone, so it is not taken for one.
func (p *parser) trouble(text string) {
	p.last = agent.Head(text, maxError)
	switch {
	case strings.Contains(text, "status: 429"), strings.Contains(text, "status 429"):
		p.res.RateLimit = &agent.RateLimit{Status: "429"}
	case strings.Contains(text, "hit your usage limit"):
		p.res.RateLimit = &agent.RateLimit{Status: "usage limit"}
	}
}

// finish says what is wrong with an output that never came to a result.
func (p *parser) finish() agent.Result {
	if !p.res.Complete {
		p.res.IsError = true
	}
	if p.res.IsError {
		p.res.Error = p.last
		if strings.TrimSpace(p.last) == "" {
			p.res.Error = "the output ended without a result"
		}
	}
	return p.res
}
