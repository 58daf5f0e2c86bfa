package egress

import (
	"fmt"
	"sync/atomic"
)

// Requests that wait for their upstreams hold memory: a connection of HTTP/2 has
// many at once, each with a head of its own. These bound all of them together;
// requests of HTTP/1 are as many as connections at most.
const (
	maxAtOnce  = maxConns
	maxHeads   = 64 << 20 // bytes of heads
	maxStreams = 100      // of one connection of HTTP/2
)

// load is what is held by the requests that were let through and have not ended.
type load struct {
	requests, heads atomic.Int64
	most            int64 // bytes of heads
}

// take counts a request with a head of so many bytes, or says why there is no
// room for it.
func (l *load) take(head int) (why string) {
	n, b := l.requests.Add(1), l.heads.Add(int64(head))
	switch {
	case n > maxAtOnce:
		why = fmt.Sprintf("%d requests are served at once, which is the most", maxAtOnce)
	case b > l.most:
		why = fmt.Sprintf("the heads of the requests that are served at once have more than %d MiB together", l.most>>20)
	default:
		return ""
	}
	l.give(head)
	return why
}

func (l *load) give(head int) {
	l.requests.Add(-1)
	l.heads.Add(-int64(head))
}
