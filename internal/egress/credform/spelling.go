package credform

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"html"
	"net/url"
	"strconv"
	"strings"
)

// minSpelled is the least length, in bytes, of a spelling that is looked for:
// a shorter one would be found in text that has nothing to do with a secret.
const minSpelled = 8

// maxTwice bounds what is looked for in base64 twice: the tokens of sign-ins are
// not sent by basic authentication, and would take much memory.
const maxTwice = 256

// spellings are the forms in which a server repeats what it was sent: as it is,
// in letters of one case, in URLs, in JSON, in HTML, in UTF-16, in base64, in that
// once more (basic authentication in a body that is sent in base64), as numbers,
// and in hexadecimal digits.
func spellings(secret string) []string {
	all := []string{
		url.QueryEscape(secret), url.PathEscape(secret), escape(secret, ""),
		lowerEscapes(url.QueryEscape(secret)), lowerEscapes(escape(secret, "")),
		inJSON(secret, true), inJSON(secret, false), strings.ReplaceAll(inJSON(secret, false), "/", `\/`),
		html.EscapeString(secret), strings.ReplaceAll(html.EscapeString(secret), "&#34;", "&quot;"),
		hex.EncodeToString([]byte(secret)), strings.ToUpper(hex.EncodeToString([]byte(secret))),
		strings.ToLower(secret), strings.ToUpper(secret), numbers(secret, ","), numbers(secret, ", "),
		between(secret, "\x00"),
	}
	once := allBase64(secret)
	all = append(all, once...)
	for _, s := range once {
		if len(s) >= minSpelled && len(secret) <= maxTwice {
			all = append(all, allBase64(s)...)
		}
	}
	seen := map[string]bool{secret: true}
	out := []string{secret}
	for _, s := range all {
		if len(s) >= minSpelled && !seen[s] {
			seen[s], out = true, append(out, s)
		}
	}
	return out
}

func lowerEscapes(s string) string {
	b := []byte(s)
	for i := 0; i+2 < len(b); i++ {
		if b[i] == '%' {
			copy(b[i:], strings.ToLower(s[i:i+3]))
		}
	}
	return string(b)
}

// inJSON is a string of JSON without its quotes; some writers escape "<>&" too.
func inJSON(s string, escapeHTML bool) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(escapeHTML)
	_ = e.Encode(s) // a string always has a form
	return strings.Trim(strings.TrimSuffix(b.String(), "\n"), `"`)
}

// numbers are the bytes in decimal digits.
func numbers(s, sep string) string {
	var b []byte
	for i := range len(s) {
		if i > 0 {
			b = append(b, sep...)
		}
		b = strconv.AppendUint(b, uint64(s[i]), 10)
	}
	return string(b)
}

// between puts sep between all bytes: with a zero it is UTF-16 in either order.
func between(s, sep string) string { return strings.Join(strings.Split(s, ""), sep) }

// allBase64 is a text in the middle of another one, in both alphabets.
func allBase64(s string) (out []string) {
	for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for before := range 3 {
			out = append(out, inBase64(enc, s, before))
		}
	}
	return out
}

// inBase64 is what is always the same of a secret in the middle of a text in
// base64, with so many bytes before it: the characters at both ends hold bits of
// what stands beside it.
func inBase64(enc *base64.Encoding, secret string, before int) string {
	s := enc.EncodeToString(append(make([]byte, before), secret...))
	from := (before*8 + 5) / 6
	to := (before + len(secret)) * 8 / 6
	return s[from:to]
}
