package egress

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"
)

// BenchmarkPassthrough is the throughput of an open TLS tunnel, 1 MiB each way.
func BenchmarkPassthrough(b *testing.B) {
	r := newRig(b, echo(b), allow("api.example.com", 443)).start(b)
	c := dialTest(b, r.address(b, "api.example.com", 443))
	hello := realHello(b, "api.example.com")
	chunk := make([]byte, 1<<20)
	if _, err := c.Write(hello); err != nil {
		b.Fatal(err)
	}
	if _, err := io.ReadFull(c, make([]byte, len(hello))); err != nil {
		b.Fatal(err)
	}
	back := make([]byte, len(chunk))
	b.SetBytes(2 << 20)
	for b.Loop() {
		go func() { _, _ = c.Write(chunk) }()
		if _, err := io.ReadFull(c, back); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkConnect is a whole small exchange: connect, hello, decision, dial,
// answer, close.
func BenchmarkConnect(b *testing.B) {
	r := newRig(b, echo(b), allow("api.example.com", 443)).start(b)
	addr, hello := r.address(b, "api.example.com", 443), realHello(b, "api.example.com")
	for b.Loop() {
		roundTrip(b, addr, hello, len(hello))
	}
}

// BenchmarkRefusal is a TLS connection that is not allowed, to its alert.
func BenchmarkRefusal(b *testing.B) {
	newRig(b, nobody(b)).start(b)
	hello := realHello(b, "api.example.com")
	for b.Loop() {
		roundTrip(b, "93.184.216.34:443", hello, len(accessDenied))
	}
}

// BenchmarkDirect is BenchmarkConnect without a gateway between.
func BenchmarkDirect(b *testing.B) {
	addr, hello := echo(b), realHello(b, "api.example.com")
	for b.Loop() {
		roundTrip(b, addr, hello, len(hello))
	}
}

func roundTrip(b *testing.B, addr string, first []byte, want int) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write(first); err != nil {
		b.Fatal(err)
	}
	if _, err := io.ReadFull(c, make([]byte, want)); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkKeepAlive is one small plain request after the other on a kept
// connection, and beside it without a gateway.
func BenchmarkKeepAlive(b *testing.B) {
	up := listen(b, func(c net.Conn) {
		in := bufio.NewReader(c)
		for {
			for line := "x"; line != "\r\n"; {
				var err error
				if line, err = in.ReadString('\n'); err != nil {
					return
				}
			}
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello")
		}
	})
	r := newRig(b, up, allow("a.example", 80)).start(b)
	for name, addr := range map[string]string{"gateway": r.address(b, "a.example", 80), "direct": up} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			c := dialTest(b, addr)
			in, req := bufio.NewReader(c), []byte("GET /simple/x HTTP/1.1\r\nHost: a.example\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n")
			for b.Loop() {
				_ = c.SetDeadline(time.Now().Add(time.Minute))
				if _, err := c.Write(req); err != nil {
					b.Fatal(err)
				}
				resp, err := http.ReadResponse(in, nil)
				if err != nil {
					b.Fatal(err)
				}
				_, _ = io.Copy(io.Discard, resp.Body)
			}
		})
	}
}

// BenchmarkHTTPRefusal is a request that a rule refuses, on a kept connection.
func BenchmarkHTTPRefusal(b *testing.B) {
	r := newRig(b, nobody(b), allow("a.example", 80, "GET")).start(b)
	c := dialTest(b, r.address(b, "a.example", 80))
	in := bufio.NewReader(c)
	for b.Loop() {
		_ = c.SetDeadline(time.Now().Add(time.Minute))
		if resp, _ := exchange1(b, c, in, "DELETE /x HTTP/1.1\r\nHost: a.example\r\n\r\n"); resp.StatusCode != 403 {
			b.Fatal(resp.Status)
		}
	}
}

// BenchmarkTransfer is the throughput of one download of 1 GiB: through a TLS
// tunnel, as plain HTTP, and without a gateway.
func BenchmarkTransfer(b *testing.B) {
	const size = 1 << 30
	block := make([]byte, 1<<20)
	up := listen(b, func(c net.Conn) {
		first := make([]byte, 4<<10)
		n, _ := c.Read(first)
		if first[0] == 'G' {
			fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", size)
		} else {
			_, _ = c.Write(first[:n])
		}
		for range size / len(block) {
			if _, err := c.Write(block); err != nil {
				return
			}
		}
	})
	r := newRig(b, up, allow("a.example", 80), allow("a.example", 443)).start(b)
	get := []byte("GET / HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n")
	for _, way := range []struct {
		name, addr string
		first      []byte
	}{
		{"tunnel", r.address(b, "a.example", 443), realHello(b, "a.example")},
		{"http", r.address(b, "a.example", 80), get},
		{"direct", up, get},
	} {
		b.Run(way.name, func(b *testing.B) {
			b.SetBytes(size)
			for b.Loop() {
				c := dialTest(b, way.addr)
				_ = c.SetDeadline(time.Now().Add(time.Minute))
				_, _ = c.Write(way.first)
				if n, _ := io.Copy(io.Discard, c); n < size {
					b.Fatal(n)
				}
				c.Close()
			}
		})
	}
}
