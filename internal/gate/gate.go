// Package gate looks at what an iteration changed for what people want to know
// before it reaches their project: tests that became weaker, dependencies and
// servers that are new, secrets, and simply too much. It has no side effects and
// decides nothing: what follows from a finding is the policy's word.
//
// The content that it reads was made by the agent. Every read and every list is
// bounded, and what could not be looked at is a finding too.
package gate

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// The gates, by their key in the policy.
const (
	TestsWeakened     = "tests_weakened"
	DependenciesAdded = "dependencies_added"
	LockfileHosts     = "lockfile_hosts"
	SecretsAdded      = "secrets_added"
	MaxFiles          = "max_files"
	MaxLines          = "max_lines"
)

// Action is what happened to a path.
type Action int

// The actions.
const (
	Added Action = iota + 1
	Modified
	Deleted
)

// Change is one file that an iteration added, modified or deleted.
type Change struct {
	Path   string // relative, slash-separated
	Action Action
	Size   int64 // bytes now; before, where it was deleted
	// Old and New read one side, at most so many bytes and one more; nil where
	// there is no such side. What cannot be read is an error.
	Old, New func(most int64) ([]byte, error)
}

// Rules say which gates are asked.
type Rules struct {
	Ask                []string // names of gates
	MaxFiles, MaxLines int64    // 0: no bound
}

// Finding is what a gate found.
type Finding struct {
	Gate  string
	What  string   // one sentence; names in it are printable
	Paths []string // the files concerned; none: the changeset as a whole
	// Partial: the gate looked at the rest and found nothing there. That an
	// iteration is large is worth a word and no reason to hold it.
	Partial bool
}

// Bounds on what is read. Beyond them a finding says what was not looked at.
const (
	maxSource   = 2 << 20  // bytes of one test file or manifest
	maxLockfile = 32 << 20 // bytes of one lock file
	maxLooked   = 32 << 20 // bytes in which secrets are looked for, of all files
	maxFiles    = 2000     // files in which secrets are looked for
	maxTests    = 2000     // test files
	maxNamed    = 10       // names in a sentence
)

// Check asks each gate about a changeset.
func Check(r Rules, changes []Change) []Finding {
	var out []Finding
	out = append(out, size(r, changes)...)
	for _, g := range []struct {
		name string
		ask  func([]Change) []Finding
	}{
		{TestsWeakened, tests}, {DependenciesAdded, dependencies}, {LockfileHosts, lockfiles}, {SecretsAdded, secrets},
	} {
		if slices.Contains(r.Ask, g.name) {
			out = append(out, g.ask(changes)...)
		}
	}
	return out
}

// read reads one side of a change in full; ok is false for what is larger than
// most or cannot be read. A side that is not there is empty.
func read(side func(int64) ([]byte, error), most int64) (content []byte, ok bool) {
	if side == nil {
		return nil, true
	}
	b, err := side(most)
	if err != nil || int64(len(b)) > most {
		return nil, false
	}
	return b, true
}

// unread is the finding for files of which the gate knows nothing.
func unread(gate string, paths []string) []Finding {
	if len(paths) == 0 {
		return nil
	}
	named := paths[:min(len(paths), 3)]
	what := "cannot be looked at, or not in full: " + list(named)
	if more := len(paths) - len(named); more > 0 {
		what += fmt.Sprintf(" and %d more", more)
	}
	return []Finding{{Gate: gate, What: what, Paths: paths}}
}

// list names at most maxNamed of what came out of a file.
func list(names []string) string {
	shown := make([]string, 0, maxNamed+1)
	for i, n := range names {
		if i == maxNamed {
			shown = append(shown, fmt.Sprintf("and %d more", len(names)-i))
			break
		}
		if len(n) > 120 {
			n = n[:120] + "..."
		}
		shown = append(shown, n)
	}
	return strings.Join(shown, ", ")
}

// count is a number with its word.
func count(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

// installed tells whether a path lies where package managers put what they
// fetched, or in git's own folder: nobody wrote it in this project.
func installed(p string) bool {
	for _, dir := range strings.Split(path.Dir(p), "/") {
		switch dir {
		case "node_modules", "site-packages", ".git":
			return true
		}
	}
	return false
}
