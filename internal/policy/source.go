package policy

import (
	"bytes"
	"errors"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2"
)

// source is a policy's text with its lines.
type source struct {
	file   string
	data   []byte
	starts []int // offset of each line
}

// position is one place in a text, with the line that it is in.
type position struct {
	line, column int // from 1; the column in characters
	source       string
}

func newSource(file string, data []byte) *source {
	s := &source{file: file, data: data, starts: []int{0}}
	for i, c := range data {
		if c == '\n' {
			s.starts = append(s.starts, i+1)
		}
	}
	return s
}

// at is the position of an offset.
func (s *source) at(offset int) position {
	line := sort.SearchInts(s.starts, offset+1) - 1
	start := s.starts[line]
	return position{
		line:   line + 1,
		column: utf8.RuneCount(s.data[start:offset]) + 1,
		source: s.line(line),
	}
}

// line is a line without its end, counted from 0.
func (s *source) line(i int) string {
	rest := s.data[s.starts[i]:]
	if end := bytes.IndexByte(rest, '\n'); end >= 0 {
		rest = rest[:end]
	}
	return strings.TrimSuffix(string(rest), "\r")
}

func (s *source) error(offset int, key, msg string) *Error {
	at := s.at(min(max(offset, 0), len(s.data)))
	return &Error{File: s.file, Line: at.line, Column: at.column, Key: key, Msg: msg, Source: at.source}
}

// decodeError gives an error of the decoder its place in the file.
func (s *source) decodeError(err error) *Error {
	var missing *toml.StrictMissingError
	if errors.As(err, &missing) && len(missing.Errors) > 0 {
		err = &missing.Errors[0]
	}
	var de *toml.DecodeError
	if !errors.As(err, &de) {
		return s.error(0, "", strings.TrimPrefix(err.Error(), "toml: "))
	}
	key := ""
	for _, part := range de.Key() {
		key = join(key, part)
	}
	line, column := de.Position()
	line = min(max(line, 1), len(s.starts))
	return s.error(s.starts[line-1]+column-1, key, strings.TrimPrefix(de.Error(), "toml: "))
}

// invalidByte is the offset of the first byte that is not UTF-8, or -1.
func (s *source) invalidByte() int {
	for i := 0; i < len(s.data); {
		r, n := utf8.DecodeRune(s.data[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return -1
}
