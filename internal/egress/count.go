package egress

import (
	"io"
	"net/http"
	"sync/atomic"
)

// countedBody counts what a request sends. The transport may still read while
// the handler ends, hence the atomic.
type countedBody struct {
	io.ReadCloser
	n     atomic.Int64
	total *atomic.Int64
}

// Read implements io.Reader.
func (b *countedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.n.Add(int64(n))
	b.total.Add(int64(n))
	return n, err
}

// countedWriter counts what a response brings and keeps its status.
type countedWriter struct {
	http.ResponseWriter
	status int
	n      int64
	total  *atomic.Int64
}

// WriteHeader keeps the final status.
func (w *countedWriter) WriteHeader(code int) {
	if w.status == 0 && code >= 200 {
		w.status = code
	}
	w.ResponseWriter.WriteHeader(code)
}

// Write implements io.Writer.
func (w *countedWriter) Write(p []byte) (int, error) {
	n, err := w.ResponseWriter.Write(p)
	w.n += int64(n)
	w.total.Add(int64(n))
	return n, err
}

// Unwrap lets http.ResponseController flush through.
func (w *countedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
