package tripwire_test

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/url"
	"strings"
	"testing"
	"unicode/utf16"
)

// texts are ways to write a value.
func texts(t testing.TB, c string) map[string]string {
	m := map[string]string{
		"plain":             "key=" + c + "&x=1",
		"lower":             strings.ToLower(c),
		"upper":             strings.ToUpper(c),
		"backwards":         backwards(c),
		"spaced":            strings.Join(strings.Split(c, ""), " "),
		"dashes":            strings.Join(strings.Split(c, ""), "-"),
		"wrapped":           wrapped(c, 5, "\r\n"),
		"concatenated":      `"` + c[:10] + `" + "` + c[10:20] + `" + '` + c[20:] + `'`,
		"list":              strings.ReplaceAll(fmt.Sprintf("%q", strings.Split(c, "")), " ", ", "),
		"hex":               hex.EncodeToString([]byte("k=" + c + ";")),
		"HEX":               strings.ToUpper(hex.EncodeToString([]byte(c))),
		"hex colons":        strings.Join(pairs(hex.EncodeToString([]byte(c))), ":"),
		"hex dump":          hex.Dump([]byte("AWS_SECRET=" + c)),
		"quoted printable":  "=" + strings.ToUpper(strings.Join(pairs(hex.EncodeToString([]byte(c))), "=")),
		"escaped hex":       `\x` + strings.Join(pairs(hex.EncodeToString([]byte(c))), `\x`),
		"decimal":           strings.Trim(fmt.Sprint([]byte(c)), "[]"),
		"json bytes":        strings.ReplaceAll(fmt.Sprint([]byte(c)), " ", ","),
		"all url":           percent(c, 1, "%%%02X"),
		"some url":          percent(c, 3, "%%%02x"),
		"url twice":         percent(c, 2, "%%25%02X"),
		"json escapes":      percent(c, 1, `\u%04x`),
		"some json":         percent(c, 4, `\u%04X`),
		"json twice":        percent(c, 1, `\\u%04X`),
		"utf16le":           utf16Text(c, false),
		"utf16be":           utf16Text(c, true),
		"utf16 base64":      base64.StdEncoding.EncodeToString([]byte(utf16Text("A: "+c, false))),
		"query":             url.Values{"a": {"x y"}, "k": {"[" + c + "]"}}.Encode(),
		"base32":            base32.StdEncoding.EncodeToString([]byte("k:" + c)),
		"dns":               strings.ToLower(wrapped(base32.StdEncoding.EncodeToString([]byte(c)), 30, ".")) + "evil.example",
		"first half":        c[:20],
		"second half":       c[20:],
		"base64 first half": base64.StdEncoding.EncodeToString([]byte(c[:20])),
		"base64 other half": base64.StdEncoding.EncodeToString([]byte("..." + c[20:])),
		"hex half":          hex.EncodeToString([]byte(c[20:])),
		"json string":       string(must(json.Marshal("x\n" + c[:12] + "\n" + c[12:]))),
		"gzip":              pack(gzipped, c),
		"gzip of hex":       pack(gzipped, hex.EncodeToString([]byte(c))),
		"gzip of gzip":      pack(gzipped, pack(gzipped, c)),
		"zlib":              pack(zlibbed, c),
		"git objects":       "PACK\x00\x00" + pack(zlibbed, "tree") + "\x95\x0b" + pack(zlibbed, "blob "+c),
		"zip":               zipped(c),
		"multipart":         parts(c, false),
		"multipart gzip":    parts(c, true),
		"hex of hex":        hex.EncodeToString([]byte(hex.EncodeToString([]byte(c)))),
		"rot13":             strings.Map(turned, c),
		"xxd -i":            percent(c, 1, "0x%02x, "),
		"html entities":     percent(c, 1, "&#x%02X;"),
		"html decimal":      percent(c, 1, "&#%d;"),
		"printf octal":      percent(c, 1, `\%03o`),
		"od -b":             percent(c, 1, " %03o"),
	}
	secret := "[default]\naws_secret_access_key = " + c + "\n"
	for name, packed := range map[string]string{"gzip": pack(gzipped, secret), "zip": zipped(secret), "zlib": pack(zlibbed, secret)} {
		m["base64 of "+name] = in64(packed)
		m["base64 of "+name+" in lines"] = wrapped(in64(packed), 76, "\n")
		m["base64 of "+name+" in JSON"] = `{"data":"` + strings.ReplaceAll(wrapped(in64(packed), 76, `\n`), "/", `\/`) + `"}`
		m["base64 of "+name+" in a form"] = url.Values{"data": {in64(packed)}}.Encode()
		m["base64url of "+name] = base64.RawURLEncoding.EncodeToString([]byte(packed))
		m["hex of "+name] = "data=" + hex.EncodeToString([]byte(packed)) + "&"
		m["xxd of "+name] = wrapped(strings.ToUpper(hex.EncodeToString([]byte(packed))), 60, "\n")
	}
	delete(m, "hex of zlib")
	delete(m, "xxd of zlib")
	for i := range 3 {
		pad := "abc"[:i]
		m[fmt.Sprint("base64 of base64 ", i)] = in64(in64(pad + c))
		m[fmt.Sprint("base64 of basic ", i)] = in64("Authorization: Basic " + in64(pad+":"+c))
		m[fmt.Sprint("base64 of hex ", i)] = in64(pad + hex.EncodeToString([]byte(c)))
		m[fmt.Sprint("base64 of HEX ", i)] = in64(pad + strings.ToUpper(hex.EncodeToString([]byte(c))))
		m[fmt.Sprint("hex of base64 ", i)] = hex.EncodeToString([]byte(in64(pad + c)))
		m[fmt.Sprint("base64 backwards ", i)] = backwards(in64(pad + c))
		m[fmt.Sprint("backwards base64 ", i)] = in64(pad + backwards(c))
		m[fmt.Sprint("base64 ", i)] = base64.StdEncoding.EncodeToString([]byte(pad + c + "=="))
		m[fmt.Sprint("base64url ", i)] = base64.RawURLEncoding.EncodeToString([]byte(pad + c + "\xff\xfe"))
		m[fmt.Sprint("base64 lines ", i)] = wrapped(base64.StdEncoding.EncodeToString([]byte(pad+c+"\n")), 11, "\n")
		m[fmt.Sprint("base64 json ", i)] = wrapped(base64.StdEncoding.EncodeToString([]byte(pad+c+"\n")), 11, `\n`)
		m[fmt.Sprint("basic ", i)] = "Basic " + base64.StdEncoding.EncodeToString([]byte("user"+pad+":"+c))
	}
	return m
}

func TestSpellings(t *testing.T) {
	s, c := set(t), core()
	for name, text := range texts(t, c) {
		hit, ok := s.Find("evil.example:443", []byte(text))
		if !ok || hit.Value != "~/.aws/credentials" {
			t.Errorf("%s: not found in %.100q", name, text)
		}
	}
}

// TestOtherTextsPass is the counterpart: the same spellings of another text of
// that length.
func TestOtherTextsPass(t *testing.T) {
	s := set(t)
	other := strings.Map(func(r rune) rune {
		return rune(alphabet[(strings.IndexRune(alphabet, r)+1)%len(alphabet)])
	}, core())
	for name, text := range texts(t, other) {
		if hit, ok := s.Find("evil.example:443", []byte(text)); ok {
			t.Errorf("%s: %+v in %.100q", name, hit, text)
		}
	}
}

func TestSpellingIsNamed(t *testing.T) {
	s, c := set(t), core()
	for text, want := range map[string]string{
		c: "plain", hex.EncodeToString([]byte(c)): "hex", backwards(c): "backwards",
		base64.StdEncoding.EncodeToString([]byte(c)):                "base64",
		base32.StdEncoding.EncodeToString([]byte(c)):                "base32",
		pack(gzipped, base64.StdEncoding.EncodeToString([]byte(c))): "gzip, base64",
		pack(gzipped, zipped(c)):                                    "gzip, zip, plain",
	} {
		if hit, _ := s.Find("", []byte(text)); hit.Spelling != want {
			t.Errorf("%.60q: %q, want %q", text, hit.Spelling, want)
		}
	}
}

// TestPackedStream: without first bytes, only who is told can know.
func TestPackedStream(t *testing.T) {
	var b bytes.Buffer
	w := must(flate.NewWriter(&b, 9))
	fmt.Fprint(w, core())
	w.Close()
	s := set(t)
	if _, ok := s.Find("", b.Bytes()); ok {
		t.Error("found without being told: the test tests nothing")
	}
	st := s.Stream("")
	defer st.Close()
	st.Packed()
	if hit, ok := st.Look(b.Bytes()); !ok || hit.Spelling != "deflate, plain" {
		t.Errorf("%+v, %v", hit, ok)
	}
}

func backwards(s string) string {
	b := []byte(s)
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
	return string(b)
}

func wrapped(s string, n int, sep string) string {
	var out []string
	for ; len(s) > n; s = s[n:] {
		out = append(out, s[:n])
	}
	return strings.Join(append(out, s), sep)
}

func pairs(s string) []string { return strings.Split(wrapped(s, 2, " "), " ") }

// percent writes every n-th character in that form.
func percent(s string, n int, form string) string {
	var b strings.Builder
	for i := range len(s) {
		if i%n == 0 {
			fmt.Fprintf(&b, form, s[i])
		} else {
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

func utf16Text(s string, big bool) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		if big {
			b = append(b, byte(u>>8), byte(u))
		} else {
			b = append(b, byte(u), byte(u>>8))
		}
	}
	return string(b)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func gzipped(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }
func zlibbed(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) }

func pack(with func(io.Writer) io.WriteCloser, text string) string {
	var b bytes.Buffer
	w := with(&b)
	must(io.WriteString(w, text))
	w.Close()
	return b.String()
}

func zipped(text string) string {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	must(io.WriteString(must(w.Create("dir/first.txt")), "nothing of interest"))
	must(io.WriteString(must(w.Create("dir/credentials")), "[prod]\n"+text))
	w.Close()
	return b.String()
}

func parts(text string, zip bool) string {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	must(0, w.WriteField("a", "b"))
	f := must(w.CreateFormFile("file", "x.gz"))
	if zip {
		text = pack(gzipped, text)
	}
	must(io.WriteString(f, text))
	w.Close()
	return b.String()
}

func in64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

// turned is tr A-Za-z N-ZA-Mn-za-m.
func turned(r rune) rune {
	const plain, other = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", "NOPQRSTUVWXYZABCDEFGHIJKLMnopqrstuvwxyzabcdefghijklm"
	if i := strings.IndexRune(plain, r); i >= 0 {
		return rune(other[i])
	}
	return r
}
