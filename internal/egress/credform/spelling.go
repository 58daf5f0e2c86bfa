package credform

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"html"
	"net/url"
	"strings"
)

// minSpelled is the least length, in bytes, of a spelling that is looked for:
// a shorter one would be found in text that has nothing to do with a secret.
const minSpelled = 8

// spellings are the forms in which a server repeats what it was sent: as it is,
// in URLs, in JSON, in HTML, in base64, and in hexadecimal digits.
func spellings(secret string) []string {
	all := []string{
		url.QueryEscape(secret), url.PathEscape(secret), escape(secret, ""),
		lowerEscapes(url.QueryEscape(secret)), lowerEscapes(escape(secret, "")),
		inJSON(secret, true), inJSON(secret, false), strings.ReplaceAll(inJSON(secret, false), "/", `\/`),
		html.EscapeString(secret), strings.ReplaceAll(html.EscapeString(secret), "&#34;", "&quot;"),
		hex.EncodeToString([]byte(secret)), strings.ToUpper(hex.EncodeToString([]byte(secret))),
	}
	for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for before := range 3 {
			all = append(all, inBase64(enc, secret, before))
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

// inBase64 is what is always the same of a secret in the middle of a text in
// base64, with so many bytes before it: the characters at both ends hold bits of
// what stands beside it.
func inBase64(enc *base64.Encoding, secret string, before int) string {
	s := enc.EncodeToString(append(make([]byte, before), secret...))
	from := (before*8 + 5) / 6
	to := (before + len(secret)) * 8 / 6
	return s[from:to]
}
