package main

import (
	"encoding/json"
	"net/http"
)

// chatAPI is OpenAI's Chat Completions API, which opencode and Copilot speak,
// and most servers of models.
func chatAPI() API {
	return API{
		Routes: []string{"POST /v1/chat/completions"},
		Read:   readChat,
		Write:  writeChat,
		Error:  chatError,
	}
}

// readChat reads one request. One that offers no tools comes beside the work.
func readChat(r *http.Request) (Turn, error) {
	var req chatRequest
	if err := json.NewDecoder(r.Body).Decode(&req); err != nil {
		return Turn{}, err
	}
	t := Turn{Model: req.Model, Stream: req.Stream, Prompt: req.prompt(), Results: req.results()}
	if len(req.Tools) == 0 {
		t.Aside = chatTitle
	}
	return t, nil
}

// writeChat answers in the form of this API.
func writeChat(w http.ResponseWriter, t Turn, s Step) {
	a := newAnswer(t, s)
	if t.Stream {
		a.chatStream(w)
		return
	}
	whole, err := a.chatWhole()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	writeJSON(w, http.StatusOK, whole)
}

// chatError is an error as this API words it.
func chatError(status int, message string) any {
	kind := "invalid_request_error"
	switch {
	case status == http.StatusTooManyRequests:
		kind = "rate_limit_error"
	case status >= 500:
		kind = "server_error"
	}
	return map[string]any{"error": map[string]any{"message": message, "type": kind, "code": nil}}
}

// chatRequest is the part of an OpenAI Chat Completions request that the
// stand-in looks at.
type chatRequest struct {
	Model    string            `json:"model"`
	Stream   bool              `json:"stream"`
	Messages []chatMessage     `json:"messages"`
	Tools    []json.RawMessage `json:"tools"`
}

// chatMessage is one turn. Its content is a string, a list of parts, or null
// where it only calls tools.
type chatMessage struct {
	Role    string `json:"role"`
	Content blocks `json:"content"`
}

// prompt is the text of the first message that is the user's: the ones before
// it are the client's own.
func (r chatRequest) prompt() string {
	for _, m := range r.Messages {
		if m.Role == "user" {
			return m.Content.text()
		}
	}
	return ""
}

// results lists the results of tools, oldest first. This API does not tell
// which of them the client calls an error.
func (r chatRequest) results() []Result {
	var out []Result
	for _, m := range r.Messages {
		if m.Role == "tool" {
			out = append(out, Result{Text: m.Content.text()})
		}
	}
	return out
}

// chatTitle answers a request that offers no tools: clients send one to give
// the conversation a title.
const chatTitle = "A scripted conversation"
