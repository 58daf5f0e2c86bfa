package egress

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"ringwall/internal/plan"
)

// TestBudgetOfARuleHoldsForAllWays: a rule's bound holds for what comes by the
// address of a credential and by the host's own name together, asked for at
// once. Without a bound all of it gets through.
func TestBudgetOfARuleHoldsForAllWays(t *testing.T) {
	const each, most = 20, 7
	for _, bound := range []int64{0, most} {
		var mu sync.Mutex
		reached := 0
		h := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { mu.Lock(); reached++; mu.Unlock() })
		r, conf := newOpenRig(t, h, intercepted("example.com"), keyControl(func(c *plan.Credential) { c.Host = "example.com" }))
		r.cfg.Plan.Controls[1].Want.Egress.MaxRequests = bound
		r.cfg.Secrets, r.cfg.Placeholders = map[string]string{"key": testSecret}, map[string]string{"key": testPlaceholder}
		r.start(t)
		one, two := clientOf(t, r, conf, false), clientOf(t, r, conf, true)
		var all sync.WaitGroup
		for i := range 3 * each {
			all.Go(func() {
				if i%3 == 0 {
					askAll(t, "127.0.0.1:9001", "GET / HTTP/1.1\r\nHost: 127.0.0.1:9001\r\nConnection: close\r\n\r\n")
					return
				}
				resp, err := []*http.Client{one, two}[i%3-1].Get("https://example.com/")
				if err != nil {
					t.Error(err)
					return
				}
				resp.Body.Close()
			})
		}
		all.Wait()
		want := 3 * each
		if bound > 0 {
			want = most
		}
		if reached != want {
			t.Errorf("bound %d: %d requests left", bound, reached)
		}
		r.Close()
		if text := fmt.Sprint(r.journal.refused()); bound > 0 && !strings.Contains(text, "max_requests") {
			t.Errorf("refused: %.300s", text)
		}
	}
}
