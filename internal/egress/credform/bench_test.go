package credform

import (
	"bytes"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
)

// BenchmarkRedact: what an answer costs, of text as models write it and of
// bytes in which everything occurs.
func BenchmarkRedact(b *testing.B) {
	r := NewRedactor("P", Value{Secret: "sk-ant-api03-" + strings.Repeat("aB3_", 24)})
	random := make([]byte, 1<<20)
	for i := range random {
		random[i] = byte(rand.Uint32())
	}
	for name, text := range map[string][]byte{
		"text":   bytes.Repeat([]byte("event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0}\n\n"), 14000),
		"random": random,
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				_, _ = io.Copy(io.Discard, r.Reader(io.NopCloser(bytes.NewReader(text)), nil))
			}
		})
	}
}

// BenchmarkNewRedactor: a token of two kilobytes, as sign-ins have them.
func BenchmarkNewRedactor(b *testing.B) {
	token := strings.Repeat("eyJhbGciOi.J-", 160)
	b.ReportAllocs()
	for b.Loop() {
		NewRedactor("P", Value{Secret: token})
	}
}
