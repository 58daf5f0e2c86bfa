package stage

// TreeOptions say of which project a copy is made, and where.
type TreeOptions struct {
	Project   string // absolute, symlinks resolved
	ProjectID ID     // from Pin
	Dir       string // of the run: the copy is a folder in it
	// From and To are users and groups, by number: in the copy, what is From's
	// is To's. Only root can; equal ones change nothing.
	From, To [2]int
	// Progress, if set, is told now and then how far a long copy has come.
	Progress func(files int, bytes int64)
}

// Usage is what a tree takes, counted as the watch over the disk counts it.
type Usage struct{ Bytes, Entries, Files int64 }

// copyName is the copy's folder in that of its run.
const copyName = "copy"

// goneRecord lists, beside an upper directory that was made from a copy, what
// is gone: an overlay would have left a mark in the place of each.
type goneRecord struct {
	Version int    `json:"version"`
	Gone    []Name `json:"gone"`
}

const goneName = "gone.json"

// directName is the record of an iteration whose agent works in the project
// itself: there is nothing to roll back to.
const directName = "direct.json"

// directRecord is what taking things out of the project after a crash needs.
type directRecord struct {
	Version   int    `json:"version"`
	Run       string `json:"run"`
	Project   Name   `json:"project"`
	ProjectID ID     `json:"project_id"`
	Began     int64  `json:"began"` // nanoseconds since 1970
	Rules     Rules  `json:"rules"`
	// Kept are the guardrails of which there is a copy, by number.
	Kept []stashed `json:"kept"`
}

// stashed is a guardrail deep in the tree, as it was.
type stashed struct {
	Path  Name   `json:"path"`
	Mode  uint32 `json:"mode"`
	Mtime int64  `json:"mtime"` // nanoseconds since 1970
}
