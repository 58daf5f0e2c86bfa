package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// responsesAPI is the OpenAI Responses API, which Codex speaks.
func responsesAPI() API {
	return API{
		Routes: []string{"POST /v1/responses"},
		Read:   readResponses,
		Write:  writeResponse,
		Error: func(status int, message string) any {
			kind := "invalid_request_error"
			if status == http.StatusTooManyRequests {
				kind = "rate_limit_exceeded"
			}
			return map[string]any{"error": map[string]any{"type": kind, "code": kind, "message": message}}
		},
	}
}

// responsesItem is one item of the conversation: a message, a call of a tool,
// or the output of one.
type responsesItem struct {
	Type    string `json:"type"`
	Role    string `json:"role"`
	Content blocks `json:"content"`
	Output  blocks `json:"output"` // of a tool
}

// readResponses takes all that was said in the user's name for the prompt: what
// Codex loads by itself comes before what it was asked.
func readResponses(r *http.Request) (Turn, error) {
	var req struct {
		Model  string          `json:"model"`
		Stream bool            `json:"stream"`
		Input  []responsesItem `json:"input"`
	}
	if err := json.NewDecoder(r.Body).Decode(&req); err != nil {
		return Turn{}, err
	}
	t := Turn{Model: req.Model, Stream: req.Stream}
	for _, item := range req.Input {
		if item.Role == "user" {
			t.Prompt += spoken(item.Content) + "\n"
		}
		if strings.HasSuffix(item.Type, "_call_output") {
			t.Results = append(t.Results, Result{Text: spoken(item.Output)})
		}
	}
	return t, nil
}

// spoken joins texts of either direction: "input_text", "output_text", "text".
func spoken(b blocks) string {
	var parts []string
	for _, x := range b {
		if strings.HasSuffix(x.Type, "text") {
			parts = append(parts, x.Text)
		}
	}
	return strings.Join(parts, "\n")
}

// writeResponse answers with one item.
func writeResponse(w http.ResponseWriter, t Turn, s Step) {
	item, err := outputItem(len(t.Results), s)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	whole := responseOf(t, s, "completed", item)
	if !t.Stream {
		writeJSON(w, http.StatusOK, whole)
		return
	}
	writeEvents(w, []event{
		{"response.created", map[string]any{"response": responseOf(t, s, "in_progress")}},
		{"response.output_item.added", map[string]any{"output_index": 0, "item": item}},
		{"response.output_item.done", map[string]any{"output_index": 0, "item": item}},
		{"response.completed", map[string]any{"response": whole}},
	})
}

// outputItem is a step as an item. A tool whose whole input is one "patch" is
// one that takes a text and no JSON.
func outputItem(index int, s Step) (map[string]any, error) {
	id := fmt.Sprintf("item_scripted_%04d", index)
	if s.Tool == "" {
		return map[string]any{"type": "message", "id": id, "role": "assistant", "status": "completed",
			"content": []any{map[string]any{"type": "output_text", "text": s.Text, "annotations": []any{}}}}, nil
	}
	call := map[string]any{"id": id, "call_id": fmt.Sprintf("call_scripted_%04d", index),
		"name": s.Tool, "status": "completed"}
	if text, ok := s.Input["patch"].(string); ok && len(s.Input) == 1 {
		call["type"], call["input"] = "custom_tool_call", text
		return call, nil
	}
	input, err := json.Marshal(s.Input)
	call["type"], call["arguments"] = "function_call", string(input)
	return call, err
}

func responseOf(t Turn, s Step, status string, output ...any) map[string]any {
	u := s.usage()
	return map[string]any{
		"id": fmt.Sprintf("resp_scripted_%04d", len(t.Results)), "object": "response", "model": t.Model,
		"status": status, "output": append([]any{}, output...),
		"usage": map[string]any{
			"input_tokens": u.Input, "output_tokens": u.Output, "total_tokens": u.Input + u.Output,
			"input_tokens_details":  map[string]int{"cached_tokens": 0},
			"output_tokens_details": map[string]int{"reasoning_tokens": 0},
		},
	}
}
