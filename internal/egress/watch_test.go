package egress

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// decoyWatch looks for one value, in plain form.
type decoyWatch string

func (w decoyWatch) Head(_ string, parts ...[]byte) string {
	for _, p := range parts {
		if bytes.Contains(p, []byte(w)) {
			return "the decoy ~/.aws/credentials"
		}
	}
	return ""
}

func (w decoyWatch) Body(_ string, r io.Reader, found func(string)) io.Reader {
	return &watchedReader{r: r, value: []byte(w), found: found}
}

type watchedReader struct {
	r     io.Reader
	value []byte
	seen  []byte
	found func(string)
}

func (w *watchedReader) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	w.seen = append(w.seen, p[:n]...)
	if bytes.Contains(w.seen, w.value) {
		w.found("the decoy ~/.aws/credentials")
		return 0, errors.New("found")
	}
	return n, err
}

// A decoy in a head, a body, a tunnel or a WebSocket rings and goes nowhere;
// without the watch it passes, and with it all else does.
func TestWatch(t *testing.T) {
	const decoy = "AKIAQ7QZLJ3VN5TTKX2M"
	cases := map[string]func(value string) (port int, first string){
		"target": func(v string) (int, string) { return 80, "GET /x?key=" + v + " HTTP/1.1\r\nHost: a.example\r\n\r\n" },
		"header": func(v string) (int, string) { return 80, "GET / HTTP/1.1\r\nHost: a.example\r\nX: " + v + "\r\n\r\n" },
		"name":   func(v string) (int, string) { return 80, "GET / HTTP/1.1\r\nHost: a.example\r\n" + v + ": x\r\n\r\n" },
		"body": func(v string) (int, string) {
			return 80, "POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 20\r\n\r\n" + v
		},
		"chunks": func(v string) (int, string) {
			return 80, "POST / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\na\r\n" + v[:10] + "\r\na\r\n" + v[10:] + "\r\n0\r\n\r\n"
		},
		"tunnel": func(v string) (int, string) { return 2222, "\x00" + v },
	}
	for name, first := range cases {
		for _, watched := range []bool{false, true} {
			for _, value := range []string{decoy, "AKIAQ7QZLJ3VN5TTKX2N"} {
				srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
					_, _ = io.Copy(io.Discard, r.Body)
				}))
				upstream := upstreamOf(srv)
				if name == "tunnel" {
					upstream = echo(t)
				}
				r := newRig(t, upstream, allow("a.example", 80), allow("a.example", 2222))
				var mu sync.Mutex
				var rang []string
				if watched {
					r.cfg.Watch = decoyWatch(decoy)
					r.cfg.Alarm = func(found, to string) {
						mu.Lock()
						defer mu.Unlock()
						rang = append(rang, found+" to "+to)
					}
				}
				r.start(t)
				port, req := first(value)
				back := send(t, dialTest(t, r.address(t, "a.example", port)), []byte(req))
				r.Close()
				srv.Close()
				caught := watched && value == decoy
				arrived := strings.Contains(back, "HTTP/1.1 200") || name == "tunnel" && strings.Contains(back, value)
				if (len(rang) == 1) != caught || arrived == caught {
					t.Errorf("%s, watched %v, %s: alarms %q, answer %q", name, watched, value, rang, back)
				}
				if caught && len(rang) > 0 && (!strings.Contains(rang[0], "to a.example:") || !strings.Contains(lastRefused(t, r.journal).Why, "decoy")) {
					t.Errorf("%s: alarms %q, refused %+v", name, rang, lastRefused(t, r.journal))
				}
			}
		}
	}
}
