package egress

import (
	"io"
	"net"
	"testing"
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
