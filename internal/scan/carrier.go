package scan

import (
	"strings"
	"unicode"
)

var (
	// A text without a blank that is longer than any checksum.
	blobForm  = lazy(`[A-Za-z0-9+/_-]{160,}={0,2}`)
	image     = lazy(`!\[[^\]\n]*\]\(\s*<?(https?://[^)\s]+)|<img\b[^<>]*\bsrc\s*=\s*["']?(https?://[^"'\s>]+)`)
	anyLink   = lazy(`https?://[^\s<>"'()]+`)
	openPlace = lazy(`\$\{?[A-Za-z_]|\{\{?[A-Za-z_ ]|%7B|\[[A-Za-z_]+\]|<[A-Za-z_]+>`)
	dataPlace = lazy(`(?i)[?&=](?:\$\{?|\{\{?|%7B|\[|<)\s*(?:data|secrets?|conversation|history|prompt|context|env|password|chat|session|contents?|summary)\b`)
)

// blobs finds text that nobody can read, and that an agent can decode.
func blobs(text string) []Finding {
	var out []Finding
	for _, m := range blobForm().FindAllStringIndex(text, maxEach) {
		s := text[m[0]:m[1]]
		before := text[max(0, m[0]-80):m[0]]
		if !mixed(s) || strings.Contains(before, "data:image/") {
			continue
		}
		out = append(out, Finding{Line: lineAt(text, m[0]), Problem: Blob, Entry: excerpt(s[:60] + "..."),
			Why: "encoded text: an agent decodes it, and a person cannot read it", Better: "write what it says, or take it out"})
	}
	return out
}

// mixed tells base64 from paths, words and rulers: all three kinds of
// character, and many of each.
func mixed(s string) bool {
	var upper, lower, digit int
	for _, r := range s {
		switch {
		case unicode.IsUpper(r):
			upper++
		case unicode.IsLower(r):
			lower++
		case unicode.IsDigit(r):
			digit++
		}
	}
	return min(upper, lower) > len(s)/8 && digit > len(s)/40 && strings.Count(s, "-")+strings.Count(s, "/") < len(s)/10
}

// carriers finds links with a place for data in them. An image is fetched
// without a click, so any place in one counts; in other links only one that
// names what it is to take.
func carriers(text string) []Finding {
	var out []Finding
	for _, l := range linesOf(text) {
		bad := dataPlace().FindString(strings.Join(anyLink().FindAllString(l.text, -1), " "))
		for _, m := range image().FindAllStringSubmatch(l.text, -1) {
			_, query, _ := strings.Cut(m[1]+m[2], "?")
			bad += openPlace().FindString(query)
		}
		if bad != "" {
			out = append(out, Finding{Line: l.n, Problem: CarriesData, Entry: excerpt(l.text),
				Why: "a link with a place for data: whoever fetches it sends that data", Better: "take it out",
				Layer: "network"})
		}
	}
	return out
}
