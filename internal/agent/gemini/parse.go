package gemini

import (
	"encoding/json"
	"io"
	"strings"
	"time"

	"ringwall/internal/agent"
)

const (
	maxDenials = 64
	maxInput   = 200 // bytes of a refused call's input that are kept
	maxCalls   = 256 // calls that wait for their result
)

// Parse implements agent.Agent for "--output-format stream-json": one JSON
// object a line, the last one of type "result". It tells tokens and no cost, and
// neither turns nor the tries that the service refused. The last result wins.
func (Agent) Parse(r io.Reader) (agent.Result, error) {
	p := parser{calls: map[string]call{}}
	skipped, err := agent.Lines(r, p.line)
	p.res.Malformed += skipped
	return p.finish(), err
}

type parser struct {
	res   agent.Result
	said  []byte // by the model since its last call; its end, at most twice what is kept
	calls map[string]call
}

type call struct{ tool, input string }

type event struct {
	Type string    `json:"type"`
	Time time.Time `json:"timestamp"`

	Role    string `json:"role"` // message
	Content string `json:"content"`
	Delta   bool   `json:"delta"` // it goes on where the one before ended

	Tool  string          `json:"tool_name"` // tool_use
	ID    string          `json:"tool_id"`   // and tool_result
	Input json.RawMessage `json:"parameters"`

	Status string `json:"status"` // tool_result and result
	Error  *struct {
		Type    string `json:"type"`
		Message string `json:"message"`
	} `json:"error"`

	Severity string `json:"severity"` // error
	Message  string `json:"message"`

	Stats *struct { // result
		Input  int64 `json:"input_tokens"` // those from a cache included
		Output int64 `json:"output_tokens"`
		Cached int64 `json:"cached"`
	} `json:"stats"`
}

func (p *parser) line(b []byte) {
	var e event
	if err := json.Unmarshal(b, &e); err != nil || e.Type == "" {
		p.res.Malformed++
		return
	}
	switch e.Type {
	case "message":
		p.message(e)
	case "tool_use":
		p.use(e)
	case "tool_result":
		p.returned(e)
	case "error":
		p.trouble(e)
	case "result":
		p.result(e)
	}
}

// message keeps what the model said last: its answer comes in pieces.
func (p *parser) message(e event) {
	if e.Role != "assistant" {
		return
	}
	if !e.Delta {
		p.said = p.said[:0]
	}
	p.said = append(p.said, e.Content...)
	if over := len(p.said) - agent.MaxText; over > agent.MaxText {
		p.said = append(p.said[:0], p.said[over:]...)
	}
}

func (p *parser) text() string { return agent.Tail(string(p.said), agent.MaxText) }

// use remembers a call until its result. What was said before it is no end.
func (p *parser) use(e event) {
	p.said = p.said[:0]
	if len(p.calls) < maxCalls {
		p.calls[agent.Head(e.ID, 256)] = call{agent.Head(e.Tool, 64), shortInput(e.Input)}
	}
}

// returned notes a call that the tool's own permissions refused.
func (p *parser) returned(e event) {
	id := agent.Head(e.ID, 256)
	c := p.calls[id]
	delete(p.calls, id)
	if e.refused() && len(p.res.Denied) < maxDenials {
		p.res.Denied = append(p.res.Denied, agent.Denial{Tool: c.tool, Input: c.input})
	}
}

// refused tells whether a call failed for want of a permission. One of a tool
// that is not there counts: the rules are why it is not. So does a file that the
// tool keeps from its model whatever the rules say, outside the project or
// ".env", which comes under a name that stands for any wrong argument.
func (e event) refused() bool {
	if e.Error == nil {
		return false
	}
	switch e.Error.Type {
	case "policy_violation", "tool_not_registered", "path_not_in_workspace":
		return true
	}
	return e.Error.Type == "invalid_tool_params" && strings.HasPrefix(e.Error.Message, "Path not in workspace")
}

// trouble is an error that did not end the run at once; the result after it says
// "error" and not why.
func (p *parser) trouble(e event) {
	if e.Severity == "error" {
		p.res.Error = agent.Head(e.Message, maxError)
	}
}

// finish says what is wrong with an output that never came to a result.
func (p *parser) finish() agent.Result {
	if !p.res.Complete {
		p.res.Text, p.res.IsError = p.text(), true
		p.res.Error = firstOf(p.res.Error, "the output ended without a result")
	}
	if !p.res.IsError {
		p.res.Error = ""
	}
	return p.res
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if strings.TrimSpace(t) != "" {
			return t
		}
	}
	return ""
}
