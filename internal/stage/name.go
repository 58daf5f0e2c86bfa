package stage

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Name is a path or a link's text as the kernel has it: any bytes. It prints
// and encodes in an escaped form, so that printing one is always safe.
type Name string

// String returns the name with everything that is not printable escaped as in
// Go source, the backslash included so that no two names look alike.
func (n Name) String() string {
	return printable(string(n))
}

// MarshalText encodes the name without loss; JSON strings cannot hold bytes
// that are not UTF-8.
func (n Name) MarshalText() ([]byte, error) {
	return []byte(n.String()), nil
}

// UnmarshalText is the reverse of MarshalText.
func (n *Name) UnmarshalText(b []byte) error {
	s, err := strconv.Unquote(`"` + strings.ReplaceAll(string(b), `"`, `\"`) + `"`)
	if err != nil {
		return fmt.Errorf("name %q: %w", b, err)
	}
	*n = Name(s)
	return nil
}

// printable escapes what strconv calls not printable: control characters,
// format characters (the bidirectional ones among them), spaces other than
// U+0020, and bytes that are not UTF-8.
func printable(s string) string {
	q := strconv.Quote(s)
	return strings.ReplaceAll(q[1:len(q)-1], `\"`, `"`)
}

// tempPrefix begins the names of files that ringwall itself puts into the
// project for a moment.
const tempPrefix = ".ringwall-"

const reservedName = "a name that is reserved for ringwall"

// hostile says why a name of one path component is refused whatever it holds,
// or nothing. Such names hide from a person, or from tools that compare them.
func hostile(component string) string {
	if !utf8.ValidString(component) {
		return "a name that is not UTF-8"
	}
	for _, r := range component {
		switch {
		case unicode.IsControl(r):
			return "a control character in the name"
		case r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
			return "a name that reverses the direction of text"
		}
	}
	if strings.HasPrefix(fold(component), fold(tempPrefix)) {
		return reservedName
	}
	return ""
}

// fold brings the spellings of one name together as file systems and tools do
// that ignore case or the form of a character: case folded, composed and
// decomposed, full and half width alike, invisible characters left out, trailing
// dots and spaces cut (CVE-2025-59944 is a case-folded guardrail).
func fold(component string) string {
	if plain(component) {
		return strings.TrimRight(strings.ToUpper(component), " .")
	}
	// What is unseen may stand between a letter and its accent; what has another
	// form may become something that is unseen, or of another case.
	seen := strings.Map(foldRune, norm.NFKC.String(strings.Map(foldRune, component)))
	return strings.TrimRight(norm.NFKC.String(seen), " .")
}

// plain tells whether a name is ASCII, for which the least rune of foldRune is
// the upper-case one.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// foldRune returns the least rune that differs from r in case only, or -1 for
// one that is not seen.
func foldRune(r rune) rune {
	if unicode.In(r, unicode.Cf, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point) {
		return -1
	}
	least := r
	for o := unicode.SimpleFold(r); o != r; o = unicode.SimpleFold(o) {
		least = min(least, o)
	}
	return least
}
