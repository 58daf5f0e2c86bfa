package apart

import (
	"io"
	"net/http"
	"testing"
)

// TestServes: a request goes through the process, with the real key outside and
// none in what comes back, and is in the journal.
func TestServes(t *testing.T) {
	r := newRig(t, func(w http.ResponseWriter, q *http.Request) {
		io.WriteString(w, "key "+q.Header.Get("x-api-key"))
	})
	code, body, err := r.get()
	if err != nil || code != 200 || body != "key "+thePlaceholder {
		t.Fatalf("%d %q %v; %v", code, body, err, r.fault())
	}
	if s := r.gateway.Stats(); s.Allowed != 1 || s.Received == 0 {
		t.Errorf("stats %+v", s)
	}
	if err := r.gateway.Close(); err != nil {
		t.Error(err)
	}
	r.nothingListens()
	if n := len(r.notes.all()); n != 2 {
		t.Errorf("%d events, not the beginning and the end of one request: %+v", n, r.notes.all())
	}
}
