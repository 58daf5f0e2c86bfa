package egresstest

import (
	"fmt"
	"net"
	"sync"
	"time"
)

// Judge listens somewhere and knows who came.
type Judge struct {
	Addr string

	mu   sync.Mutex
	hits []Hit
}

// Hit is one connection: what came first on it.
type Hit struct {
	From string
	Said string // at most 4 KiB of the first that came
}

// Reached is what a judge says to whoever connects, with its address behind.
const Reached = "you reached "

// Judge listens at an address. It greets with Reached, reads, and closes when
// the other side has ended, or after some seconds.
func (n *Net) Judge(addr string) *Judge {
	n.t.Helper()
	j := &Judge{Addr: addr}
	n.Serve(addr, func(c net.Conn) {
		i := j.came(c)
		fmt.Fprintf(c, "%s%s\n", Reached, addr)
		_ = c.SetReadDeadline(time.Now().Add(3 * time.Second))
		buf := make([]byte, 4096)
		for said := 0; said < len(buf); {
			m, err := c.Read(buf[said:])
			said += m
			j.said(i, string(buf[:said]))
			if err != nil {
				return
			}
		}
	})
	return j
}

func (j *Judge) came(c net.Conn) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.hits = append(j.hits, Hit{From: c.RemoteAddr().String()})
	return len(j.hits) - 1
}

func (j *Judge) said(i int, text string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.hits[i].Said = text
}

// Hits lists who came so far.
func (j *Judge) Hits() []Hit {
	j.mu.Lock()
	defer j.mu.Unlock()
	return append([]Hit(nil), j.hits...)
}
