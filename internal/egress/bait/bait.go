// Package bait makes what lies in wait for a thief: files that look like
// credentials and open nothing, with the random parts by which package tripwire
// knows them again.
package bait

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Random fills a slice with bytes that nobody can guess.
type Random func([]byte) error

// Bait is one file.
type Bait struct {
	Text  string
	Cores []string // its random parts
}

// Make fills a shape in. "%s" in it becomes 40 random letters and digits, "%36s"
// becomes 36 of them, "%16k" 16 of the capital letters and digits that access
// keys of AWS are made of, and "%r" the body of an RSA key in OpenSSH's form.
func Make(shape string, random Random) (Bait, error) {
	m := maker{random: random}
	for {
		before, rest, found := strings.Cut(shape, "%")
		m.text.WriteString(before)
		if !found {
			return Bait{m.text.String(), m.cores}, m.err
		}
		if shape = m.verb(rest); m.err != nil {
			return Bait{}, m.err
		}
	}
}

// maker writes a file from left to right.
type maker struct {
	random Random
	text   strings.Builder
	cores  []string
	err    error
}

const (
	letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	awsKeys = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
)

// verb does what follows a percent sign, and returns what comes after that.
func (m *maker) verb(s string) string {
	digits := len(s) - len(strings.TrimLeft(s, "0123456789"))
	n, err := strconv.Atoi(s[:digits])
	if digits == 0 {
		n, err = 40, nil
	}
	if err != nil || n < 16 || n > 200 || digits == len(s) {
		m.err = fmt.Errorf("%%%.4s asks for none or too few or too many characters", s)
		return ""
	}
	switch s[digits] {
	case 's':
		m.core(m.word(letters, n))
	case 'k':
		m.core(m.word(awsKeys, n))
	case 'r':
		m.key()
	default:
		m.err = errors.New("%" + s[:digits+1] + " means nothing")
	}
	return s[digits+1:]
}

func (m *maker) core(text string) {
	m.text.WriteString(text)
	m.cores = append(m.cores, text)
}

// word is n characters, each with the same chance.
func (m *maker) word(alphabet string, n int) string {
	out := make([]byte, 0, n)
	fair := byte(256 - 256%len(alphabet)) // 0: all are; bytes from here on would favour some
	for len(out) < n && m.err == nil {
		for _, b := range m.bytes(2 * n) {
			if (fair == 0 || b < fair) && len(out) < n {
				out = append(out, alphabet[int(b)%len(alphabet)])
			}
		}
	}
	return string(out)
}

func (m *maker) bytes(n int) []byte {
	b := make([]byte, n)
	if m.err == nil {
		m.err = m.random(b)
	}
	return b
}
