package egress

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/net/http2"
)

// TestStreamsAreBounded: large requests that wait for their upstream, many on
// each connection, are let through up to a bound for all; when they are over
// there is room again. Where the bound is high enough all get through.
func TestStreamsAreBounded(t *testing.T) {
	const size, conns, streams = 30 << 10, 2, 50
	for most, want := range map[int64]int{maxHeads: conns * streams, 20 * size: 19} {
		hang, arrived := make(chan struct{}), make(chan struct{}, conns*streams)
		r, conf := newOpenRig(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/hang" {
				arrived <- struct{}{}
				<-hang
			}
		}), intercepted("example.com"))
		r.start(t)
		r.load.most = most
		lines := []string{":method: GET", ":scheme: https", ":authority: example.com", ":path: /hang"}
		for i := range 10 {
			lines = append(lines, fmt.Sprintf("x-%d: %s", i, strings.Repeat("a", size/10)))
		}
		for range conns {
			k := newRaw2(t, r, conf)
			for i := range uint32(streams) {
				k.large(1+2*i, lines)
			}
		}
		waitFor(t, func() bool { return len(arrived)+int(r.refused.Load()) == conns*streams })
		if n := len(arrived); n != want {
			t.Errorf("at most %d bytes: %d requests arrived, want %d", most, n, want)
		}
		close(hang)
		waitFor(t, func() bool { return r.load.heads.Load() == 0 && r.load.requests.Load() == 0 })
		if got := newRaw2(t, r, conf).ask("", true, plain2()...); got != "200" {
			t.Errorf("at most %d bytes: afterwards %s", most, got)
		}
		r.Close()
	}
}

// large sends a head that needs more than one frame.
func (k *raw2) large(id uint32, lines []string) {
	const frame = 16 << 10
	b := k.block(lines...)
	n := min(len(b), frame)
	_ = k.WriteHeaders(http2.HeadersFrameParam{StreamID: id, EndStream: true, BlockFragment: b[:n], EndHeaders: n == len(b)})
	for b = b[n:]; len(b) > 0; b = b[n:] {
		n = min(len(b), frame)
		_ = k.WriteContinuation(id, n == len(b), b[:n])
	}
}

func TestLoadCountsRequests(t *testing.T) {
	l := load{most: maxHeads}
	for range maxAtOnce {
		if why := l.take(1); why != "" {
			t.Fatal(why)
		}
	}
	if l.take(1) == "" {
		t.Error("one more than the most is taken")
	}
	l.give(1)
	if why := l.take(1); why != "" {
		t.Error(why)
	}
	if l.take(maxHeads) == "" || l.heads.Load() != maxAtOnce {
		t.Error("a refused one counts")
	}
}
