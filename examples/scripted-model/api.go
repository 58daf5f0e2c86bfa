package main

import (
	"fmt"
	"hash/fnv"
	"net/http"
)

// API is one model API that the stand-in speaks. To add one:
//
//  1. write a file of its own with a function that returns an API; message.go
//     and answer.go are the pattern;
//  2. name that function in apis;
//  3. give it a test that posts a first and a second turn.
//
// The server does the rest: it finds the step, answers errors, and keeps the
// log. An API only translates and keeps no state.
type API struct {
	// Routes are the http.ServeMux patterns of its conversation requests, for
	// example "POST /v1/messages". Several may differ only in a prefix.
	Routes []string
	// Read says what a request asks. It may look at the path as well as at the
	// body, which is bounded already.
	Read func(r *http.Request) (Turn, error)
	// Write answers with one step, as a stream if the turn asks for it. The
	// step is a tool call or a text, never an error.
	Write func(w http.ResponseWriter, t Turn, s Step)
	// Error is the JSON body of an error in this API's own form.
	Error func(status int, message string) any
	// Fixed are side routes that always give the same JSON value, such as a
	// list of models or a count of tokens.
	Fixed map[string]any
}

// Turn is one request for an answer, in no API's form.
type Turn struct {
	Model  string
	Stream bool
	// Prompt is the text by which the conversation is found.
	Prompt string
	// Results are the results of tools so far, oldest first. Their number is
	// the index of the step that is due, so that a request sent again gets the
	// same answer again.
	Results []Result
	// Aside is the answer to a request beside the work, for example for a
	// title. Such a one takes no step, nor an error. Empty: this is the work.
	Aside string
}

// ID tells this answer from any other: a subagent's conversation has calls of
// the same index. The same request gets the same again.
func (t Turn) ID() string {
	h := fnv.New32a()
	h.Write([]byte(t.Prompt))
	return fmt.Sprintf("%08x_%04d", h.Sum32(), len(t.Results))
}

// Result is what the client says that a tool gave.
type Result struct {
	Text    string
	IsError bool // the client called it an error, where the API can say so
}

// apis lists every API that is served.
func apis() []API {
	return []API{messagesAPI(), responsesAPI(), chatAPI(), generateAPI()}
}
