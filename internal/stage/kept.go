package stage

import (
	"errors"
	"strings"
)

// ErrState is returned where an iteration is not in a state to do what was
// asked: nothing was applied, it was rolled back before, or has to be recovered.
var ErrState = errors.New("not possible for this iteration")

// ErrNoSuch is returned where nothing that is held has the path that was named.
var ErrNoSuch = errors.New("nothing of that name is held")

// State is what became of an iteration.
type State string

// The states.
const (
	Open       State = "open"        // running, or cut short: Recover is to be called
	Applied    State = "applied"     // some of it may be held
	RolledBack State = "rolled back" // the project is as it was before it
	KeptWhole  State = "kept"        // not applied at all, for the reason in Why
	Dropped    State = "dropped"     // kept whole, and then removed by the owner
)

// Kept is what an iteration's folder still holds.
type Kept struct {
	State State
	Why   string // of Open, KeptWhole and Dropped
	// Applied has a folder that was added or deleted whole as one entry, with
	// the number of what lies in it; Below lists that.
	Applied []Entry
	// Held are the entries that wait for a decision. Those of a changeset that
	// was kept whole are not listed: Read does that.
	Held    []Held
	Dropped []Held // names, sizes and hashes of what the owner had removed
	// Project is the folder; it is empty for a changeset that was kept whole
	// before its project was recorded, and may be filled in.
	Project   string
	ProjectID ID

	iterDir string
	places  []place // of Applied
}

// place is where the two sides of an applied entry are.
type place struct {
	store     string
	put, take Stat
}

// placeOf finds an applied entry, or the folder that it lies in. The last
// decision about a path counts.
func (k *Kept) placeOf(path Name) (place, bool) {
	for i := len(k.Applied) - 1; i >= 0; i-- {
		e := k.Applied[i]
		if e.Path == path {
			return k.places[i], true
		}
		if e.Below > 0 && below(string(path), string(e.Path)) {
			return place{store: k.places[i].store}, true
		}
	}
	return place{}, false
}

// covers tells whether a path is one of those that were asked for, or lies
// below one; no paths are all.
func covers(paths []Name, path Name) bool {
	for _, p := range paths {
		if p == path || below(string(path), strings.TrimRight(string(p), "/")) {
			return true
		}
	}
	return len(paths) == 0
}
