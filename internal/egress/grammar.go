package egress

import "strings"

func validLength(s string) bool {
	return s != "" && len(s) <= 18 && strings.Trim(s, "0123456789") == ""
}

// validToken is a header name of RFC 9110, 5.1.
func validToken(s string) bool {
	for i := range len(s) {
		if !alnum(s[i]) && !strings.Contains("!#$%&'*+-.^_`|~", s[i:i+1]) {
			return false
		}
	}
	return s != ""
}

// validValue has no control character but the tab.
func validValue(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' && s[i] != '\t' || s[i] == 0x7f {
			return false
		}
	}
	return true
}

// validPath takes the characters of RFC 3986, 3.3, so that net/url writes the
// path again byte by byte as it came.
func validPath(s string) bool {
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '%':
			if i+2 >= len(s) || !isHex(s[i+1]) || !isHex(s[i+2]) {
				return false
			}
			i += 2
		case !alnum(s[i]) && !strings.Contains("/-._~!$&'()*+,;=:@[]", s[i:i+1]):
			return false
		}
	}
	return true
}

// validQuery takes visible ASCII without the characters that end or bend a URL.
func validQuery(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f || s[i] == '#' || s[i] == '\\' {
			return false
		}
	}
	return true
}

func alnum(b byte) bool {
	return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9'
}

func isHex(b byte) bool {
	return '0' <= b && b <= '9' || 'a' <= b && b <= 'f' || 'A' <= b && b <= 'F'
}
