package policy

import (
	"fmt"
	"strings"
)

// mark is where a key's value begins in a file. A list, and a table that has a
// header, are where their name is.
type mark struct {
	text *source
	at   int // offset
}

// marks are the keys of a file, by their full name: "limits.memory",
// "network.allow[2]", "credential[0].from.env". The empty name is the file.
type marks map[string]mark

// Has reports whether the owner wrote the key, as opposed to a default.
func (p Policy) Has(key string) bool {
	_, ok := p.marks[key]
	return ok
}

// Line is the line on which the key's value begins, from 1; 0 where the value
// is a default. Keys are named as in the file, elements of lists from 0:
// "limits.memory", "network.allow[2]", "network.rule[0]", "credential[1].host".
func (p Policy) Line(key string) int {
	m, ok := p.marks[key]
	if !ok {
		return 0
	}
	return m.text.at(m.at).line
}

// Where says what asked for the key: "ringwall.toml:12", or "default".
func (p Policy) Where(key string) string {
	m, ok := p.marks[key]
	if !ok {
		return "default"
	}
	return fmt.Sprintf("%s:%d", m.text.file, m.text.at(m.at).line)
}

// ErrorAt is an error about the key's value, at its position, for those who
// find out more about it than this package knows. An error about a key that
// was not written stands at the nearest table around it, or at the beginning.
func (p Policy) ErrorAt(key, msg string) *Error {
	for at := key; ; at = around(at) {
		if m, ok := p.marks[at]; ok {
			return m.text.error(m.at, key, msg)
		}
		if at == "" {
			return &Error{File: FileName, Line: 1, Column: 1, Key: key, Msg: msg}
		}
	}
}

// around is the key of the table or list that holds the key.
func around(key string) string {
	return key[:max(strings.LastIndexAny(key, ".["), 0)]
}
