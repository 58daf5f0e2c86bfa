package egresstest

import (
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"golang.org/x/net/websocket"
)

// Streams is a site whose answers come in pieces:
//
//	/ws           WebSocket: sends back what it gets
//	/events       server-sent events, one for each request of /next
//	/next         lets the next event out
//	/bytes?n=     that many bytes of zeros
//	/count        reads the body, and says how long it was
//
// An event comes only when its predecessor was asked for to be followed, so a
// client gets to the end only if nothing between holds events back.
func (n *Net) Streams(name string) *Site {
	n.t.Helper()
	var next atomic.Int64
	m := http.NewServeMux()
	ws := websocket.Server{Handler: func(c *websocket.Conn) { _, _ = io.Copy(c, c) }} // any origin
	m.Handle("/ws", ws)
	m.HandleFunc("/next", func(http.ResponseWriter, *http.Request) { next.Add(1) })
	m.HandleFunc("/events", func(w http.ResponseWriter, r *http.Request) { events(w, r, &next) })
	m.HandleFunc("/bytes", func(w http.ResponseWriter, r *http.Request) {
		var size int64
		_, _ = fmt.Sscan(r.URL.Query().Get("n"), &size)
		w.Header().Set("Content-Length", fmt.Sprint(size))
		_, _ = io.CopyN(w, zeros{}, size)
	})
	m.HandleFunc("/count", func(w http.ResponseWriter, r *http.Request) {
		size, err := io.Copy(io.Discard, r.Body)
		fmt.Fprintln(w, size, err)
	})
	return n.Web(name, m)
}

const eventCount = 3

func events(w http.ResponseWriter, r *http.Request, next *atomic.Int64) {
	w.Header().Set("Content-Type", "text/event-stream")
	start := next.Load()
	for i := range int64(eventCount) {
		fmt.Fprintf(w, "data: event %d\n\n", i)
		if http.NewResponseController(w).Flush() != nil {
			return
		}
		for next.Load() <= start+i {
			if r.Context().Err() != nil {
				return
			}
			time.Sleep(2 * time.Millisecond)
		}
	}
	fmt.Fprint(w, "data: done\n\n")
}

// zeros is an endless source.
type zeros struct{}

// Read implements io.Reader.
func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }
