package egress

import (
	"io"
	"net/http"
)

// Answer is the head of what an upstream answered to a request.
type Answer struct {
	Host   string
	Method string
	Path   string // without the query
	Status int
	Header http.Header // not to be changed
	Rule   string      // control ID
}

// UsageFunc is given the body of each answer and returns what the client reads
// in its place: the same bytes, read along.
type UsageFunc func(Answer, io.ReadCloser) io.ReadCloser
