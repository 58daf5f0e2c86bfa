package policy

import (
	"fmt"
	"slices"
	"strings"
)

const (
	diffContext  = 2   // unchanged lines around a change
	maxDiffLines = 200 // shown
	maxDiffCells = 4 << 20
)

// edit is one line of a comparison: ' ', '-' or '+'.
type edit struct {
	op   byte
	line string
}

// diff compares two texts line by line, in the unified form, escaped for a
// terminal and bounded. Empty: no difference in their lines.
func diff(before, after string) string {
	edits := compare(splitLines(before), splitLines(after))
	var b strings.Builder
	shown, skipped := 0, false
	for i, e := range edits {
		if !nearChange(edits, i) {
			skipped = true
			continue
		}
		if shown++; shown > maxDiffLines {
			fmt.Fprintf(&b, "... and more\n")
			break
		}
		if skipped && shown > 1 {
			b.WriteString("...\n")
		}
		skipped = false
		fmt.Fprintf(&b, "%c%s\n", e.op, clip(escape(e.line)))
	}
	return b.String()
}

func splitLines(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(s, "\n"), "\n")
}

func nearChange(edits []edit, i int) bool {
	for j := max(i-diffContext, 0); j <= min(i+diffContext, len(edits)-1); j++ {
		if edits[j].op != ' ' {
			return true
		}
	}
	return false
}

// compare finds what the two have in common at both ends, and then the longest
// common subsequence between. Where that would be too much work, all between
// is told as replaced.
func compare(a, b []string) []edit {
	var head, tail []edit
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		head = append(head, edit{' ', a[0]})
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		tail = append(tail, edit{' ', a[len(a)-1]})
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	slices.Reverse(tail)
	if len(a)*len(b) > maxDiffCells {
		return append(replace(head, a, b), tail...)
	}
	return append(walk(head, a, b), tail...)
}

func replace(out []edit, a, b []string) []edit {
	for _, l := range a {
		out = append(out, edit{'-', l})
	}
	for _, l := range b {
		out = append(out, edit{'+', l})
	}
	return out
}

// walk follows the table of common lengths from the top.
func walk(out []edit, a, b []string) []edit {
	common := commonLengths(a, b)
	i, j := 0, 0
	for i < len(a) && j < len(b) {
		switch {
		case a[i] == b[j]:
			out = append(out, edit{' ', a[i]})
			i, j = i+1, j+1
		case common[i+1][j] >= common[i][j+1]:
			out = append(out, edit{'-', a[i]})
			i++
		default:
			out = append(out, edit{'+', b[j]})
			j++
		}
	}
	return replace(out, a[i:], b[j:])
}

// commonLengths[i][j] is the length of the longest common subsequence of what
// follows a[i] and b[j].
func commonLengths(a, b []string) [][]int32 {
	t := make([][]int32, len(a)+1)
	for i := range t {
		t[i] = make([]int32, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				t[i][j] = t[i+1][j+1] + 1
			} else {
				t[i][j] = max(t[i+1][j], t[i][j+1])
			}
		}
	}
	return t
}
