package evidence

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// MaxLine is the most bytes that a line of a journal may have, its newline
// included.
const MaxLine = 1 << 20

// zeroHash stands in the first line, which has none before it.
var zeroHash = strings.Repeat("0", 2*sha256.Size)

// link is one line of a journal.
type link struct {
	Prev  string `json:"prev"` // sha256 of the line before, without its newline
	Event Event  `json:"event"`
}

// hashLine is what the next line will hold of this one.
func hashLine(line []byte) string {
	sum := sha256.Sum256(line)
	return hex.EncodeToString(sum[:])
}

// encode renders the line, without its newline. The form is the only one:
// fields in declared order, no space, nothing invisible unescaped, so that a
// line can be compared byte by byte and a journal shown with cat.
func (l link) encode() ([]byte, error) {
	if b := l.routine(); b != nil {
		return b, nil
	}
	b, err := json.Marshal(l)
	if err != nil {
		return nil, fmt.Errorf("encode event: %w", err)
	}
	return EscapeJSON(b), nil
}

// EscapeJSON replaces, in what json.Marshal or an Encoder wrote, characters that
// could mislead a terminal or an eye by their JSON escape, so that the output
// can be shown as it is and still means the same. Marshal does so for C0 only;
// in its output all the others stand inside strings, and a newline never does.
func EscapeJSON(b []byte) []byte {
	out := make([]byte, 0, len(b)+64)
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		switch {
		case isVisible(r) || r == '\n':
			out = append(out, b[:n]...)
		case r > 0xffff:
			r -= 0x10000
			out = fmt.Appendf(out, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		b = b[n:]
	}
	return out
}

// decode reads a line strictly. A line that means the same but is not the very
// bytes that encode would write is refused: two readers must not see two
// things in one line (doubled keys, keys in another case, null payloads).
func decode(line []byte) (link, error) {
	var l link
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&l); err != nil {
		return l, fmt.Errorf("not an event: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return l, errors.New("more than one value")
	}
	if err := l.Event.Validate(); err != nil {
		return l, err
	}
	if again, err := l.encode(); err != nil || !bytes.Equal(again, line) {
		return l, errors.New("not in the form that ringwall writes")
	}
	return l, nil
}
