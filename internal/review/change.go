// Package review shows a person what an agent changed: lists, unified diffs,
// what accepting a change means, and a view to step through on a terminal. All
// of it is pure: texts in, texts and decisions out. Whoever uses it reads the
// files, draws the screen and carries out what was decided.
//
// Contents and names are the agent's. What leaves this package for a terminal
// holds nothing but visible characters, tabs, and the line ends and styles that
// the package itself put there.
package review

import (
	"fmt"
	"slices"
)

// Format is the version of the JSON form.
const Format = 1

// The states of a change.
const (
	Held    = "held"    // kept back: to be accepted or dropped
	Kept    = "kept"    // the iteration's changes are kept whole, unapplied
	Applied = "applied" // in the project
	Undone  = "undone"  // was in the project, and was rolled back
	Part    = "part"    // of a whole that is kept: decided with it
	Dropped = "dropped" // was held, and the owner dropped it
)

// Run is what one run left for its owner to look at.
type Run struct {
	Format     int         `json:"format"`
	Run        string      `json:"run"`
	Project    string      `json:"project"` // printable
	Outcome    string      `json:"outcome"`
	Held       int         `json:"held"` // changes to be decided
	Applied    int         `json:"applied"`
	Iterations []Iteration `json:"iterations"`
}

// Iteration is one transaction of a run.
type Iteration struct {
	Number  int      `json:"number"`
	State   string   `json:"state"` // open, applied, rolled-back, kept, dropped, nothing
	Why     string   `json:"why,omitempty"`
	Changes []Change `json:"changes"`
}

// Change is one entry as its owner sees it. Path, From, Target and the reasons
// are printable, and no two names print alike.
type Change struct {
	Iteration int    `json:"iteration"`
	State     string `json:"state"`
	Path      string `json:"path"` // of a whole kept iteration: empty
	From      string `json:"from,omitempty"`
	Action    string `json:"action"` // added, modified, deleted, mode, renamed
	Class     string `json:"class"`
	Why       string `json:"why,omitempty"`
	Runs      string `json:"runs,omitempty"` // why it runs on the host
	Type      string `json:"type"`           // file, dir, symlink, special
	OldType   string `json:"old_type,omitempty"`
	Below     int    `json:"below,omitempty"`    // entries of a folder that stands for all in it
	Size      int64  `json:"size"`               // bytes
	Mode      string `json:"mode,omitempty"`     // octal
	OldMode   string `json:"old_mode,omitempty"` // octal
	Target    string `json:"target,omitempty"`
	SHA256    string `json:"sha256,omitempty"`
	Diff      *Diff  `json:"diff,omitempty"`
}

// Open tells whether the change waits for a decision.
func (c Change) Open() bool { return c.State == Held || c.State == Kept }

// Whole tells whether it stands for all changes of an iteration.
func (c Change) Whole() bool { return c.Path == "" }

// Name is what a person calls it.
func (c Change) Name() string {
	if c.Whole() {
		return fmt.Sprintf("all changes of iteration %d", c.Iteration)
	}
	return c.Path
}

// Changes are those of all iterations: what waits for a decision first, what git
// changed in its own folder last, each part in its order.
func (r Run) Changes() []Change {
	var open, rest, git []Change
	for _, it := range r.Iterations {
		for _, c := range it.Changes {
			switch {
			case c.Open():
				open = append(open, c)
			case inGit(c):
				git = append(git, c)
			default:
				rest = append(rest, c)
			}
		}
	}
	return slices.Concat(open, rest, git)
}

// Count fills in how many changes are held and applied.
func (r *Run) Count() {
	r.Held, r.Applied = 0, 0
	for _, c := range r.Changes() {
		switch {
		case c.Open():
			r.Held++
		case c.State == Applied:
			r.Applied++
		}
	}
}
