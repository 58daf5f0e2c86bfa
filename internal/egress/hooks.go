package egress

import (
	"io"
	"net/http"
)

// Watch looks for values that must not leave the sandbox: decoys, and
// placeholders on their way to a host that they do not belong to. It is used
// by many goroutines at once. A destination is "host:port".
type Watch interface {
	// Head looks at the parts of what is about to be sent: target, names and
	// values of headers. It says for people what was found, or nothing.
	Head(to string, parts ...[]byte) (found string)
	// Body gives the bytes of r. When something is found it calls found once and
	// fails, before the last byte of the value was given.
	Body(to string, r io.Reader, found func(what string)) io.Reader
}

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
