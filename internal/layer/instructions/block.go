package instructions

import (
	"bytes"
	"fmt"
	"strings"
)

// The marks between which an agent's own instruction file refers to ringwall's.
// What stands between them is renewed; all else is its owner's.
const (
	BlockBegin = "<!-- ringwall:begin -->"
	BlockEnd   = "<!-- ringwall:end -->"
)

// reference is what stands between the marks. It imports nothing: whoever works
// with a person does not need the whole text, and an import is one more file
// that steers.
const reference = "Before you begin, read `CONSTITUTION.md`: its rules come before everything\n" +
	"else in this file. `AGENT_PLAYBOOK.md` says how to work here. Both are their\n" +
	"owner's to change, never yours.\n"

// BlockError is a file whose marks are not a pair.
type BlockError struct {
	Line int // from 1
	Why  string
}

func (e *BlockError) Error() string { return e.Why }

// Block returns the text of an agent's own instruction file with the marked
// block in it: renewed where it stands, else at the end. All other bytes stay.
// It fails with a *BlockError where the marks are not one pair.
func Block(text []byte) ([]byte, error) {
	begin, end, err := marks(text)
	if err != nil {
		return nil, err
	}
	newline := "\n"
	if bytes.Contains(text, []byte("\r\n")) || bytes.HasSuffix(text, []byte("\r")) {
		newline = "\r\n"
	}
	block := strings.ReplaceAll(BlockBegin+"\n"+reference+BlockEnd, "\n", newline)
	if begin >= 0 {
		return bytes.Join([][]byte{text[:begin], []byte(block), text[end:]}, nil), nil
	}
	return fmt.Appendf(bytes.Clone(text), "%s%s%s", gap(text, newline), block, newline), nil
}

// gap is what is missing at the end of a text for a blank line to follow it.
func gap(text []byte, newline string) string {
	switch {
	case len(text) == 0, bytes.HasSuffix(text, []byte(newline+newline)):
		return ""
	case bytes.HasSuffix(text, []byte("\n")):
		return newline
	}
	return newline + newline
}

// marks finds the block, from the first byte of its first mark to the last of
// its second. A mark counts where it is all that stands on a line. begin is
// negative where there are none.
func marks(text []byte) (begin, end int, err error) {
	begin, end = -1, -1
	at, line := 0, 0
	for l := range bytes.Lines(text) {
		line++
		switch string(bytes.TrimRight(l, " \t\r\n")) {
		case BlockBegin:
			if begin >= 0 {
				return 0, 0, &BlockError{line, "a second " + BlockBegin}
			}
			begin = at
		case BlockEnd:
			if begin < 0 || end >= 0 {
				return 0, 0, &BlockError{line, BlockEnd + " without a mark that begins"}
			}
			end = at + len(BlockEnd)
		}
		at += len(l)
	}
	if begin >= 0 && end < 0 {
		return 0, 0, &BlockError{1 + bytes.Count(text[:begin], []byte("\n")), BlockBegin + " without a mark that ends"}
	}
	return begin, end, nil
}
