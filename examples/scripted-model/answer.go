package main

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// answer is one message of the stand-in.
type answer struct {
	id, model, toolID string
	step              Step
}

// writeMessage answers in the form of the Messages API.
func writeMessage(w http.ResponseWriter, t Turn, s Step) {
	a := newAnswer(t, s)
	if t.Stream {
		a.stream(w)
		return
	}
	writeJSON(w, http.StatusOK, a.whole())
}

func newAnswer(t Turn, step Step) answer {
	return answer{
		id:     "msg_scripted_" + t.ID(),
		toolID: "toolu_scripted_" + t.ID(),
		model:  t.Model,
		step:   step,
	}
}

// stop is the reason for which the message ends.
func (a answer) stop() string {
	if a.step.Tool != "" {
		return "tool_use"
	}
	return "end_turn"
}

// envelope is the message without its content.
func (a answer) envelope() map[string]any {
	return map[string]any{
		"id": a.id, "type": "message", "role": "assistant", "model": a.model,
		"content": []any{}, "stop_reason": nil, "stop_sequence": nil,
		"usage": map[string]int{"input_tokens": a.step.usage().Input, "output_tokens": 1},
	}
}

// block is the content, with the given tool input or text.
func (a answer) block(input map[string]any, text string) map[string]any {
	if a.step.Tool == "" {
		return map[string]any{"type": "text", "text": text}
	}
	return map[string]any{"type": "tool_use", "id": a.toolID, "name": a.step.Tool, "input": input}
}

// whole is the answer to a request that did not ask for a stream.
func (a answer) whole() map[string]any {
	m := a.envelope()
	m["content"] = []any{a.block(a.step.Input, a.step.Text)}
	m["stop_reason"] = a.stop()
	m["usage"] = map[string]int{"input_tokens": a.step.usage().Input, "output_tokens": a.step.usage().Output}
	return m
}

// event is one server-sent event.
type event struct {
	name string
	data map[string]any
}

// events lists the stream in the order that clients expect. The content comes
// in one piece.
func (a answer) events() ([]event, error) {
	delta := map[string]any{"type": "text_delta", "text": a.step.Text}
	if a.step.Tool != "" {
		input, err := json.Marshal(a.step.Input)
		if err != nil {
			return nil, err
		}
		delta = map[string]any{"type": "input_json_delta", "partial_json": string(input)}
	}
	return []event{
		{"message_start", map[string]any{"message": a.envelope()}},
		{"content_block_start", map[string]any{"index": 0, "content_block": a.block(map[string]any{}, "")}},
		{"content_block_delta", map[string]any{"index": 0, "delta": delta}},
		{"content_block_stop", map[string]any{"index": 0}},
		{"message_delta", map[string]any{
			"delta": map[string]any{"stop_reason": a.stop(), "stop_sequence": nil},
			"usage": map[string]int{"output_tokens": a.step.usage().Output},
		}},
		{"message_stop", map[string]any{}},
	}, nil
}

// stream writes the answer as server-sent events.
func (a answer) stream(w http.ResponseWriter) {
	events, err := a.events()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	writeEvents(w, events)
}

// writeEvents writes server-sent events that name their type in the data too.
func writeEvents(w http.ResponseWriter, events []event) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-cache")
	for _, e := range events {
		e.data["type"] = e.name
		data, err := json.Marshal(e.data)
		if err != nil {
			return
		}
		fmt.Fprintf(w, "event: %s\ndata: %s\n\n", e.name, data)
	}
	if f, ok := w.(http.Flusher); ok {
		f.Flush()
	}
}
