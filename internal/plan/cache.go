package plan

// Cache is a toolchain's cache of the owner, which can be read inside. What is
// written to it lies in a layer of the run's own and is dropped with it.
type Cache struct {
	Name   string `json:"name"`   // in the policy: "go-modules"
	Source string `json:"source"` // absolute, of the host; where nothing is there, it is empty inside
	Target string `json:"target"` // absolute, inside
}

// Kept is a folder below the agent's home that one iteration leaves for the
// next. Each project has its own. Checks do not get it.
type Kept struct {
	Source string `json:"source"` // absolute, in ringwall's own state
	Target string `json:"target"` // absolute, inside
}
