package main

import (
	"encoding/json"
	"net/http"
	"strings"
)

// messagesAPI is the Anthropic Messages API, which Claude Code speaks.
func messagesAPI() API {
	return API{
		Routes: []string{"POST /v1/messages"},
		Read:   readMessages,
		Write:  writeMessage,
		Error:  messageError,
		// Any number will do: nothing is charged.
		Fixed: map[string]any{"POST /v1/messages/count_tokens": map[string]int{"input_tokens": 1}},
	}
}

// readMessages reads one request of the Messages API.
func readMessages(r *http.Request) (Turn, error) {
	var req request
	if err := json.NewDecoder(r.Body).Decode(&req); err != nil {
		return Turn{}, err
	}
	return Turn{Model: req.Model, Stream: req.Stream, Prompt: req.prompt(), Results: req.results()}, nil
}

// messageError is an error as the Messages API words it.
func messageError(status int, message string) any {
	kind := "invalid_request_error"
	switch {
	case status == http.StatusUnauthorized:
		kind = "authentication_error"
	case status == http.StatusNotFound:
		kind = "not_found_error"
	case status == http.StatusTooManyRequests:
		kind = "rate_limit_error"
	case status >= 500:
		kind = "api_error"
	}
	return map[string]any{
		"type":  "error",
		"error": map[string]string{"type": kind, "message": message},
	}
}

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

// results lists the results of tools, oldest first.
func (r request) results() []Result {
	var out []Result
	for _, m := range r.Messages {
		for _, b := range m.Content {
			if b.Type == "tool_result" {
				out = append(out, Result{Text: b.Content.text(), IsError: b.IsError})
			}
		}
	}
	return out
}
