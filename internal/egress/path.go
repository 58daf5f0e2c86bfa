package egress

import (
	"errors"
	"strings"
	"unicode/utf8"
)

// maxDecidedPath bounds a path that a pattern is compared with.
const maxDecidedPath = 8 << 10

var (
	errPathForm = errors.New("it is not a path")
	errPathDots = errors.New(`"." or ".." between slashes`)
	errPathSame = errors.New(`"//" or ";", which servers read in two ways`)
	errPathHide = errors.New("an escaped slash, backslash, dot, semicolon, percent or control character, or bytes that are no UTF-8")
)

// normalPath is the one form of a request's path: escapes of bytes that need
// none are undone, the others are written in capitals. Whatever two servers
// could take for different paths has no such form and is an error. It is
// decided on this form and it is forwarded, so that nothing is read again in
// another way (PRX-16).
func normalPath(path string) (string, error) {
	if len(path) > maxDecidedPath || !strings.HasPrefix(path, "/") || !validPath(path) {
		return "", errPathForm
	}
	if strings.Contains(path, "//") || strings.Contains(path, ";") {
		return "", errPathSame
	}
	for part := range strings.SplitSeq(path, "/") {
		if part == "." || part == ".." {
			return "", errPathDots
		}
	}
	return unescape(path)
}

// unescape undoes the escapes of unreserved bytes (RFC 3986, 6.2.2.2). plain
// is what a server that undoes all of them reads.
func unescape(path string) (string, error) {
	out, plain := make([]byte, 0, len(path)), make([]byte, 0, len(path))
	for i := 0; i < len(path); i++ {
		b := path[i]
		if b != '%' {
			out, plain = append(out, b), append(plain, b)
			continue
		}
		b = unhex(path[i+1])<<4 | unhex(path[i+2])
		switch {
		case b < ' ' || b == 0x7f || strings.IndexByte(`./\;%`, b) >= 0:
			return "", errPathHide
		case alnum(b) || strings.IndexByte("-_~", b) >= 0:
			out = append(out, b)
		default:
			out = append(out, '%', upper(path[i+1]), upper(path[i+2]))
		}
		plain = append(plain, b)
		i += 2
	}
	if !utf8.Valid(plain) || lookalike(string(plain)) {
		return "", errPathHide
	}
	return string(out), nil
}

// lookalike finds the wide forms of slash, backslash, dot, semicolon and
// percent, which some servers turn into the plain ones, and the control
// characters above ASCII.
func lookalike(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool {
		return r >= 0x80 && r < 0xa0 || r >= 0xff01 && r <= 0xff5e ||
			strings.ContainsRune("\u2024\u2025\u2026\u2044\u2215\u29f8\u2216\u29f5", r)
	})
}

func unhex(b byte) byte {
	switch {
	case b <= '9':
		return b - '0'
	case b <= 'F':
		return b - 'A' + 10
	}
	return b - 'a' + 10
}

func upper(b byte) byte {
	if 'a' <= b && b <= 'f' {
		return b - 'a' + 'A'
	}
	return b
}
