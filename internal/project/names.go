package project

import (
	"strings"
	"unicode/utf8"
)

// listing is what stood in the project's own folder when it was first asked
// for. Most names of the tables are in no project; the listing tells so without
// a system call for each.
type listing struct {
	names []string
	has   map[string]bool // in lower case
	// odd: a name is not plain ASCII. A file system that does not tell cases
	// apart may find such a name under another, so nothing is known to be absent.
	odd bool
}

// top lists the project's own folder, once.
func (in *inspector) top() (*listing, error) {
	if in.listed != nil {
		return in.listed, nil
	}
	names, err := in.readNames(".")
	if err != nil {
		return nil, err
	}
	l := &listing{names: names, has: make(map[string]bool, len(names))}
	// One that may have been cut proves no absence.
	l.odd = len(names) >= maxEntries
	for _, n := range names {
		l.has[strings.ToLower(n)] = true
		l.odd = l.odd || !plain(n)
	}
	in.listed = l
	return l, nil
}

// absent tells that nothing is at that path, since its first element is in no
// case of letters in the project's folder. False means that it has to be
// looked at.
func (in *inspector) absent(p string) bool {
	first, _, _ := strings.Cut(p, "/")
	if first == "." || first == ".." || first == "" || !plain(first) {
		return false
	}
	l, err := in.top()
	return err == nil && !l.odd && !l.has[strings.ToLower(first)]
}

// plain tells whether a name is of ASCII alone.
func plain(name string) bool {
	for i := range len(name) {
		if name[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
