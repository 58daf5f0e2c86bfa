package main

import (
	"encoding/json"
	"fmt"
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

// chatCall is the one tool call of an answer. The index is for streams, where
// a client puts the pieces together by it.
func (a answer) chatCall() (map[string]any, error) {
	input, err := json.Marshal(a.step.Input)
	if err != nil {
		return nil, err
	}
	return map[string]any{
		"index": 0, "id": a.toolID, "type": "function",
		"function": map[string]string{"name": a.step.Tool, "arguments": string(input)},
	}, nil
}

// chatContent is the message, whole or as the only delta, and why it ends.
func (a answer) chatContent() (message map[string]any, reason string, err error) {
	message = map[string]any{"role": "assistant", "content": a.step.Text}
	if a.step.Tool == "" {
		return message, "stop", nil
	}
	call, err := a.chatCall()
	message["content"], message["tool_calls"] = nil, []any{call}
	return message, "tool_calls", err
}

// chatEnvelope is what a whole answer and each chunk of a stream have around
// their choices.
func (a answer) chatEnvelope(object string, choices ...any) map[string]any {
	if choices == nil {
		choices = []any{}
	}
	return map[string]any{"id": a.id, "object": object, "created": 1, "model": a.model, "choices": choices}
}

// chatUsage is the usage of an answer in this API's words.
func (a answer) chatUsage() map[string]any {
	u := a.step.usage()
	return map[string]any{"prompt_tokens": u.Input, "completion_tokens": u.Output, "total_tokens": u.Input + u.Output}
}

// chatWhole is the answer to a request that did not ask for a stream.
func (a answer) chatWhole() (map[string]any, error) {
	message, reason, err := a.chatContent()
	out := a.chatEnvelope("chat.completion", map[string]any{"index": 0, "message": message, "finish_reason": reason})
	out["usage"] = a.chatUsage()
	return out, err
}

// chatChunks lists the stream: the content in one piece, the reason of its
// end, and the usage.
func (a answer) chatChunks() ([]map[string]any, error) {
	const object = "chat.completion.chunk"
	message, reason, err := a.chatContent()
	usage := a.chatEnvelope(object)
	usage["usage"] = a.chatUsage()
	return []map[string]any{
		a.chatEnvelope(object, map[string]any{"index": 0, "delta": message, "finish_reason": nil}),
		a.chatEnvelope(object, map[string]any{"index": 0, "delta": map[string]any{}, "finish_reason": reason}),
		usage,
	}, err
}

// chatStream writes the answer as server-sent events.
func (a answer) chatStream(w http.ResponseWriter) {
	chunks, err := a.chatChunks()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-cache")
	for _, chunk := range chunks {
		data, err := json.Marshal(chunk)
		if err != nil {
			return
		}
		fmt.Fprintf(w, "data: %s\n\n", data)
	}
	fmt.Fprint(w, "data: [DONE]\n\n")
}
