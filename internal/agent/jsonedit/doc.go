// Package jsonedit reads the JSON configuration of AI tools, comments and
// trailing commas included, and adds to it. What a person wrote stays as it is,
// byte for byte: an edit only inserts.
package jsonedit

import (
	"bytes"
	"fmt"

	"github.com/tailscale/hujson"
)

// Bounds of a text that is read. A configuration file is far below both.
const (
	MaxSize  = 1 << 20 // bytes
	MaxDepth = 64      // objects and lists inside each other
)

// bom is what some editors put before the text. It is kept.
const bom = "\xEF\xBB\xBF"

// Doc is a text that was read.
type Doc struct {
	Root       *Value
	Duplicates []Duplicate // in the order of the text
	// Loose is the line, from 1, of the first comment or trailing comma, which
	// plain JSON does not have; 0: it is plain JSON.
	Loose int
	text  []byte // without mark
	mark  string
	lines []int // offset of each line's first byte
}

// Duplicate is a name that an object has had before. The last one is in force.
type Duplicate struct {
	Path string // of the name, with dots: "permissions.allow"
	Line int    // of the later one, from 1
}

// SyntaxError tells where a text is no JSON, comments and trailing commas
// granted.
type SyntaxError struct {
	Line int // from 1
	Why  string
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Why) }

// Parse reads a text. It fails with a *SyntaxError; a text of nothing but
// blanks is one too.
func Parse(text []byte) (*Doc, error) {
	if len(text) > MaxSize {
		return nil, &SyntaxError{1, fmt.Sprintf("over %d bytes", MaxSize)}
	}
	d := &Doc{text: bytes.Clone(text)}
	if bytes.HasPrefix(d.text, []byte(bom)) {
		d.text, d.mark = d.text[len(bom):], bom
	}
	d.lines = lineStarts(d.text)
	if at, deep := tooDeep(d.text); deep {
		return nil, &SyntaxError{d.line(at), fmt.Sprintf("more than %d objects and lists inside each other", MaxDepth)}
	}
	// A comment may end with the text, for which the parser wants a line's end.
	root, err := hujson.Parse(append(bytes.Clone(d.text), '\n'))
	if err != nil {
		return nil, syntaxError(err, len(d.lines))
	}
	d.Root = d.value(root, "")
	d.loose(root)
	return d, nil
}

// Bytes is the text with all edits.
func (d *Doc) Bytes() []byte { return append([]byte(d.mark), d.text...) }

// syntaxError takes the line from the parser's message, which has it in words.
func syntaxError(err error, last int) *SyntaxError {
	var line, column int
	if _, e := fmt.Sscanf(err.Error(), "hujson: line %d, column %d:", &line, &column); e != nil {
		line = last
	}
	line = min(line, last)
	_, why, _ := bytes.Cut([]byte(err.Error()), fmt.Appendf(nil, "column %d: ", column))
	if len(why) == 0 {
		why = []byte(err.Error())
	}
	return &SyntaxError{line, string(why)}
}

func lineStarts(text []byte) []int {
	starts := []int{0}
	for i, c := range text {
		if c == '\n' {
			starts = append(starts, i+1)
		}
	}
	return starts
}

// loose finds the first place where plain JSON would end the reading.
func (d *Doc) loose(root hujson.Value) {
	first := len(d.text)
	note := func(at int, extra []byte) {
		if i := bytes.IndexByte(extra, '/'); i >= 0 {
			first = min(first, at+i)
		}
	}
	for v := range root.All() {
		note(v.StartOffset-len(v.BeforeExtra), v.BeforeExtra)
		note(v.EndOffset, v.AfterExtra)
		if at, comma, extra := ending(v); comma {
			first = min(first, at-len(extra)-1)
		} else {
			note(at-len(extra), extra)
		}
	}
	if first < len(d.text) {
		d.Loose = d.line(first)
	}
}

// ending is what stands before the bracket that closes an object or a list: the
// offset of that bracket, whether a comma comes first, and the comments.
func ending(v *hujson.Value) (at int, comma bool, extra []byte) {
	at = v.EndOffset - 1
	switch c := v.Value.(type) {
	case *hujson.Object:
		n := len(c.Members)
		return at, n > 0 && c.Members[n-1].Value.AfterExtra != nil, c.AfterExtra
	case *hujson.Array:
		n := len(c.Elements)
		return at, n > 0 && c.Elements[n-1].AfterExtra != nil, c.AfterExtra
	}
	return at, false, nil
}
