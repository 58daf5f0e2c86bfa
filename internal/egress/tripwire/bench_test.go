package tripwire

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
)

// values are as many as a loop has: five decoys of up to four cores, and four
// placeholders.
func values() []Value {
	r := rand.New(rand.NewPCG(7, 8))
	var out []Value
	for i := range 9 {
		v := Value{Name: fmt.Sprint("value ", i), Kind: Decoy}
		for range 1 + i%3 {
			b := make([]byte, 40)
			for j := range b {
				b[j] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"[r.IntN(62)]
			}
			v.Cores = append(v.Cores, string(b))
		}
		out = append(out, v)
	}
	return out
}

// bodies are what requests carry.
func bodies() map[string][]byte {
	r := rand.New(rand.NewPCG(9, 10))
	random := make([]byte, 1<<20)
	letters := make([]byte, 1<<20)
	for i := range random {
		random[i] = byte(r.Uint32())
		letters[i] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[r.IntN(64)]
	}
	text := `{"model":"m","messages":[{"role":"user","content":"What does this function do?\n\nfunc f(a int) int { return a * 2 } // 100%"}]}` + "\n"
	return map[string][]byte{
		"json":   []byte(strings.Repeat(text, 1<<20/len(text))),
		"random": random, "base64": letters, "zeros": make([]byte, 1<<20),
		"escapes": []byte(strings.Repeat(`%20\n`, 1<<20/5)),
	}
}

func benchStream(b *testing.B, piece int) {
	s, err := New(values())
	if err != nil {
		b.Fatal(err)
	}
	s.index()
	for name, body := range bodies() {
		b.Run(name, func(b *testing.B) {
			st := s.Stream("x:1")
			defer st.Close()
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				for rest := body; len(rest) > 0; {
					n := min(piece, len(rest))
					if _, ok := st.Look(rest[:n]); ok {
						b.Fatal("found")
					}
					rest = rest[n:]
				}
			}
		})
	}
}

func BenchmarkStream(b *testing.B) { benchStream(b, 32<<10) }
func BenchmarkSmall(b *testing.B)  { benchStream(b, 100) }

// BenchmarkNaive is what it is compared with: each whole value, plain only.
func BenchmarkNaive(b *testing.B) {
	vs := values()
	for name, body := range bodies() {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				for _, v := range vs {
					for _, c := range v.Cores {
						if bytes.Contains(body, []byte(c)) {
							b.Fatal("found")
						}
					}
				}
			}
		})
	}
}

// BenchmarkEveryPlace looks each place of the normal form up, not each eighth.
func BenchmarkEveryPlace(b *testing.B) {
	x := newIndex(values())
	for name, body := range bodies() {
		b.Run(name, func(b *testing.B) {
			dst := make([]byte, len(body))
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				n, _ := x.classes.normalise(dst, body, true)
				for at := 0; at+word <= n; at++ {
					w := wordAt(dst, at)
					if h := hash(w) >> x.shift; x.table[h/64]&(1<<(h%64)) != 0 {
						x.confirm(dst[:n], at, w, func(int) bool { return true })
					}
				}
			}
		})
	}
}

// BenchmarkHead is a set's cost for each request: a stream over a small head.
func BenchmarkHead(b *testing.B) {
	s, _ := New(values())
	head := []byte("GET /v1/messages HTTP/1.1\r\nHost: api.example.com\r\nUser-Agent: curl/8\r\nAccept: */*\r\n\r\n")
	s.index()
	b.ReportAllocs()
	for b.Loop() {
		s.Find("x:1", head)
	}
}

func BenchmarkNew(b *testing.B) {
	vs := values()
	b.ReportAllocs()
	for b.Loop() {
		newIndex(vs)
	}
}

// TestMemoryIsBounded: what a stream holds does not grow with what goes through.
func TestMemoryIsBounded(t *testing.T) {
	s, _ := New(values())
	held := func() int64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	s.index()
	before := held()
	st := s.Stream("x:1")
	defer st.Close()
	for _, body := range bodies() {
		for range 8 {
			for at := 0; at < len(body); at += 32 << 10 {
				st.Look(body[at:min(at+32<<10, len(body))])
			}
		}
	}
	grew := held() - before
	runtime.KeepAlive(st)
	if grew > 1<<20 {
		t.Errorf("a stream holds %d bytes", grew)
	}
}
