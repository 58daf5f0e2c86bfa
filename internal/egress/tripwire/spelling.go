package tripwire

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strconv"
)

// pattern is one core in one spelling, in normal form.
type pattern struct {
	text     []byte
	fold     bool // the case of letters does not count
	need     int  // characters in a row that are an alarm
	value    int  // index
	spelling string
}

// spelling turns a core into all texts that it may look like, one for each
// place that it may begin at in a larger text. What is not here is done by the
// normal form: separators, line breaks, UTF-16 and escapes of single characters.
type spelling struct {
	name  string
	fold  bool
	need  int // of what minPiece characters give
	texts func(core string) []string
}

// spellings lists them. Where the case of letters carries the data (base64),
// a text in another case is another text and does not count.
func spellings() []spelling {
	return []spelling{
		{"plain", true, minPiece, func(c string) []string { return []string{c} }},
		{"backwards", true, minPiece, func(c string) []string { return []string{backwards(c)} }},
		{"base64", false, 20, func(c string) []string { return shifted(c, 3, 6, base64.RawStdEncoding.EncodeToString) }},
		{"base64 of UTF-16", false, 40, func(c string) []string {
			return append(shifted(wide(c, 0), 3, 6, base64.RawStdEncoding.EncodeToString),
				shifted(wide(c, 1), 3, 6, base64.RawStdEncoding.EncodeToString)...)
		}},
		{"base32", true, 24, func(c string) []string {
			return shifted(c, 5, 5, base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString)
		}},
		{"hex", true, 2 * minPiece, func(c string) []string { return []string{hex.EncodeToString([]byte(c))} }},
		{"decimal bytes", true, 40, func(c string) []string { return []string{decimal(c)} }},
	}
}

// longestNeed bounds the need of all spellings (TestNeeds).
const longestNeed = 96

func patterns(values []Value) []pattern {
	var out []pattern
	for i, v := range values {
		for _, core := range v.Cores {
			for _, s := range append(spellings(), doubles()...) {
				for _, text := range s.texts(core) {
					need := s.need * piece(normalText(core)) / minPiece
					out = append(out, pattern{normalText(text), s.fold, need, i, s.name})
				}
			}
		}
	}
	return out
}

// shifted encodes a text behind 0, 1 ... bytes of something else, and keeps the
// characters that depend on the text alone. A group is so many bytes; each
// character stands for so many bits.
func shifted(text string, group, bits int, encode func([]byte) string) []string {
	out := make([]string, 0, group)
	for before := range group {
		all := encode(append(make([]byte, before), text...))
		from := (before*8 + bits - 1) / bits
		to := (before + len(text)) * 8 / bits
		out = append(out, all[from:to])
	}
	return out
}

// wide is UTF-16: the zero comes before the character or after it.
func wide(text string, zero int) string {
	out := make([]byte, 2*len(text))
	for i := range len(text) {
		out[2*i+1-zero] = text[i]
	}
	return string(out)
}

func decimal(text string) string {
	var out []byte
	for i := range len(text) {
		out = strconv.AppendInt(out, int64(text[i]), 10)
	}
	return string(out)
}

func backwards(text string) string {
	b := []byte(text)
	slices.Reverse(b)
	return string(b)
}
