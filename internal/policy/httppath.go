package policy

import (
	"errors"
	"strings"
)

const (
	unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
	pathBytes  = unreserved + "/!$&'()+,=:@" // RFC 3986, 3.3, without "*" and ";"
	maxPath    = 1024
)

// CheckPath takes a pattern of network.rule's paths. It is compared with the
// path of a request in its one form: "/" first, no "//", no "." or ".."
// between slashes, no ";", escapes only where the byte needs one. "*" stands
// for any text without a slash, "**" for any text; there is no other wildcard,
// and a query is not part of it.
func CheckPath(s string) error {
	switch {
	case !strings.HasPrefix(s, "/"):
		return errors.New(`wants a path that begins with "/"`)
	case len(s) > maxPath:
		return errors.New("is longer than a path may be")
	case strings.ContainsAny(s, "?#"):
		return errors.New("wants a path without query and fragment")
	case strings.Contains(s, "//"), strings.Contains(s, ";"):
		return errors.New(`holds "//" or ";", which servers read in two ways: no request with one passes`)
	case strings.Contains(s, "***"):
		return errors.New(`knows "*" and "**" only`)
	}
	for part := range strings.SplitSeq(s, "/") {
		if part == "." || part == ".." {
			return errors.New(`holds "." or ".." between slashes: no request with one passes`)
		}
	}
	return checkPathBytes(s)
}

func checkPathBytes(s string) error {
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '%':
			if err := checkEscape(s[i:]); err != nil {
				return err
			}
			i += 2
		case s[i] != '*' && !strings.Contains(pathBytes, s[i:i+1]):
			return errors.New("holds a character that a path has only as an escape, such as %20")
		}
	}
	return nil
}

// checkEscape takes "%XX" in capitals of a byte that needs it and that no
// server reads as part of the path's structure.
func checkEscape(s string) error {
	const hex = "0123456789ABCDEF"
	if len(s) < 3 || !strings.Contains(hex, s[1:2]) || !strings.Contains(hex, s[2:3]) {
		return errors.New("holds an escape that is not % and two hexadecimal digits in capitals")
	}
	b := byte(strings.IndexByte(hex, s[1])<<4 | strings.IndexByte(hex, s[2]))
	switch {
	case strings.IndexByte(unreserved, b) >= 0 && b != '.':
		return errors.New("escapes " + quote(string(rune(b))) + ", which needs none: write it as it is")
	case b < ' ' || b == 0x7f || strings.IndexByte(`./\;%`, b) >= 0:
		return errors.New("escapes a byte with which no request passes: %00, %2F, %2E, %5C, %3B, %25 and their like")
	}
	return nil
}

// coversPath tells that all that one pattern matches the other matches too. It
// may say no where the answer is yes, and never the reverse.
func coversPath(wide, narrow string) bool {
	if wide == narrow {
		return true
	}
	if start, ok := strings.CutSuffix(wide, "**"); ok && !strings.Contains(start, "*") {
		fixed, _, _ := strings.Cut(narrow, "*")
		return strings.HasPrefix(fixed, start)
	}
	return !strings.Contains(narrow, "*") && MatchPath(wide, narrow)
}

// MatchPath tells whether a pattern matches a path in its one form. It goes
// over the path once, whatever the pattern.
func MatchPath(pattern, path string) bool {
	at, next := make([]bool, len(pattern)+1), make([]bool, len(pattern)+1)
	at[0] = true
	pass(pattern, at)
	for i := range len(path) {
		clear(next)
		for j := range len(pattern) {
			switch {
			case !at[j]:
			case pattern[j] != '*':
				next[j+1] = next[j+1] || pattern[j] == path[i]
			default:
				next[j] = next[j] || path[i] != '/' || double(pattern, j)
			}
		}
		pass(pattern, next)
		at, next = next, at
	}
	return at[len(pattern)]
}

// pass lets each wildcard that was reached stand for nothing.
func pass(pattern string, at []bool) {
	for j := range len(pattern) {
		switch {
		case !at[j] || pattern[j] != '*':
		case double(pattern, j):
			at[j+2] = true
		default:
			at[j+1] = true
		}
	}
}

func double(pattern string, j int) bool { return strings.HasPrefix(pattern[j:], "**") }
