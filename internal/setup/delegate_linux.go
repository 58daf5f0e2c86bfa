package setup

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// delegation is the line that lets an owner use one number beside their own
// (subuid(5)).
func delegation(owner string, id int) string { return fmt.Sprintf("%s:%d:1", owner, id) }

// span is a line of subuid or subgid.
type span struct {
	owner       string
	first, size uint64
}

func (s span) has(id int) bool { return uint64(id) >= s.first && uint64(id)-s.first < s.size }

// spans reads such a file. A line that is none delegates nothing.
func spans(text []byte) []span {
	var out []span
	for line := range strings.Lines(string(text)) {
		f := strings.Split(strings.TrimSpace(line), ":")
		if len(f) != 3 || strings.HasPrefix(line, "#") {
			continue
		}
		first, err1 := strconv.ParseUint(f[1], 10, 32)
		size, err2 := strconv.ParseUint(f[2], 10, 32)
		if err1 == nil && err2 == nil {
			out = append(out, span{f[0], first, size})
		}
	}
	return out
}

// delegated tells whether an owner, by name or number, has that number already,
// and who else does.
func delegated(text []byte, owner string, uid, id int) (already bool, others []string) {
	for _, s := range spans(text) {
		switch {
		case !s.has(id):
		case s.owner == owner || s.owner == strconv.Itoa(uid):
			already = true
		default:
			others = append(others, s.owner)
		}
	}
	return already, others
}

// appendLine adds a line at the end. joined tells that the text had ended
// without a line break, which then stands before the new line.
func appendLine(text []byte, line string) (out []byte, joined bool) {
	joined = len(text) > 0 && text[len(text)-1] != '\n'
	out = bytes.Clone(text)
	if joined {
		out = append(out, '\n')
	}
	return append(append(out, line...), '\n'), joined
}

// removeLine takes away what appendLine added, the last line of that text, and
// leaves every other byte as it is. found is false where there is no such line.
func removeLine(text []byte, line string, joined bool) (out []byte, found bool) {
	end := len(text)
	for end > 0 {
		start := bytes.LastIndexByte(text[:end-1], '\n') + 1
		if string(bytes.TrimSuffix(text[start:end], []byte("\n"))) != line {
			end = start
			continue
		}
		if joined && end == len(text) && start > 0 {
			start-- // the line break that was put before it
		}
		return append(bytes.Clone(text[:start]), text[end:]...), true
	}
	return text, false
}
