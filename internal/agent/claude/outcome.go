package claude

import (
	"encoding/json"
	"strconv"
	"strings"

	"ringwall/internal/agent"
)

func (p *parser) result(m message) {
	p.res.Complete = true
	p.res.Text = agent.Tail(m.Result, agent.MaxText)
	p.res.Turns = max(m.Turns, 0)
	p.res.CostUSD = nil
	if m.Cost != nil && *m.Cost >= 0 {
		p.res.CostUSD = m.Cost
	}
	p.res.Denied = p.denials(m.Denials)
	p.failure(m)
	if p.res.Text == "" && !p.res.IsError {
		p.res.Text = p.last
	}
}

// failure reads both signs of an error: an API error comes with subtype
// "success" and is_error, a cap that was hit comes with another subtype.
func (p *parser) failure(m message) {
	p.res.IsError = m.IsError || (m.Subtype != "" && m.Subtype != "success")
	p.res.Error = ""
	if !p.res.IsError {
		return
	}
	status := strings.Trim(string(m.APIStatus), `"`)
	if _, err := strconv.Atoi(status); err != nil {
		status = ""
	}
	if status == "429" && p.res.RateLimit == nil {
		p.res.RateLimit = &agent.RateLimit{Status: status}
	}
	p.res.Error = agent.Head(firstOf(firstError(m.Errors), m.Result, httpError(status), m.Subtype, "unknown error"), 1024)
}

func httpError(status string) string {
	if status == "" {
		return ""
	}
	return "the service answered " + status
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if strings.TrimSpace(t) != "" {
			return t
		}
	}
	return ""
}

// firstError reads the first of a list of texts, or of objects as they are.
func firstError(raw json.RawMessage) string {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil || len(list) == 0 {
		return ""
	}
	var text string
	if json.Unmarshal(list[0], &text) == nil {
		return text
	}
	return string(list[0])
}

// denials joins those that the result lists to those that only their own
// results told of.
func (p *parser) denials(raw json.RawMessage) []agent.Denial {
	var list []struct {
		Call  string          `json:"tool_use_id"`
		Tool  string          `json:"tool_name"`
		Input json.RawMessage `json:"tool_input"`
	}
	if json.Unmarshal(raw, &list) != nil {
		list = nil
	}
	var out []agent.Denial
	listed := map[string]bool{}
	for _, d := range list[:min(len(list), maxDenials)] {
		listed[d.Call] = true
		out = append(out, agent.Denial{Tool: agent.Head(d.Tool, 64), Input: shortInput(d.Input)})
	}
	for _, r := range p.refused {
		if !listed[r.call] && len(out) < maxDenials {
			out = append(out, r.Denial)
		}
	}
	return out
}

// shortInput picks what tells a person most about a call.
func shortInput(raw json.RawMessage) string {
	var in struct {
		Command string `json:"command"`
		Path    string `json:"file_path"`
		URL     string `json:"url"`
	}
	if json.Unmarshal(raw, &in) != nil {
		return agent.Head(string(raw), maxInput)
	}
	return agent.Head(firstOf(in.Command, in.Path, in.URL, string(raw)), maxInput)
}
