package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// generateAPI is the Gemini API, which Gemini CLI speaks. A route's last part
// is the model and the method: "gemini-2.5-pro:streamGenerateContent".
func generateAPI() API {
	return API{
		Routes: []string{"POST /v1beta/models/{call}"},
		Read:   readGenerate,
		Write:  writeGenerate,
		Error:  generateError,
	}
}

// generateRequest is the part of a request that the stand-in looks at.
type generateRequest struct {
	Contents []struct {
		Role  string         `json:"role"`
		Parts []generatePart `json:"parts"`
	} `json:"contents"`
}

// generatePart is one piece of content: a text, or what a function returned.
type generatePart struct {
	Text     string `json:"text"`
	Response *struct {
		Result json.RawMessage `json:"response"`
	} `json:"functionResponse"`
}

// readGenerate reads a request. Its prompt is all that the user said: a client
// may put its surroundings first, in a message of their own.
func readGenerate(r *http.Request) (Turn, error) {
	model, method, _ := strings.Cut(r.PathValue("call"), ":")
	if method != "generateContent" && method != "streamGenerateContent" {
		return Turn{}, fmt.Errorf("no method is called %q", method)
	}
	var req generateRequest
	if err := json.NewDecoder(r.Body).Decode(&req); err != nil {
		return Turn{}, err
	}
	t := Turn{Model: model, Stream: method == "streamGenerateContent"}
	var said []string
	for _, c := range req.Contents {
		for _, p := range c.Parts {
			switch {
			case p.Response != nil:
				t.Results = append(t.Results, returned(p.Response.Result))
			case c.Role == "user" && p.Text != "":
				said = append(said, p.Text)
			}
		}
	}
	t.Prompt = strings.Join(said, "\n")
	return t, nil
}

// returned is what a function gave back: what it printed, or why it failed.
func returned(raw json.RawMessage) Result {
	var result struct {
		Output string `json:"output"`
		Error  string `json:"error"`
	}
	switch err := json.Unmarshal(raw, &result); {
	case err != nil || result.Output == "" && result.Error == "":
		return Result{Text: string(raw)}
	case result.Error != "":
		return Result{Text: result.Error, IsError: true}
	}
	return Result{Text: result.Output}
}

// writeGenerate answers with a function call or a text. Both end with "STOP".
// The stream is a single event.
func writeGenerate(w http.ResponseWriter, t Turn, s Step) {
	part := map[string]any{"text": s.Text}
	if s.Tool != "" {
		part = map[string]any{"functionCall": map[string]any{"name": s.Tool, "args": s.Input}}
	}
	u := s.usage()
	answer := map[string]any{
		"candidates": []any{map[string]any{
			"content":      map[string]any{"role": "model", "parts": []any{part}},
			"finishReason": "STOP", "index": 0,
		}},
		"usageMetadata": map[string]int{
			"promptTokenCount": u.Input, "candidatesTokenCount": u.Output, "totalTokenCount": u.Input + u.Output,
		},
		"modelVersion": t.Model,
	}
	if !t.Stream {
		writeJSON(w, http.StatusOK, answer)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	fmt.Fprint(w, "data: ")
	json.NewEncoder(w).Encode(answer) // ends the line
	fmt.Fprint(w, "\n")
}

// generateError is an error as the Gemini API words it.
func generateError(status int, message string) any {
	word := map[int]string{
		http.StatusBadRequest: "INVALID_ARGUMENT", http.StatusUnauthorized: "UNAUTHENTICATED",
		http.StatusNotFound: "NOT_FOUND", http.StatusTooManyRequests: "RESOURCE_EXHAUSTED",
	}[status]
	if word == "" {
		word = "INTERNAL"
	}
	return map[string]any{"error": map[string]any{"code": status, "message": message, "status": word}}
}
