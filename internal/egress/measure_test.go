package egress

import (
	"io"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"ringwall/internal/evidence"
	"ringwall/internal/plan"
)

func (j *journal) models() []evidence.ModelUsage {
	j.mu.Lock()
	defer j.mu.Unlock()
	var out []evidence.ModelUsage
	for _, e := range j.events {
		if e.ModelUsage != nil {
			out = append(out, *e.ModelUsage)
		}
	}
	return out
}

// answering serves one answer to whatever is asked.
func answering(status int, header http.Header, body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		for k, v := range header {
			w.Header()[k] = v
		}
		w.WriteHeader(status)
		io.WriteString(w, body)
	})
}

const sonnetStream = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"model\":\"claude-sonnet-4-5-20250929\",\"usage\":{\"input_tokens\":1000,\"output_tokens\":1}}}\n\n" +
	"event: message_delta\ndata: {\"type\":\"message_delta\",\"usage\":{\"output_tokens\":2000}}\n\n" +
	"event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"

// TestModelUsage: what an answer took is recorded and counted, the client gets
// the very bytes, and what is no answer of a model's is nothing.
func TestModelUsage(t *testing.T) {
	key := "X-Api-Key: " + testPlaceholder
	for _, c := range []struct {
		name, line string
		status     int
		header     http.Header
		body       string
		want       *evidence.ModelUsage
		usd        float64 // negative: unknown
	}{
		{"a stream", "POST /v1/messages HTTP/1.1", 200, nil, sonnetStream,
			&evidence.ModelUsage{Model: "claude-sonnet-4-5-20250929", Input: 1000, Output: 2000}, 0.033},
		{"the owner's price", "POST /v1/chat/completions HTTP/1.1", 200, nil, `{"model":"my-model","usage":{"prompt_tokens":1000000,"completion_tokens":10}}`,
			&evidence.ModelUsage{Model: "my-model", Input: 1000000, Output: 10}, 2},
		{"an unknown model", "POST /v1/messages HTTP/1.1", 200, nil, `{"model":"x\u001b[31m","usage":{"input_tokens":1,"output_tokens":1}}`,
			&evidence.ModelUsage{Model: `x\x1b[31m`, Input: 1, Output: 1}, -1},
		{"an answer that does not tell", "POST /v1/messages HTTP/1.1", 200, nil, `{}`, &evidence.ModelUsage{Unknown: true}, -1},
		{"a batch", "POST /v1/batches HTTP/1.1", 200, nil, `{}`, &evidence.ModelUsage{Unknown: true}, -1},
		{"an error", "POST /v1/messages HTTP/1.1", 429, nil, `{"usage":{"input_tokens":1}}`, nil, 0},
		{"counting tokens", "POST /v1/messages/count_tokens HTTP/1.1", 200, nil, `{"input_tokens":9}`, nil, 0},
		{"something else", "POST /api/event_logging/batch HTTP/1.1", 200, nil, `{"accepted":1}`, nil, 0},
		{"a look", "GET /v1/models HTTP/1.1", 200, nil, `{"usage":{"input_tokens":1}}`, nil, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newKeyRig(t, answering(c.status, c.header, c.body), nil)
			r.cfg.Plan.Controls[0].Want.Gateway.Prices = []plan.Price{{Model: "my-model", Input: 2_000_000}}
			r.start(t)
			if got := callHead(t, c.line, key); !strings.Contains(got, c.body) && !strings.Contains(got, "Transfer-Encoding") {
				t.Errorf("the client gets %q", got)
			}
			r.Close()
			got := r.journal.models()
			if c.want == nil {
				if len(got) != 0 || r.Stats().Models != (Models{}) {
					t.Errorf("recorded %+v", got)
				}
				return
			}
			if len(got) != 1 {
				t.Fatalf("recorded %+v", got)
			}
			usd := got[0].CostUSD
			if (usd == nil) != (c.usd < 0) || usd != nil && math.Abs(*usd-c.usd) > 1e-9 {
				t.Errorf("cost is %v", usd)
			}
			got[0].CostUSD, c.want.Host = nil, "example.com"
			if got[0] != *c.want {
				t.Errorf("recorded %+v, want %+v", got[0], *c.want)
			}
			m := r.Stats().Models
			if m.Answers != 1 || m.Tokens != c.want.Input+c.want.Output || (m.Unknown == 1) != (c.usd < 0) {
				t.Errorf("counted %+v", m)
			}
		})
	}
}

// TestModelUsageOfACutStream: a client that goes away in the middle has taken
// what was sent.
func TestModelUsageOfACutStream(t *testing.T) {
	start, _, _ := strings.Cut(sonnetStream, "event: message_delta")
	gone := make(chan struct{})
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		io.WriteString(w, start)
		w.(http.Flusher).Flush()
		select {
		case <-gone:
		case <-r.Context().Done():
		}
	})
	r := newKeyRig(t, h, nil).start(t)
	c := dialTest(t, "127.0.0.1:9001")
	io.WriteString(c, "POST /v1/messages HTTP/1.1\r\nHost: 127.0.0.1:9001\r\nContent-Length: 2\r\n\r\n{}")
	buf, text := make([]byte, 4096), ""
	for !strings.Contains(text, "input_tokens") {
		n, err := c.Read(buf)
		if text += string(buf[:n]); err != nil {
			t.Fatal(err)
		}
	}
	c.Close()
	for range 500 {
		if len(r.journal.models()) > 0 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	close(gone)
	got := r.journal.models()
	if len(got) != 1 || !got[0].Cut || got[0].Input != 1000 || got[0].CostUSD == nil {
		t.Errorf("%+v", got)
	}
}

// TestModelHosts: a host that is not known for models, and has no credential, is
// not looked at.
func TestModelHosts(t *testing.T) {
	for _, c := range []struct {
		host       string
		credential bool
		want       bool
	}{
		{"api.anthropic.com", false, true}, {"models.example.com", true, true}, {"models.example.com", false, false},
		{"api.anthropic.com.example", false, false}, {"europe-west1-aiplatform.googleapis.com", false, true},
	} {
		if _, got := measured(c.host, c.credential, "POST", "/v1/messages"); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}
