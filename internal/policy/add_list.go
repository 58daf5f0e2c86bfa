package policy

import "bytes"

// listAt is where a list of texts stands in a file.
type listAt struct {
	open, close int    // its brackets
	last        int    // behind its last element; -1: it is empty
	comma       bool   // one stands behind that
	ownLine     int    // beginning of the line of the closing bracket, where nothing else is before it; else -1
	indent      string // of the last element, where it begins its line
}

// findList finds the first list from a place on. It knows texts and comments,
// so that a bracket in one of them is none.
func findList(data []byte, from int) (listAt, bool) {
	l := listAt{open: -1, last: -1, ownLine: -1}
	for i := from; i < len(data); i++ {
		switch c := data[i]; {
		case c == '[' && l.open < 0:
			l.open = i
		case l.open < 0 && c == '\n':
			return l, false
		case l.open < 0:
		case c == '#':
			i += lineEnd(data[i:]) - 1
		case c == '"' || c == '\'':
			n := textLength(data[i:])
			if n == 0 {
				return l, false
			}
			l.element(data, i, n)
			i += n - 1
		case c == ',':
			l.comma = true
		case c == ']':
			l.closed(data, i)
			return l, true
		}
	}
	return l, false
}

func lineEnd(b []byte) int {
	if i := bytes.IndexByte(b, '\n'); i >= 0 {
		return i
	}
	return len(b)
}

// textLength is that of a text on one line, its quotes included; 0: it has no
// end.
func textLength(b []byte) int {
	for i := 1; i < len(b) && b[i] != '\n'; i++ {
		switch {
		case b[i] == '\\' && b[0] == '"':
			i++
		case b[i] == b[0]:
			return i + 1
		}
	}
	return 0
}

func (l *listAt) element(data []byte, at, n int) {
	l.last, l.comma = at+n, false
	l.indent, _ = blankBefore(data, at)
}

func (l *listAt) closed(data []byte, at int) {
	l.close = at
	if _, own := blankBefore(data, at); own {
		l.ownLine = bytes.LastIndexByte(data[:at], '\n') + 1
	}
}

// blankBefore is what stands before a place on its line, if that is blank.
func blankBefore(data []byte, at int) (string, bool) {
	line := data[bytes.LastIndexByte(data[:at], '\n')+1 : at]
	if len(bytes.Trim(line, " \t")) > 0 {
		return "", false
	}
	return string(line), true
}
