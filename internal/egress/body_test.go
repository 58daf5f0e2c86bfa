package egress

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

// memConn is a connection that only gives what is in r.
type memConn struct {
	net.Conn
	r io.Reader
}

func (c memConn) Read(p []byte) (int, error)      { return c.r.Read(p) }
func (c memConn) SetReadDeadline(time.Time) error { return nil }

// readBody reads a body and what follows it.
func readBody(r io.Reader, length int64) (data, rest string, err error) {
	in := &inbound{conn: memConn{r: r}, buf: make([]byte, firstBuffer)}
	b := newBody(in, length, func() error { return nil })
	got, err := io.ReadAll(b)
	if err != nil {
		return string(got), "", err
	}
	after, _ := io.ReadAll(in)
	return string(got), string(after), nil
}

var goodChunks = map[string]string{
	"0\r\n\r\n":             "",
	"3\r\nabc\r\n0\r\n\r\n": "abc",
	"03\r\nabc\r\nA\r\n0123456789\r\n00\r\n\r\n":             "abc0123456789",
	"1\r\na\r\n0\r\nX-Sum: 1\r\nY:\r\n\r\n":                  "a",
	"7\r\n\r\n0\r\n\r\n\r\n0\r\n\r\n":                        "\r\n0\r\n\r\n",
	"1000\r\n" + strings.Repeat("y", 4096) + "\r\n0\r\n\r\n": strings.Repeat("y", 4096),
}

var badChunks = map[string]string{
	"bare LF after size":  "3\nabc\r\n0\r\n\r\n",
	"bare LF after data":  "3\r\nabc\n0\r\n\r\n",
	"bare LF at the end":  "3\r\nabc\r\n0\r\n\n",
	"extension":           "3;x=y\r\nabc\r\n0\r\n\r\n",
	"blank before size":   " 3\r\nabc\r\n0\r\n\r\n",
	"blank after size":    "3 \r\nabc\r\n0\r\n\r\n",
	"tab after size":      "3\t\r\nabc\r\n0\r\n\r\n",
	"sign":                "+3\r\nabc\r\n0\r\n\r\n",
	"0x":                  "0x3\r\nabc\r\n0\r\n\r\n",
	"underscore":          "1_0\r\n" + strings.Repeat("x", 16) + "\r\n0\r\n\r\n",
	"no digits":           "\r\nabc\r\n0\r\n\r\n",
	"not hexadecimal":     "g\r\nabc\r\n0\r\n\r\n",
	"too large":           "ffffffffffffffff\r\nabc\r\n0\r\n\r\n",
	"data too long":       "3\r\nabcd\r\n0\r\n\r\n",
	"data too short":      "4\r\nabc\r\n0\r\n\r\n",
	"cut in a chunk":      "4\r\nab",
	"cut before the last": "3\r\nabc\r\n",
	"cut at the end":      "3\r\nabc\r\n0\r\n",
	"bare CR":             "3\rabc\r\n0\r\n\r\n",
	"NUL in size":         "3\x00\r\nabc\r\n0\r\n\r\n",
	"bad trailer":         "0\r\nno colon\r\n\r\n",
	"folded trailer":      "0\r\nA: b\r\n c\r\n\r\n",
	"many trailers":       "0\r\n" + strings.Repeat("A: bbbbbbbbbbbbbbbb\r\n", maxTrailers/18) + "\r\n",
	"long size line":      strings.Repeat("0", 100) + "3\r\nabc\r\n0\r\n\r\n",
}

func TestBody(t *testing.T) {
	const next = "GET / HTTP/1.1\r\n"
	for in, want := range goodChunks {
		for name, r := range map[string]io.Reader{"whole": strings.NewReader(in + next), "bytes": iotest.OneByteReader(strings.NewReader(in + next))} {
			if got, rest, err := readBody(r, unknownLength); got != want || rest != next || err != nil {
				t.Errorf("%q, %s: %q, then %q, %v", in, name, got, rest, err)
			}
		}
	}
	for name, in := range badChunks {
		var bad errBody
		if got, _, err := readBody(strings.NewReader(in), unknownLength); !errors.As(err, &bad) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	for length, want := range map[int64]string{0: "", 3: "abc", 6: "abcdef"} {
		if got, rest, err := readBody(strings.NewReader("abcdef"), length); got != want || rest != "abcdef"[length:] || err != nil {
			t.Errorf("length %d: %q, then %q, %v", length, got, rest, err)
		}
	}
	if _, _, err := readBody(strings.NewReader("abc"), 4); err == nil {
		t.Error("a body that is cut short is taken")
	}
}

// What the gateway takes, net/http reads as the same bytes.
func FuzzChunkedBody(f *testing.F) {
	for in := range goodChunks {
		f.Add([]byte(in))
	}
	for _, in := range badChunks {
		f.Add([]byte(in))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got, rest, err := readBody(bytes.NewReader(b), unknownLength)
		if err != nil {
			return
		}
		src := bufio.NewReader(bytes.NewReader(b))
		want, err := io.ReadAll(httputil.NewChunkedReader(src))
		if err != nil || string(want) != got {
			t.Fatalf("the gateway reads %q, net/http %q, %v", got, want, err)
		}
		if !strings.HasSuffix(string(b), rest) {
			t.Fatalf("what follows is %q", rest)
		}
		head := "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
		r, err := http.ReadRequest(bufio.NewReader(io.MultiReader(strings.NewReader(head), bytes.NewReader(b))))
		if err != nil {
			t.Fatal(err)
		}
		if whole, err := io.ReadAll(r.Body); err == nil && string(whole) != got {
			t.Fatalf("net/http reads the request's body as %q, %v", whole, err)
		}
	})
}
