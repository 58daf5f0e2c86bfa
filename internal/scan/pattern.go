package scan

import (
	"errors"
	"fmt"
	"path"
	"strings"
)

// Bounds of a pattern, far above what a person writes.
const (
	maxPattern  = 4096
	maxElements = 64
)

// Pattern selects files by their path, in the manner of .gitignore: without a
// slash it names a file or folder at any depth, with one it is relative to the
// project; "**" as a whole element stands for any number of elements; a folder
// that is selected selects all below it; a trailing slash selects folders only.
type Pattern struct {
	elems   []string
	dirOnly bool
}

// NewPattern reads a pattern. It refuses what could never match or would reach
// out of the project, because a pattern that hides nothing looks like one that
// does.
func NewPattern(text string) (Pattern, error) {
	body, dirOnly := strings.CutSuffix(text, "/")
	anchored := strings.Contains(body, "/")
	elems := strings.Split(strings.TrimPrefix(body, "/"), "/")
	if !anchored {
		elems = append([]string{"**"}, elems...)
	}
	if err := check(text, elems); err != nil {
		return Pattern{}, fmt.Errorf("pattern %q: %w", text, err)
	}
	return Pattern{elems, dirOnly}, nil
}

func check(text string, elems []string) error {
	if len(text) > maxPattern || len(elems) > maxElements {
		return errors.New("too long")
	}
	for _, e := range elems {
		if e == "" || e == "." || e == ".." {
			return errors.New(`an element is empty, "." or ".."`)
		}
		if strings.ContainsRune(e, 0) {
			return errors.New("a zero byte")
		}
		if _, err := path.Match(e, ""); err != nil {
			return errors.New("a bracket is not closed")
		}
	}
	return nil
}

// Match tells whether the file at that slash-separated relative path is
// selected. The time is bounded by the product of both lengths.
func (p Pattern) Match(name string) bool {
	elems := strings.Split(name, "/")
	if p.dirOnly {
		elems = elems[:len(elems)-1]
	}
	at := p.skip(make([]bool, len(p.elems)+1), 0)
	for _, e := range elems {
		at = p.step(at, e)
		if at[len(p.elems)] {
			return true
		}
	}
	return false
}

// MatchFolder tells whether the folder at that path is itself selected, or is
// what a trailing "/**" stands below.
func (p Pattern) MatchFolder(name string) bool {
	p.dirOnly = false
	return p.Match(name)
}

// step is one move of the automaton whose states are positions in the pattern.
func (p Pattern) step(at []bool, elem string) []bool {
	next := make([]bool, len(at))
	for i, here := range at[:len(p.elems)] {
		if !here {
			continue
		}
		if p.elems[i] == "**" {
			p.skip(next, i)
		} else if ok, err := path.Match(p.elems[i], elem); ok && err == nil {
			p.skip(next, i+1)
		}
	}
	return next
}

// skip marks position i and, since "**" may stand for nothing, those behind it.
func (p Pattern) skip(at []bool, i int) []bool {
	at[i] = true
	for i < len(p.elems) && p.elems[i] == "**" {
		i++
		at[i] = true
	}
	return at
}
