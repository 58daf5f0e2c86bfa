package copilot

import (
	"encoding/json"
	"io"
	"strconv"
	"strings"

	"ringwall/internal/agent"
)

const (
	maxDenials = 64
	maxInput   = 200  // bytes of a refused call's input that are kept
	maxCalls   = 1024 // calls without a result that are remembered
	maxID      = 128  // bytes of a call's name
)

// Parse implements agent.Agent for "--output-format json": one event a line,
// the last one of type "result". The stream tells neither tokens nor cost; they
// go to a file only, and the gateway counts them itself.
func (Agent) Parse(r io.Reader) (agent.Result, error) {
	p := parser{calls: map[string]agent.Denial{}}
	skipped, err := agent.Lines(r, p.line)
	p.res.Malformed += skipped
	return p.finish(), err
}

type parser struct {
	res   agent.Result
	calls map[string]agent.Denial // those under way
}

type event struct {
	Type    string          `json:"type"`
	AgentID string          `json:"agentId"` // set: of an agent that the tool started itself
	Data    json.RawMessage `json:"data"`
	Exit    *int            `json:"exitCode"` // result
}

type data struct {
	Content string `json:"content"` // assistant.message

	CallID    string          `json:"toolCallId"` // tool.execution_start, _complete
	Tool      string          `json:"toolName"`
	Arguments json.RawMessage `json:"arguments"`
	Error     struct {
		Code string `json:"code"`
	} `json:"error"`

	Kind    string `json:"errorType"` // session.error
	Message string `json:"message"`
	Status  int    `json:"statusCode"` // model.call_failure too
}

func (p *parser) line(b []byte) {
	var e event
	if err := json.Unmarshal(b, &e); err != nil || e.Type == "" {
		p.res.Malformed++
		return
	}
	var d data
	if len(e.Data) > 0 && json.Unmarshal(e.Data, &d) != nil {
		return // an event of another shape: the ones below have this one
	}
	switch e.Type {
	case "tool.execution_start":
		p.start(d)
	case "tool.execution_complete":
		p.complete(d)
	case "model.call_failure":
		p.limited(d)
	case "result":
		p.result(e)
	}
	if e.AgentID == "" {
		p.main(e.Type, d)
	}
}

// main reads what counts of the main agent only: the text of one that it
// started is no result.
func (p *parser) main(kind string, d data) {
	switch kind {
	case "assistant.turn_start":
		p.res.Turns++
	case "assistant.message":
		if strings.TrimSpace(d.Content) != "" {
			p.res.Text = agent.Tail(d.Content, agent.MaxText)
		}
	case "session.error":
		p.limited(d)
		p.res.Error = agent.Head(strings.TrimSpace(d.Message), 1024)
	}
}

// limited: no event tells when the service takes requests again.
func (p *parser) limited(d data) {
	if d.Status == 429 || d.Kind == "rate_limit" {
		p.res.RateLimit = &agent.RateLimit{Status: "429"}
	}
}

func (p *parser) start(d data) {
	if len(p.calls) < maxCalls && len(d.CallID) <= maxID {
		p.calls[d.CallID] = agent.Denial{Tool: agent.Head(d.Tool, 64), Input: shortInput(d.Arguments)}
	}
}

// complete keeps the refusals. Another failure has another code.
func (p *parser) complete(d data) {
	call := p.calls[d.CallID]
	delete(p.calls, d.CallID)
	if d.Error.Code == "denied" && len(p.res.Denied) < maxDenials {
		p.res.Denied = append(p.res.Denied, call)
	}
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

// result ends a session. A refused tool is no error: the exit code stays 0.
func (p *parser) result(e event) {
	p.res.Complete = e.Exit != nil
	p.res.IsError = e.Exit == nil || *e.Exit != 0
	switch {
	case !p.res.IsError:
		p.res.Error = "" // of a request that was sent again
	case p.res.Error == "" && e.Exit != nil:
		p.res.Error = "exit code " + strconv.Itoa(*e.Exit)
	}
}

// finish says what is wrong with an output that never came to a result.
func (p *parser) finish() agent.Result {
	if !p.res.Complete {
		p.res.IsError = true
		if p.res.Error == "" {
			p.res.Error = "the output ended without a result"
		}
	}
	return p.res
}
