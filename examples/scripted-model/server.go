package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
)

const (
	// maxBody bounds a request. Claude Code sends about 85 kB at first.
	maxBody = 32 << 20
	// maxLogged bounds the part of a tool's result that is logged, in bytes.
	maxLogged = 4 << 10
)

// Entry is one line of the log: what arrived, and what was answered.
type Entry struct {
	N             int    `json:"n"` // counts from 1
	Method        string `json:"method"`
	Path          string `json:"path"`
	Key           string `json:"x_api_key,omitempty"`
	Authorization string `json:"authorization,omitempty"`
	Status        int    `json:"status"`
	Step          int    `json:"step"`
	Tool          string `json:"tool,omitempty"`         // the tool that the answer calls
	Text          string `json:"text,omitempty"`         // the text that the answer says
	Result        string `json:"result,omitempty"`       // of the tool before
	ResultError   bool   `json:"result_error,omitempty"` // the client called that result an error
}

// Server is the scripted API. It accepts any key and logs the one it saw.
type Server struct {
	script Script
	mux    *http.ServeMux

	mu  sync.Mutex // guards log and n
	log io.Writer
	n   int
}

// NewServer answers from the script and writes one JSON line for each request.
func NewServer(script Script, log io.Writer) *Server {
	s := &Server{script: script, log: log, mux: http.NewServeMux()}
	s.mux.HandleFunc("POST /v1/messages", s.messages)
	s.mux.HandleFunc("POST /v1/messages/count_tokens", s.countTokens)
	s.mux.HandleFunc("POST /v1/chat/completions", s.chat)
	s.mux.HandleFunc("GET /{$}", s.hello)
	s.mux.HandleFunc("/", s.notFound)
	return s
}

// ServeHTTP makes a Server an http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	s.mux.ServeHTTP(w, r)
}

// messages gives the step that is due.
func (s *Server) messages(w http.ResponseWriter, r *http.Request) {
	var req request
	if err := json.NewDecoder(r.Body).Decode(&req); err != nil {
		s.refuse(w, r, http.StatusBadRequest, "not a Messages API request: "+err.Error())
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
		entry.Result, entry.ResultError = clip(results[n-1].Content.text()), results[n-1].IsError
	}
	// The log comes first: a test that has the answer finds the line.
	s.record(r, entry)
	answer := newAnswer(req.Model, len(results), step)
	if req.Stream {
		answer.stream(w)
		return
	}
	writeJSON(w, http.StatusOK, answer.whole())
}

// clip bounds what of a text is logged.
func clip(s string) string {
	if len(s) > maxLogged {
		return s[:maxLogged]
	}
	return s
}

// countTokens gives any number: nothing is charged.
func (s *Server) countTokens(w http.ResponseWriter, r *http.Request) {
	s.record(r, Entry{Status: http.StatusOK})
	writeJSON(w, http.StatusOK, map[string]int{"input_tokens": 1})
}

// hello answers the request by which a client warms its connection.
func (s *Server) hello(w http.ResponseWriter, r *http.Request) {
	s.record(r, Entry{Status: http.StatusOK})
	fmt.Fprintln(w, "scripted-model")
}

// notFound answers everything that the API does not have.
func (s *Server) notFound(w http.ResponseWriter, r *http.Request) {
	s.refuse(w, r, http.StatusNotFound, r.Method+" "+r.URL.Path+" is not served here")
}

// refuse answers with an error in the API's own form.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, status int, message string) {
	s.record(r, Entry{Status: status, Text: message})
	kind := "invalid_request_error"
	if status == http.StatusNotFound {
		kind = "not_found_error"
	}
	writeJSON(w, status, map[string]any{
		"type":  "error",
		"error": map[string]string{"type": kind, "message": message},
	})
}

// record writes one line of the log.
func (s *Server) record(r *http.Request, e Entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n++
	e.N, e.Method, e.Path = s.n, r.Method, r.URL.Path
	e.Key, e.Authorization = r.Header.Get("X-Api-Key"), r.Header.Get("Authorization")
	json.NewEncoder(s.log).Encode(e) // a log that cannot be written fails the test that reads it
}

// writeJSON answers with one JSON value.
func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(value)
}
