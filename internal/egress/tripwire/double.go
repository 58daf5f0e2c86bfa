package tripwire

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
)

// doubles are the spellings that one more program in a pipe makes, and those of
// programs that print bytes.
func doubles() []spelling {
	return []spelling{
		{"base64 of base64", false, 26, func(c string) []string { return each(in64(c), in64) }},
		{"base64 of hex", false, 42, func(c string) []string { return each(inHex(c), in64) }},
		{"hex of base64", true, 40, func(c string) []string { return each(in64(c), lowHex) }},
		{"hex of hex", true, 64, func(c string) []string { return each(inHex(c), lowHex) }},
		{"base64 backwards", false, 20, func(c string) []string {
			return append(each(in64(c), func(s string) []string { return []string{backwards(s)} }), in64(backwards(c))...)
		}},
		{"rot13", true, minPiece, func(c string) []string { return []string{strings.Map(rot13, c)} }},
		{"bytes of C", true, 64, func(c string) []string { return []string{bytesAs(c, "0x%02x")} }},
		{"escapes of HTML", true, 48, func(c string) []string { return []string{bytesAs(c, "x%02x")} }},
		{"octal bytes", true, 48, func(c string) []string { return []string{bytesAs(c, "%03o")} }},
	}
}

func in64(s string) []string { return shifted(s, 3, 6, base64.RawStdEncoding.EncodeToString) }

func lowHex(s string) []string { return []string{hex.EncodeToString([]byte(s))} }

// inHex is in both cases: base64 of it differs.
func inHex(s string) []string {
	h := hex.EncodeToString([]byte(s))
	return []string{h, strings.ToUpper(h)}
}

func each(list []string, spell func(string) []string) (out []string) {
	for _, s := range list {
		out = append(out, spell(s)...)
	}
	return out
}

func bytesAs(s, form string) string {
	var b strings.Builder
	for i := range len(s) {
		fmt.Fprintf(&b, form, s[i])
	}
	return b.String()
}

func rot13(r rune) rune {
	switch {
	case r >= 'a' && r <= 'z':
		return 'a' + (r-'a'+13)%26
	case r >= 'A' && r <= 'Z':
		return 'A' + (r-'A'+13)%26
	}
	return r
}
