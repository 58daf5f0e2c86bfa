package review

import "strings"

// Agree makes decisions about files and the new folders that they lie in agree:
// a folder of which something is accepted is accepted, whatever was said of it,
// and one of which all is dropped is dropped with it. all are the changes of the
// run, parents before children; what has no decision is among them.
func Agree(all []Decided) []Decided {
	out := append([]Decided(nil), all...)
	below := map[place]tally{}
	for i := len(out) - 1; i >= 0; i-- {
		c := &out[i]
		if !c.Open() || c.Whole() {
			continue
		}
		if here := below[place{c.Iteration, c.Path}]; c.newFolder() && here != (tally{}) {
			switch {
			case here.accepted:
				c.Decision = Accept
			case !here.undecided:
				c.Decision = Drop
			}
		}
		note(below, c)
	}
	return out
}

func (c Change) newFolder() bool { return c.Type == "dir" && c.Action == "added" }

type place struct {
	iteration int
	path      string
}

// tally is what was decided about what lies in a folder.
type tally struct{ accepted, dropped, undecided bool }

// note counts a change in each folder that it lies in.
func note(below map[place]tally, c *Decided) {
	for p := parent(c.Path); p != ""; p = parent(p) {
		at := place{c.Iteration, p}
		t := below[at]
		switch c.Decision {
		case Accept:
			t.accepted = true
		case Drop:
			t.dropped = true
		default:
			t.undecided = true
		}
		below[at] = t
	}
}

func parent(path string) string { return path[:max(0, strings.LastIndexByte(path, '/'))] }

// within tells whether a change is another, or lies in it.
func within(c, in Change) bool {
	return c.Iteration == in.Iteration && (c.Path == in.Path || !in.Whole() && strings.HasPrefix(c.Path, in.Path+"/"))
}
