package egress

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestRedactor(t *testing.T) {
	const secret, placeholder = "sk-aab-aac", "PLACEHOLDER"
	for _, in := range []string{
		"", "nothing here", secret, "x" + secret + "y", secret + secret, "sk-aab-aa", "sk-aab-sk-aab-aac",
		"sk-sk-sk-aab-aac" + strings.Repeat("z", 40000) + secret, strings.Repeat("sk-aab-aa", 5000),
	} {
		want := strings.ReplaceAll(in, secret, placeholder)
		for name, src := range map[string]io.Reader{
			"whole": strings.NewReader(in), "bytes": iotest.OneByteReader(strings.NewReader(in)),
			"halves": iotest.HalfReader(strings.NewReader(in)), "with EOF": iotest.DataErrReader(strings.NewReader(in)),
		} {
			got, err := io.ReadAll(newRedactor(io.NopCloser(src), secret, placeholder))
			if err != nil || string(got) != want {
				t.Errorf("%s: %d bytes become %d, %v", name, len(in), len(got), err)
			}
		}
	}
}

// An event that does not end in the beginning of the secret is not held back.
func TestRedactorDoesNotDelay(t *testing.T) {
	pr, pw := io.Pipe()
	defer pw.Close()
	r := newRedactor(pr, "sk-secret", "P")
	go func() { _, _ = pw.Write([]byte("data: s\n\n")) }()
	buf := make([]byte, 64)
	n, err := r.Read(buf)
	if err != nil || string(buf[:n]) != "data: s\n\n" {
		t.Errorf("%q, %v", buf[:n], err)
	}
}

func FuzzRedactor(f *testing.F) {
	f.Add([]byte("a sk-1 b"), "sk-1", uint8(3))
	f.Add([]byte("aaaaab"), "aab", uint8(1))
	f.Fuzz(func(t *testing.T, in []byte, secret string, step uint8) {
		if secret == "" || len(in) > 4096 {
			return
		}
		src := &stepReader{bytes.NewReader(in), int(step)%7 + 1}
		got, err := io.ReadAll(newRedactor(io.NopCloser(src), secret, "\x00"))
		if want := bytes.ReplaceAll(in, []byte(secret), []byte("\x00")); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("%q without %q is %q, want %q (%v)", in, secret, got, want, err)
		}
	})
}

type stepReader struct {
	io.Reader
	step int
}

func (s *stepReader) Read(p []byte) (int, error) { return s.Reader.Read(p[:min(len(p), s.step)]) }
