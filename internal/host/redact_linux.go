package host

import (
	"path/filepath"
	"slices"
	"strings"
)

// words are what a line with a secret has in it. Expressions would be shorter
// and take longer than the rest of the start.
var words = []string{"_auth", "token", "passw", "secret", "credential", "private-key", "private_key", "privatekey",
	"apikey", "api-key", "api_key"}

// secretive tells whether a text names a secret, or has an address with a user
// in it.
func secretive(text string) bool {
	text = strings.ToLower(text)
	if slices.ContainsFunc(words, func(w string) bool { return strings.Contains(text, w) }) {
		return true
	}
	for _, rest := range strings.Split(text, "://")[1:] {
		if end := strings.IndexAny(rest, "/@ \t\r\n\"'"); end >= 0 && rest[end] == '@' {
			return true
		}
	}
	return false
}

// without cuts out what stands between two marks, wherever it does.
func without(text, from, to string) string {
	for {
		i := strings.Index(text, from)
		if i < 0 {
			return text
		}
		j := strings.Index(text[i:], to)
		if j < 0 {
			return text[:i]
		}
		text = text[:i] + text[i+j+len(to):]
	}
}

// replacement is what stands in a file's place. A format of lines keeps those
// without a secret: the mirror that builds need.
func replacement(path, text string) string {
	const why = "ringwall: what holds secrets was left out"
	switch filepath.Ext(path) {
	case ".xml":
		text = without(without(text, "<servers>", "</servers>"), "<proxies>", "</proxies>")
		if text == "" || secretive(text) {
			text = "<settings/>\n"
		}
		return text
	case ".json":
		return "{}\n"
	case ".gradle":
		return "// " + why + "\n"
	}
	kept := "# " + why + "\n"
	if strings.Contains(text, "-----BEGIN") {
		return kept
	}
	for line := range strings.Lines(text) {
		if !secretive(line) {
			kept += line
		}
	}
	return kept
}
