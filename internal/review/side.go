package review

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// Bounds on what is read of one side of a change, in bytes. An agent decides
// how large its files are.
const (
	MaxText = 1 << 20  // is compared
	MaxHash = 64 << 20 // is read for the hash; beyond, none is given
)

// Side is one side of a change: what stood there before, or what the agent
// made of it.
type Side struct {
	Text   []byte // the first MaxText bytes
	Size   int64  // bytes in all; at least that many where SHA256 is empty
	SHA256 string
}

// Load reads one side.
func Load(r io.Reader) (*Side, error) {
	sum := sha256.New()
	text, err := io.ReadAll(io.TeeReader(io.LimitReader(r, MaxText), sum))
	if err != nil {
		return nil, err
	}
	rest, err := io.CopyN(sum, r, MaxHash-int64(len(text)))
	s := &Side{Text: text, Size: int64(len(text)) + rest}
	switch {
	case errors.Is(err, io.EOF):
		s.SHA256 = hex.EncodeToString(sum.Sum(nil))
	case err != nil:
		return nil, err
	}
	return s, nil
}

// TextSide is a side that is one line: where a link leads.
func TextSide(line string) *Side {
	return &Side{Text: []byte(line + "\n"), Size: int64(len(line)) + 1}
}

// cut tells whether not all of it is compared.
func (s *Side) cut() bool { return s != nil && s.Size > int64(len(s.Text)) }

// text is what is compared; nothing of a side that is not there. A cut text
// ends with a whole line, if it has one.
func (s *Side) text() []byte {
	if s == nil {
		return nil
	}
	if s.cut() {
		if i := bytes.LastIndexByte(s.Text, '\n'); i >= 0 {
			return s.Text[:i+1]
		}
	}
	return s.Text
}

// binary tells whether a side is no text: more than a tenth of it are bytes
// that no text has. One such byte does not hide a text from its reader.
func (s *Side) binary() bool {
	if s == nil || len(s.Text) == 0 {
		return false
	}
	odd := 0
	for i := 0; i < len(s.Text); {
		r, n := utf8.DecodeRune(s.Text[i:])
		if r == utf8.RuneError && n == 1 && i+utf8.UTFMax <= len(s.Text) || r < ' ' && r != '\n' && r != '\t' && r != '\r' {
			odd++
		}
		i += n
	}
	return odd > max(few, len(s.Text)/10)
}

// few such bytes do not make even a short text binary.
const few = 8

// begins is how many bytes of a binary file are shown.
const begins = 16

// describe names a side that is not shown as text.
func (s *Side) describe() string {
	text := Size(s.Size)
	if s.SHA256 != "" {
		text += ", sha256 " + s.SHA256
	} else {
		text = "more than " + text + ", not hashed"
	}
	start := s.Text[:min(begins, len(s.Text))]
	return text + fmt.Sprintf(", begins %s", Visible(string(start)))
}
