package review

import "strings"

// Agree makes decisions about what lies in one another agree, since to accept or
// drop a folder is to do so with all that is held in it. A new folder goes with
// what it holds: it is accepted if anything of that is, and dropped if all of it
// is. Any other one, or what took a folder's place, is decided only if all below
// it is decided alike. all are the changes of the run, parents before children;
// what has no decision is among them.
func Agree(all []Decided) []Decided {
	out := append([]Decided(nil), all...)
	below := map[place]tally{}
	for i := len(out) - 1; i >= 0; i-- {
		c := &out[i]
		if !c.Open() || c.Whole() {
			continue
		}
		if t := below[place{c.Iteration, c.Path}]; t != (tally{}) {
			c.Decision = t.decide(*c)
		}
		note(below, c)
	}
	return out
}

// decide is what becomes of a change with decisions below it.
func (t tally) decide(c Decided) Decision {
	switch {
	case c.newFolder() && t.accepted:
		return Accept
	case c.newFolder() && !t.undecided:
		return Drop
	case c.Decision == Accept && t == tally{accepted: true}, c.Decision == Drop && t == tally{dropped: true}:
		return c.Decision
	}
	return None
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
