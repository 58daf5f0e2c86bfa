package main

import (
	"encoding/json"
	"strings"
)

// request is the part of a Messages API request that the stand-in looks at.
type request struct {
	Model    string    `json:"model"`
	Stream   bool      `json:"stream"`
	Messages []message `json:"messages"`
}

// message is one turn. Its content is a string or a list of blocks.
type message struct {
	Role    string `json:"role"`
	Content blocks `json:"content"`
}

// blocks is the content of a message or of a tool's result.
type blocks []block

// block is one piece of content.
type block struct {
	Type    string `json:"type"`
	Text    string `json:"text"`
	Content blocks `json:"content"` // of a tool_result
	IsError bool   `json:"is_error"`
}

// UnmarshalJSON accepts both forms: a plain string and a list of blocks.
func (b *blocks) UnmarshalJSON(data []byte) error {
	var text string
	if json.Unmarshal(data, &text) == nil {
		*b = blocks{{Type: "text", Text: text}}
		return nil
	}
	var list []block
	if err := json.Unmarshal(data, &list); err != nil {
		return err
	}
	*b = list
	return nil
}

// text joins the text blocks.
func (b blocks) text() string {
	var parts []string
	for _, x := range b {
		if x.Type == "text" {
			parts = append(parts, x.Text)
		}
	}
	return strings.Join(parts, "\n")
}

// prompt is the text of the first message.
func (r request) prompt() string {
	if len(r.Messages) == 0 {
		return ""
	}
	return r.Messages[0].Content.text()
}

// results lists the results of tools, oldest first. Their number is the index
// of the next step: the stand-in keeps no state, so a request that a client
// sends again gets the same answer again.
func (r request) results() []block {
	var out []block
	for _, m := range r.Messages {
		for _, b := range m.Content {
			if b.Type == "tool_result" {
				out = append(out, b)
			}
		}
	}
	return out
}
