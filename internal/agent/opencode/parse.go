package opencode

import (
	"encoding/json"
	"io"
	"math"
	"strings"

	"ringwall/internal/agent"
)

const (
	maxDenials = 64
	maxInput   = 200  // bytes of a refused call's input that are kept
	maxError   = 1024 // bytes of an error that are kept
)

// Parse implements agent.Agent for "--format json": one JSON object a line.
// There is no last one that sums up: the result is the text of the last answer
// of the model, and the run came to its end if that answer did not call a tool.
// What of it is printed between the lines is counted and skipped. A rate limit
// that opencode sat out by itself is not told.
func (Agent) Parse(r io.Reader) (agent.Result, error) {
	p := parser{}
	skipped, err := agent.Lines(r, p.line)
	p.res.Malformed += skipped
	return p.finish(), err
}

type parser struct {
	res    agent.Result
	answer string // the message that text belongs to
	text   string
	reason string // why the latest answer ended
	cost   float64
	priced bool // a cost was told
	tokens agent.Tokens
	failed bool
}

// event is one line.
type event struct {
	Type  string  `json:"type"`
	Part  part    `json:"part"`
	Error failure `json:"error"`
}

// part is what came of the model or of a tool.
type part struct {
	Message string `json:"messageID"`
	Text    string `json:"text"`

	Tool  string    `json:"tool"`
	State callState `json:"state"`

	Reason string   `json:"reason"` // step_finish
	Cost   *float64 `json:"cost"`   // in US dollars, of this step
	Tokens *struct {
		Input     float64 `json:"input"`  // without those from or for a cache
		Output    float64 `json:"output"` // without reasoning
		Reasoning float64 `json:"reasoning"`
		Cache     struct {
			Read  float64 `json:"read"`
			Write float64 `json:"write"`
		} `json:"cache"`
	} `json:"tokens"`
}

func (p *parser) line(b []byte) {
	var e event
	if err := json.Unmarshal(b, &e); err != nil || e.Type == "" {
		p.res.Malformed++
		return
	}
	switch e.Type {
	case "text":
		p.say(e.Part)
	case "tool_use":
		p.tool(e.Part)
	case "step_finish":
		p.step(e.Part)
	case "error":
		p.fail(e.Error)
	}
}

// say keeps the text of the latest answer, which may come in pieces.
func (p *parser) say(t part) {
	if t.Message != p.answer {
		p.answer, p.text = t.Message, ""
	}
	if p.text != "" {
		p.text += "\n"
	}
	p.text = agent.Tail(p.text+t.Text, agent.MaxText)
}

// step sums up what one answer took. A model whose price is not known costs
// zero in opencode's words; that is unknown. A later answer takes back an error
// that was tried again.
func (p *parser) step(t part) {
	p.res.Turns++
	p.reason, p.failed = t.Reason, false
	if t.Cost != nil && *t.Cost > 0 && !math.IsInf(p.cost+*t.Cost, 0) {
		p.cost, p.priced = p.cost+*t.Cost, true
	}
	if k := t.Tokens; k != nil {
		p.tokens.Input = add(p.tokens.Input, k.Input, k.Cache.Read, k.Cache.Write)
		p.tokens.Cached = add(p.tokens.Cached, k.Cache.Read)
		p.tokens.Output = add(p.tokens.Output, k.Output, k.Reasoning)
		p.res.Tokens = &p.tokens
	}
}

// add counts up, and leaves out what no count can be.
func add(sum int64, counts ...float64) int64 {
	for _, c := range counts {
		if c > 0 && c < 1<<40 && sum < 1<<60 {
			sum += int64(c)
		}
	}
	return sum
}

// finish says what is wrong with an output that never came to a result.
func (p *parser) finish() agent.Result {
	p.res.Text = p.text
	if p.priced {
		p.res.CostUSD = &p.cost
	}
	p.res.Complete = p.reason == "stop" && !p.failed
	if p.res.Complete {
		p.res.IsError, p.res.Error = false, ""
		return p.res
	}
	p.res.IsError = true
	if p.res.Error == "" {
		p.res.Error = p.unfinished()
	}
	return p.res
}

// unfinished names the reason for which the last answer ended.
func (p *parser) unfinished() string {
	if p.reason == "" || strings.HasPrefix(p.reason, "tool") {
		return "the output ended without a result"
	}
	return agent.Head("the model's last answer ended early: "+p.reason, maxError)
}
