package agent

import "fmt"

// MaxFindings is how many findings a linter lists of one file, which may come
// from a project that nobody knows.
const MaxFindings = 1000

// AddFinding appends one. Where there are too many it says so, once: a file that
// is full of small problems must not hide its worst one in silence.
func AddFinding(list []Finding, f Finding) []Finding {
	switch {
	case len(list) < MaxFindings:
		return append(list, f)
	case len(list) == MaxFindings:
		return append(list, Finding{File: f.File, Problem: Malformed,
			Why: fmt.Sprintf("there are more than %d problems; the others are not listed", MaxFindings)})
	}
	return list
}
