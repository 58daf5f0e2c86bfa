package credform

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/url"
	"strings"
	"testing"
	"testing/iotest"
)

const canary = "sk-live+/9=\"<Zq8&" + "0123456789abcdefXYZ"

// TestEverySpellingIsTakenOut: whatever a server does to repeat a secret, no
// long part of it comes back; without redaction all of it does.
func TestEverySpellingIsTakenOut(t *testing.T) {
	inJSON, _ := json.Marshal(map[string]string{"key": canary})
	spelled := map[string]string{
		"plain": canary, "in text": "a" + canary + "b" + canary, "JSON": string(inJSON),
		"query": url.Values{"k": {canary}}.Encode(), "path": url.PathEscape(canary), "HTML": html.EscapeString(canary),
		"lower": strings.NewReplacer("%2B", "%2b", "%2F", "%2f", "%3D", "%3d", "%3C", "%3c").Replace(url.QueryEscape(canary)),
		"small": strings.ToLower(canary), "capitals": strings.ToUpper(canary),
		"UTF-16": between(canary, "\x00"), "numbers": strings.ReplaceAll(strings.Trim(fmt.Sprint([]byte(canary)), "[]"), " ", ","),
		"hex": hex.EncodeToString([]byte(canary)), "HEX": strings.ToUpper(hex.EncodeToString([]byte(canary))),
	}
	for _, before := range []string{"", "u", "u:", "user:"} {
		for _, after := range []string{"", "\n", "zz"} {
			text := []byte(before + canary + after)
			spelled["std "+before+"|"+after] = base64.StdEncoding.EncodeToString(text)
			spelled["url "+before+"|"+after] = base64.RawURLEncoding.EncodeToString(text)
		}
	}
	r := NewRedactor("PLACEHOLDER", Value{Secret: canary})
	for name, text := range spelled {
		got := r.String("<" + text + ">")
		if part := common(text, got, 8); part != "" {
			t.Errorf("%s: %q is left in %q", name, part, got)
		}
		if common(text, "<"+text+">", 8) == "" {
			t.Errorf("%s: the search finds nothing where all is left", name)
		}
		for how, src := range map[string]io.Reader{"bytes": iotest.OneByteReader(strings.NewReader(text)), "halves": iotest.HalfReader(strings.NewReader(text))} {
			b, err := io.ReadAll(r.Reader(io.NopCloser(src), nil))
			if err != nil || string(b) != r.String(text) {
				t.Errorf("%s in %s: %q, %v", name, how, b, err)
			}
		}
	}
}

// TestBase64OfBase64: of a key that is sent in basic authentication and comes
// back in a body that is sent in base64 only what stands around it is left.
func TestBase64OfBase64(t *testing.T) {
	for _, user := range []string{"", "u", "us", "use"} {
		for _, before := range []string{"", "B", "Ba", "Bas"} {
			inner := base64.StdEncoding.EncodeToString([]byte(user + ":" + canary))
			text := base64.StdEncoding.EncodeToString([]byte(before + inner + "zz"))
			if got := NewRedactor("P", Value{Secret: canary}).String(text); common(text, got, 14) != "" {
				t.Errorf("%s, %s: %q", user, before, got)
			}
		}
	}
}

// common is a part of a, at least n long and longer than what the spelling
// itself adds, that is in b.
func common(a, b string, n int) string {
	a = strings.TrimPrefix(strings.TrimPrefix(a, `{"key":"`), "k=")
	for i := 0; i+n <= len(a); i++ {
		if strings.Contains(b, a[i:i+n]) {
			return a[i : i+n]
		}
	}
	return ""
}

func TestSeveralSecrets(t *testing.T) {
	r := NewRedactor("P", Value{Secret: "one-secret-1", ID: "AKIDONE9", Token: "one-secret-1-and-more"}, Value{Secret: "secret-12345678"})
	for in, want := range map[string]string{
		"":                                 "",
		"one-secret-":                      "one-secret-",
		"AKIDONE9 one-secret-1!":           "P P!",
		"x one-secret-1-and-more y":        "x P y",
		"x one-secret-1-and-mor":           "x P-and-mor",
		"x one-secret-12345678 y":          "x P y", // two that overlap
		"one-secret-1one-secret-1AKIDONE9": "PPP",
	} {
		if got := r.String(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	h := map[string][]string{"Location": {"https://h/?k=one-secret-1"}}
	if r.Header(h); h["Location"][0] != "https://h/?k=P" {
		t.Errorf("header is %q", h)
	}
}

// An event that does not end in the beginning of the secret is not held back.
func TestRedactorDoesNotDelay(t *testing.T) {
	pr, pw := io.Pipe()
	defer pw.Close()
	r := NewRedactor("P", Value{Secret: "sk-secret-secret"}).Reader(pr, nil)
	for _, event := range []string{"data: s\n\n", "data: {\"a\": \"sk-secre\"}\n\n"} {
		go func() { _, _ = pw.Write([]byte(event)) }()
		buf := make([]byte, 64)
		n, err := r.Read(buf)
		if err != nil || string(buf[:n]) != event {
			t.Errorf("%q, %v", buf[:n], err)
		}
	}
}

// TestRedactorIsBounded: whatever comes, no more is kept than the longest
// spelling and what is being read.
func TestRedactorIsBounded(t *testing.T) {
	r := NewRedactor("P", Value{Secret: strings.Repeat("ab", 40)})
	p := pass{r: r}
	for range 2000 {
		p.take(bytes.Repeat([]byte("ab"), 2000))
		if p.out = p.out[:0]; p.pos-p.done > 1000 || len(p.found) > 1000 || len(p.buf) > 8000 {
			t.Fatalf("%d bytes and %d words are kept", p.pos-p.done, len(p.found))
		}
	}
	if cap(p.out) > 1<<20 {
		t.Errorf("%d bytes were given out at once", cap(p.out))
	}
}

// FuzzRedactor holds the stream, in pieces of any size, against a search that
// looks for each word by itself.
func FuzzRedactor(f *testing.F) {
	f.Add([]byte("a sk-1 b"), "sk-1", "k-1 b", uint8(3))
	f.Add([]byte("aaaaab"), "aab", "aaa", uint8(1))
	f.Add([]byte("ababababab"), "abab", "b", uint8(2))
	f.Add([]byte("c2VjcmV0LXNlY3JldA=="), "secret-secret", "", uint8(5))
	f.Fuzz(func(t *testing.T, in []byte, one, two string, step uint8) {
		if one == "" || len(in) > 2000 || len(one)+len(two) > 200 {
			return
		}
		r := NewRedactor("\x00", Value{Secret: one, Token: two})
		src := &stepReader{bytes.NewReader(in), int(step)%7 + 1}
		got, err := io.ReadAll(r.Reader(io.NopCloser(src), nil))
		if want := slowly(in, "\x00", one, two); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("%q without %q and %q is %q, want %q (%v)", in, one, two, got, want, err)
		}
	})
}

// slowly marks every byte that is part of a word. Where words touch without
// sharing a byte, each is one.
func slowly(in []byte, placeholder string, secrets ...string) (out []byte) {
	gone, joined := make([]bool, len(in)+1), make([]bool, len(in)+1) // joined: with the byte before it
	for _, secret := range secrets {
		if secret == "" {
			continue
		}
		for _, w := range spellings(secret) {
			for i := 0; i+len(w) <= len(in); i++ {
				for j := i; string(in[i:i+len(w)]) == w && j < i+len(w); j++ {
					gone[j], joined[j] = true, joined[j] || j > i
				}
			}
		}
	}
	for i, b := range in {
		switch {
		case !gone[i]:
			out = append(out, b)
		case !joined[i]:
			out = append(out, placeholder...)
		}
	}
	return out
}

type stepReader struct {
	io.Reader
	step int
}

func (s *stepReader) Read(p []byte) (int, error) { return s.Reader.Read(p[:min(len(p), s.step)]) }
