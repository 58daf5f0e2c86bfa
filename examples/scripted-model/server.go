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
	GoogleKey     string `json:"x_goog_api_key,omitempty"`
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

	mu     sync.Mutex // guards what follows
	log    io.Writer
	n      int
	failed map[*Step]int // how often each error of the script was given
}

// NewServer answers from the script and writes one JSON line for each request.
func NewServer(script Script, log io.Writer) *Server {
	s := &Server{script: script, log: log, mux: http.NewServeMux(), failed: map[*Step]int{}}
	for _, api := range apis() {
		s.add(api)
	}
	s.mux.HandleFunc("GET /{$}", s.hello)
	s.mux.HandleFunc("/", s.notFound)
	return s
}

// add serves the routes of one API.
func (s *Server) add(api API) {
	for _, route := range api.Routes {
		s.mux.HandleFunc(route, func(w http.ResponseWriter, r *http.Request) { s.converse(w, r, api) })
	}
	for route, value := range api.Fixed {
		s.mux.HandleFunc(route, func(w http.ResponseWriter, r *http.Request) {
			s.record(r, Entry{Status: http.StatusOK})
			writeJSON(w, http.StatusOK, value)
		})
	}
}

// ServeHTTP makes a Server an http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	s.mux.ServeHTTP(w, r)
}

// converse gives the step that is due.
func (s *Server) converse(w http.ResponseWriter, r *http.Request, api API) {
	turn, err := api.Read(r)
	if err != nil {
		s.refuse(w, r, api, http.StatusBadRequest, "not a request of this API: "+err.Error())
		return
	}
	if turn.Aside != "" {
		s.record(r, Entry{Status: http.StatusOK, Text: turn.Aside})
		api.Write(w, turn, Step{Text: turn.Aside})
		return
	}
	conversation, found := s.script.Find(turn.Prompt)
	if !found {
		s.refuse(w, r, api, http.StatusBadRequest, "no conversation of the script fits this prompt")
		return
	}
	step := s.due(conversation, len(turn.Results))
	// The log comes first: a test that has the answer finds the line.
	s.record(r, newEntry(turn, step))
	if step.Status != 0 {
		s.fail(w, api, step)
		return
	}
	api.Write(w, turn, step)
}

// due is the step after that many results of tools. An error is given as often
// as the script says, and then the step behind it: this is the only state that
// the stand-in keeps.
func (s *Server) due(c Conversation, results int) Step {
	errors, step := c.At(results)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range errors {
		if s.failed[e] < max(e.Times, 1) {
			s.failed[e]++
			return *e
		}
	}
	return step
}

// fail answers with the error of a step.
func (s *Server) fail(w http.ResponseWriter, api API, step Step) {
	for name, value := range step.Header {
		w.Header().Set(name, value)
	}
	if step.Body != nil {
		writeJSON(w, step.Status, step.Body)
		return
	}
	writeJSON(w, step.Status, api.Error(step.Status, "the script says so"))
}

// newEntry describes an answer.
func newEntry(t Turn, step Step) Entry {
	n := len(t.Results)
	e := Entry{Status: http.StatusOK, Step: n, Tool: step.Tool, Text: step.Text}
	if step.Status != 0 {
		e.Status = step.Status
	}
	if n > 0 {
		e.Result, e.ResultError = clip(t.Results[n-1].Text), t.Results[n-1].IsError
	}
	return e
}

// clip bounds what of a text is logged.
func clip(s string) string {
	if len(s) > maxLogged {
		return s[:maxLogged]
	}
	return s
}

// hello answers the request by which a client warms its connection.
func (s *Server) hello(w http.ResponseWriter, r *http.Request) {
	s.record(r, Entry{Status: http.StatusOK})
	fmt.Fprintln(w, "scripted-model")
}

// notFound answers everything that no API has. Which client asked is not
// known, so the form is the first API's.
func (s *Server) notFound(w http.ResponseWriter, r *http.Request) {
	s.refuse(w, r, apis()[0], http.StatusNotFound, r.Method+" "+r.URL.Path+" is not served here")
}

// refuse answers with an error in the API's own form.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, api API, status int, message string) {
	s.record(r, Entry{Status: status, Text: message})
	writeJSON(w, status, api.Error(status, message))
}

// record writes one line of the log.
func (s *Server) record(r *http.Request, e Entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n++
	e.N, e.Method, e.Path = s.n, r.Method, r.URL.Path
	e.Key, e.Authorization = r.Header.Get("X-Api-Key"), r.Header.Get("Authorization")
	e.GoogleKey = r.Header.Get("X-Goog-Api-Key")
	json.NewEncoder(s.log).Encode(e) // a log that cannot be written fails the test that reads it
}

// writeJSON answers with one JSON value.
func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(value)
}
