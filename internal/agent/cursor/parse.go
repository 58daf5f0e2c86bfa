package cursor

import (
	"encoding/json"
	"io"
	"slices"
	"strings"

	"ringwall/internal/agent"
)

const (
	maxDenials = 64
	maxInput   = 200 // bytes of a refused call's input that are kept
)

// Parse implements agent.Agent for "--output-format stream-json" as it is
// documented: one JSON object a line, the last one of type "result" where all
// went well; otherwise there is none, and the reason goes to standard error. It
// was checked against the documentation's examples only. Tokens and cost are
// not told. That a refused call ends in "rejected" or "permissionDenied" is not
// documented; other public readers of the stream expect it.
func (Agent) Parse(r io.Reader) (agent.Result, error) {
	p := parser{}
	skipped, err := agent.Lines(r, p.line)
	p.res.Malformed += skipped
	if !p.res.Complete {
		p.res.Text, p.res.IsError, p.res.Error = p.last, true, "the output ended without a result"
	}
	return p.res, err
}

type parser struct {
	res  agent.Result
	last string // text of the latest assistant message
}

type message struct {
	Type    string          `json:"type"`
	Subtype string          `json:"subtype"`
	Mode    string          `json:"permissionMode"` // system/init
	Message json.RawMessage `json:"message"`        // assistant
	Call    json.RawMessage `json:"tool_call"`      // tool_call/completed
	Result  string          `json:"result"`         // result
	IsError bool            `json:"is_error"`
}

func (p *parser) line(b []byte) {
	var m message
	if err := json.Unmarshal(b, &m); err != nil || m.Type == "" {
		p.res.Malformed++
		return
	}
	switch {
	case m.Type == "system" && m.Subtype == "init":
		p.res.Mode = agent.Head(m.Mode, 64)
	case m.Type == "assistant":
		p.assistant(m.Message)
	case m.Type == "tool_call" && m.Subtype == "completed":
		p.completed(m.Call)
	case m.Type == "result":
		p.result(m)
	}
}

func (p *parser) assistant(raw json.RawMessage) {
	var body struct {
		Content []struct {
			Type string `json:"type"`
			Text string `json:"text"`
		} `json:"content"`
	}
	_ = json.Unmarshal(raw, &body) // a message of another shape has no text
	for _, c := range body.Content {
		if c.Type == "text" && strings.TrimSpace(c.Text) != "" {
			p.last = agent.Tail(c.Text, agent.MaxText)
		}
	}
}

// completed reads one object that is named after the tool:
// {"shellToolCall": {"args": {...}, "result": {"success": {...}}}}.
func (p *parser) completed(raw json.RawMessage) {
	var call map[string]struct {
		Args   json.RawMessage            `json:"args"`
		Result map[string]json.RawMessage `json:"result"`
	}
	if json.Unmarshal(raw, &call) != nil {
		return
	}
	for _, name := range sorted(call) {
		c := call[name]
		_, rejected := c.Result["rejected"]
		_, denied := c.Result["permissionDenied"]
		if (rejected || denied) && len(p.res.Denied) < maxDenials {
			tool := agent.Head(strings.TrimSuffix(name, "ToolCall"), 64)
			p.res.Denied = append(p.res.Denied, agent.Denial{Tool: tool, Input: shortInput(c.Args)})
		}
	}
}

func sorted[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// shortInput picks what tells a person most about a call.
func shortInput(raw json.RawMessage) string {
	var in struct {
		Command string `json:"command"`
		Path    string `json:"path"`
		URL     string `json:"url"`
	}
	_ = json.Unmarshal(raw, &in) // arguments of another shape stand as they are
	for _, s := range []string{in.Command, in.Path, in.URL} {
		if s != "" {
			return agent.Head(s, maxInput)
		}
	}
	return agent.Head(string(raw), maxInput)
}

// result: the text is all that was said. The last one wins.
func (p *parser) result(m message) {
	p.res.Complete = true
	p.res.Text = agent.Tail(m.Result, agent.MaxText)
	p.res.IsError = m.IsError || (m.Subtype != "" && m.Subtype != "success")
	p.res.Error = ""
	if p.res.IsError {
		p.res.Error = "unknown error"
		if text := strings.TrimSpace(m.Result); text != "" {
			p.res.Error = agent.Head(text, 1024)
		}
	}
	if p.res.Text == "" && !p.res.IsError {
		p.res.Text = p.last
	}
}
