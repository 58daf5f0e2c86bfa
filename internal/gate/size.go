package gate

import (
	"bytes"
	"fmt"
	"hash/maphash"
	"strings"
)

// size compares the changeset with the policy's bounds. What git does in its own
// folder is its bookkeeping and no part of the diff.
func size(r Rules, changes []Change) []Finding {
	files, lines := int64(0), int64(0)
	for _, c := range changes {
		if c.Path == ".git" || strings.HasPrefix(c.Path, ".git/") {
			continue
		}
		files++
		if r.MaxLines > 0 && lines <= r.MaxLines {
			lines += changedLines(c)
		}
	}
	var out []Finding
	if r.MaxFiles > 0 && files > r.MaxFiles {
		out = append(out, Finding{Gate: MaxFiles, What: fmt.Sprintf("%d files were changed; the policy allows %d", files, r.MaxFiles)})
	}
	if r.MaxLines > 0 && lines > r.MaxLines {
		out = append(out, Finding{Gate: MaxLines, What: fmt.Sprintf("more than %d lines were added and removed", r.MaxLines)})
	}
	return out
}

// bytesPerLine estimates the lines of what is too large to be counted.
const bytesPerLine = 40

// changedLines counts the lines that only one side has. A file that is not text
// counts as one line.
func changedLines(c Change) int64 {
	before, ok1 := read(c.Old, maxLockfile)
	after, ok2 := read(c.New, maxLockfile)
	switch {
	case !ok1 || !ok2:
		return 1 + c.Size/bytesPerLine
	case binary(before) || binary(after):
		return 1
	}
	seed := maphash.MakeSeed()
	left := map[uint64]int64{}
	for _, l := range split(before) {
		left[maphash.Bytes(seed, l)]++
	}
	n := int64(0)
	for _, l := range split(after) {
		h := maphash.Bytes(seed, l)
		if left[h] > 0 {
			left[h]--
		} else {
			n++
		}
	}
	for _, more := range left {
		n += more
	}
	return n
}

// split cuts a text into lines; the last need not end.
func split(text []byte) [][]byte {
	if len(text) == 0 {
		return nil
	}
	return bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n"))
}

// binary tells whether it is no text, as git does.
func binary(b []byte) bool { return bytes.IndexByte(b[:min(len(b), 8000)], 0) >= 0 }
