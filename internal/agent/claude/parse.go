package claude

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
)

// Parse implements agent.Agent for "--output-format stream-json": one JSON
// object a line, the last one of type "result". Other output between the lines
// (a hook's, a child's, or a rate limit event written into the middle of a
// line, claude-code#49640) is counted and skipped. The last result wins.
func (Agent) Parse(r io.Reader) (agent.Result, error) {
	p := parser{}
	skipped, err := agent.Lines(r, p.line)
	p.res.Malformed += skipped
	return p.finish(), err
}

type parser struct {
	res  agent.Result
	last string // text of the latest assistant message

	calls   map[string]agent.Denial // those without a result yet, by their ID
	refused []refusal               // by their results
}

type message struct {
	Type    string `json:"type"`
	Subtype string `json:"subtype"`

	Mode string `json:"permissionMode"` // system/init

	ErrorStatus int `json:"error_status"` // system/api_retry

	Message json.RawMessage `json:"message"` // assistant, user

	RateLimit *struct { // rate_limit_event
		Status   string  `json:"status"`
		ResetsAt float64 `json:"resetsAt"` // seconds since 1970
	} `json:"rate_limit_info"`

	Result    string          `json:"result"` // result
	IsError   bool            `json:"is_error"`
	Turns     int             `json:"num_turns"`
	Cost      *float64        `json:"total_cost_usd"`
	Denials   json.RawMessage `json:"permission_denials"`
	Errors    json.RawMessage `json:"errors"`
	APIStatus json.RawMessage `json:"api_error_status"`
}

func (p *parser) line(b []byte) {
	var m message
	if err := json.Unmarshal(b, &m); err != nil || m.Type == "" {
		p.res.Malformed++
		return
	}
	switch m.Type {
	case "system":
		p.system(m)
	case "assistant":
		p.assistant(m)
	case "user":
		p.results(m)
	case "rate_limit_event":
		p.rateLimit(m)
	case "result":
		p.result(m)
	}
}

func (p *parser) system(m message) {
	switch m.Subtype {
	case "init":
		p.res.Mode = agent.Head(m.Mode, 64)
	case "api_retry":
		if m.ErrorStatus == 429 && p.res.RateLimit == nil {
			p.res.RateLimit = &agent.RateLimit{Status: "429"}
		}
	}
}

// assistant keeps the latest text, which stands in where the result is empty
// although the model answered (claude-code#38673).
func (p *parser) assistant(m message) {
	for _, c := range contents(m.Message) {
		switch {
		case c.Type == "tool_use":
			p.called(c)
		case c.Type == "text" && strings.TrimSpace(c.Text) != "":
			p.last = agent.Tail(c.Text, agent.MaxText)
		}
	}
}

// rateLimit keeps refusals only: an event with status "allowed" or
// "allowed_warning" comes with nearly every session and means nothing.
func (p *parser) rateLimit(m message) {
	if m.RateLimit == nil || m.RateLimit.Status != "rejected" {
		return
	}
	rl := &agent.RateLimit{Status: m.RateLimit.Status}
	if s := m.RateLimit.ResetsAt; s > 0 && s < 1<<40 {
		rl.Resets = time.Unix(int64(s), 0).UTC()
	}
	p.res.RateLimit = rl
}

// finish says what is wrong with an output that never came to a result.
func (p *parser) finish() agent.Result {
	if !p.res.Complete {
		p.res.Text, p.res.IsError, p.res.Denied = p.last, true, p.denials(nil)
		p.res.Error = "the output ended without a result"
	}
	return p.res
}
