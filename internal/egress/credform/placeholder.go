package credform

import (
	"fmt"
	"strings"
)

// IDShape is the form of a placeholder for an access key's identifier.
const IDShape = "AKIA%16A"

// alphabets are what random text in a placeholder is made of.
func alphabet(letter byte) string {
	const capitals, small, digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz", "0123456789"
	switch letter {
	case 'a':
		return capitals + small + digits
	case 'A':
		return capitals + "234567"
	case 'b':
		return capitals + small + digits + "+/"
	case 'u':
		return capitals + small + digits + "-_"
	case 'h':
		return digits + "abcdef"
	case 'd':
		return digits
	}
	return ""
}

// Placeholder fills a shape with random text: "%36a" becomes 36 letters and
// digits, "%s" 48 characters of base64 as in URLs. The letters: a letters and
// digits, A capitals and digits as in base32, b base64, u base64 as in URLs,
// h hexadecimal, d decimal. random fills bytes that nobody can guess.
func Placeholder(shape string, random func([]byte) error) (string, error) {
	var b strings.Builder
	for rest := shape; rest != ""; {
		before, after, found := strings.Cut(rest, "%")
		b.WriteString(before)
		if rest = after; !found {
			break
		}
		n, letters, used := verb(after)
		if letters == "" {
			return "", fmt.Errorf("the shape %q of a placeholder is malformed", shape)
		}
		text, err := pick(n, letters, random)
		if err != nil {
			return "", err
		}
		b.WriteString(text)
		rest = after[used:]
	}
	return b.String(), nil
}

// verb reads "36a" or "s"; without letters it is none.
func verb(s string) (n int, letters string, used int) {
	if strings.HasPrefix(s, "s") {
		return 48, alphabet('u'), 1
	}
	for used < len(s) && used < 3 && '0' <= s[used] && s[used] <= '9' {
		n = n*10 + int(s[used]-'0')
		used++
	}
	if n == 0 || used == len(s) {
		return 0, "", 0
	}
	return n, alphabet(s[used]), used + 1
}

func pick(n int, letters string, random func([]byte) error) (string, error) {
	b := make([]byte, n)
	if err := random(b); err != nil {
		return "", err
	}
	for i := range b {
		b[i] = letters[int(b[i])%len(letters)]
	}
	return string(b), nil
}

// Cores are the random parts of a placeholder that was made in a shape, nothing
// where it was not.
func Cores(shape, text string) []string {
	var out []string
	for rest := shape; rest != ""; {
		before, after, found := strings.Cut(rest, "%")
		if !strings.HasPrefix(text, before) {
			return nil
		}
		if text = text[len(before):]; !found {
			break
		}
		n, letters, used := verb(after)
		if letters == "" || len(text) < n {
			return nil
		}
		out, text, rest = append(out, text[:n]), text[n:], after[used:]
	}
	if text != "" {
		return nil
	}
	return out
}
