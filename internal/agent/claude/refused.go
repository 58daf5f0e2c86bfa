package claude

import (
	"encoding/json"
	"strings"

	"ringwall/internal/agent"
)

// A call that an Edit rule refuses fails before it is judged, as one with wrong
// arguments does: version 2.1.197 leaves it out of permission_denials. What
// tells of it is the error that the model gets.

const (
	// deniedPath is the error's wording, between the marks of a tool's error.
	deniedPath = "denied by your permission settings"
	toolError  = "<tool_use_error>"
	// maxCalls bounds the calls whose results are awaited: a message has few.
	maxCalls = 64
)

// refusal is a call that was refused.
type refusal struct {
	call string
	agent.Denial
}

// content is one piece of a message.
type content struct {
	Type string `json:"type"`
	Text string `json:"text"`

	ID    string          `json:"id"` // tool_use
	Name  string          `json:"name"`
	Input json.RawMessage `json:"input"`

	Call    string          `json:"tool_use_id"` // tool_result
	IsError bool            `json:"is_error"`
	Content json.RawMessage `json:"content"`
}

func contents(raw json.RawMessage) []content {
	var body struct {
		Content []content `json:"content"`
	}
	if json.Unmarshal(raw, &body) != nil {
		return nil
	}
	return body.Content
}

// called remembers a call until its result comes. One too many is forgotten:
// the count of denials is then too small, as any claim may be.
func (p *parser) called(c content) {
	if p.calls == nil {
		p.calls = map[string]agent.Denial{}
	}
	if len(p.calls) < maxCalls && len(c.ID) <= 128 {
		p.calls[c.ID] = agent.Denial{Tool: agent.Head(c.Name, 64), Input: shortInput(c.Input)}
	}
}

// results looks for calls that an Edit or Read rule refused.
func (p *parser) results(m message) {
	for _, c := range contents(m.Message) {
		d, known := p.calls[c.Call]
		if c.Type != "tool_result" || !known {
			continue
		}
		delete(p.calls, c.Call)
		var text string
		if !c.IsError || json.Unmarshal(c.Content, &text) != nil || len(p.refused) >= maxDenials {
			continue
		}
		if strings.HasPrefix(text, toolError) && strings.Contains(text, deniedPath) {
			p.refused = append(p.refused, refusal{c.Call, d})
		}
	}
}
