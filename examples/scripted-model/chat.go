package main

import (
	"encoding/json"
	"fmt"
	"net/http"
)

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
func (r chatRequest) results() []block {
	var out []block
	for _, m := range r.Messages {
		if m.Role == "tool" {
			out = append(out, block{Type: "tool_result", Content: m.Content})
		}
	}
	return out
}

// chatTitle answers a request that offers no tools. Clients send one beside
// the work, to give the conversation a title; it is no step of the script.
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
	return map[string]any{"prompt_tokens": tokens, "completion_tokens": tokens, "total_tokens": 2 * tokens}
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

// chat gives the step that is due in the Chat Completions API.
func (s *Server) chat(w http.ResponseWriter, r *http.Request) {
	var req chatRequest
	if err := json.NewDecoder(r.Body).Decode(&req); err != nil {
		s.refuse(w, r, http.StatusBadRequest, "not a Chat Completions request: "+err.Error())
		return
	}
	if len(req.Tools) == 0 {
		s.record(r, Entry{Status: http.StatusOK, Text: chatTitle})
		newAnswer(req.Model, 0, Step{Text: chatTitle}).chatWrite(w, req.Stream)
		return
	}
	conversation, found := s.script.Find(req.prompt())
	if !found {
		s.refuse(w, r, http.StatusBadRequest, "no conversation of the script fits this prompt")
		return
	}
	results := req.results()
	step := conversation.At(len(results))
	entry := Entry{Status: http.StatusOK, Step: len(results), Tool: step.Tool, Text: step.Text}
	if n := len(results); n > 0 {
		entry.Result = clip(results[n-1].Content.text())
	}
	s.record(r, entry)
	newAnswer(req.Model, len(results), step).chatWrite(w, req.Stream)
}

// chatWrite sends the answer in the form that the request asked for.
func (a answer) chatWrite(w http.ResponseWriter, stream bool) {
	if stream {
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
