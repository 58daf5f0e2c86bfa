// Package stage turns what an iteration left in its overlay into changes of
// the project. The agent wrote to an upper directory above the project; when
// all its processes are dead, Read lists what the directory means, Apply
// carries the ordinary part into the project and keeps the rest aside, and
// Recover finishes or names what a crash cut short.
//
// Everything in an upper directory was made by the agent and is hostile: no
// link is followed, no name is trusted, every walk is bounded.
package stage

import (
	"errors"
	"time"
)

// ErrOnlyLinux is returned by every operation on a system other than Linux:
// the stage is an overlayfs, and its walk needs openat2.
var ErrOnlyLinux = errors.New("the stage works only on Linux")

// ErrIncomplete is returned by Apply for a changeset that was not read whole.
// Nothing was applied, and the upper directory is kept as it is.
var ErrIncomplete = errors.New("the changeset could not be read whole")

// Dirs are the folders of one iteration.
type Dirs struct {
	Iter  string // holds the others, and the records of applying
	Upper string // the overlay's upper directory: what the agent wrote
	Work  string // the overlay's own
	Held  string // what was kept back
}

// ID names a directory whatever its path says.
type ID struct {
	Dev uint64 `json:"dev"`
	Ino uint64 `json:"ino"`
}

// Options tells Read and Apply which iteration of which project is meant.
type Options struct {
	Project string // absolute, symlinks resolved
	// ProjectID is what Pin returned when the run began. The project's folder
	// must still be that one: it may have been replaced by a link since.
	ProjectID ID
	Dirs      Dirs
	Run       string // letters, digits and dashes; part of temporary names
	// Stubs are the mount points for absent guardrails that the sandbox made
	// in the upper directory, relative to it, folders made on the way to them
	// included. While still empty they are no change.
	Stubs []string
	Rules Rules
	// Since is when the iteration began. A file of the project whose status
	// changed later was changed by someone else; the agent's version of it is
	// held as a conflict. Zero: not checked.
	Since time.Time

	hook func(op string) error // tests: before each change; an error is a crash
	copy bool                  // tests: as if the project were on another file system
}

// Action is what happened to a path.
type Action string

// The actions.
const (
	Added    Action = "added"
	Modified Action = "modified" // content, link text or kind
	Deleted  Action = "deleted"
	Mode     Action = "mode" // permission bits only
)

// Type is the kind of a file.
type Type string

// The types. Absent is a Stat's way to say that nothing is there.
const (
	Absent  Type = ""
	File    Type = "file"
	Dir     Type = "dir"
	Symlink Type = "symlink"
	Special Type = "special" // fifo, socket, device
)

// Class is what the gate makes of an entry. By default only Ordinary is applied.
type Class string

// The classes.
const (
	Ordinary  Class = "ordinary"
	Guardrail Class = "guardrail" // steers the agent or runs by itself on the host
	Secret    Class = "secret"    // a path that was hidden from the agent
	Escape    Class = "escape"    // reaches out of the tree, or is no plain file
	Oversized Class = "oversized"
	Conflict  Class = "conflict" // the project's own version changed meanwhile
)

// Stat is what was found at a path of the project.
type Stat struct {
	Type  Type   `json:"type,omitempty"`
	Mode  uint32 `json:"mode,omitempty"` // permission, set-ID and sticky bits
	UID   uint32 `json:"uid,omitempty"`
	GID   uint32 `json:"gid,omitempty"`
	Size  int64  `json:"size,omitempty"`  // bytes
	Mtime int64  `json:"mtime,omitempty"` // nanoseconds since 1970
	Dev   uint64 `json:"dev,omitempty"`
	Ino   uint64 `json:"ino,omitempty"`
}

// same tells whether b is still what a was. A folder's size and time change
// with its content, so only its identity and mode count.
func (a Stat) same(b Stat) bool {
	if a.Type != b.Type || a.Mode != b.Mode || a.Dev != b.Dev || a.Ino != b.Ino {
		return false
	}
	return a.Type == Dir || a.Size == b.Size && a.Mtime == b.Mtime
}

// Entry is one change.
type Entry struct {
	Path   Name   `json:"path"` // relative, slash-separated
	Action Action `json:"action"`
	Type   Type   `json:"type"` // of what is there now; of what was there when deleted
	Mode   uint32 `json:"mode,omitempty"`
	Size   int64  `json:"size,omitempty"`
	Mtime  int64  `json:"mtime,omitempty"`
	Target Name   `json:"target,omitempty"` // text of a link
	Class  Class  `json:"class"`
	Detail string `json:"detail,omitempty"` // why, printable
	Fate   Fate   `json:"fate,omitempty"`   // where it is not the default of the class
	Runs   string `json:"runs,omitempty"`   // why a person should look before running anything
	SHA256 string `json:"sha256,omitempty"` // of a file that is rejected
	Lower  Stat   `json:"lower"`            // the project's own, as it was read
}

// replacesDir tells whether something else stands where a folder was.
func (e Entry) replacesDir() bool {
	return e.Action == Modified && e.Type != Dir && e.Lower.Type == Dir
}

// Changeset is what one iteration changed, parents before children.
type Changeset struct {
	Entries []Entry
	// Incomplete says why not all was read; it is empty for a whole changeset.
	Incomplete string
}

// Findings tells whether there is anything that a person should look at: an
// entry that is not ordinary or not applied, or a changeset that is not whole.
func (c *Changeset) Findings() bool {
	if c.Incomplete != "" {
		return true
	}
	for _, e := range c.Entries {
		if e.Class != Ordinary || !e.Applies() {
			return true
		}
	}
	return false
}

// Held is one entry that was kept back.
type Held struct {
	Entry
	// File is the name under the held folder; empty where there is no content
	// to keep: a deletion, a mode, a folder, a device.
	File   string `json:"file,omitempty"`
	SHA256 string `json:"sha256,omitempty"` // of File; empty for oversized ones
}

// Result is what Apply did.
type Result struct {
	Applied  int
	Held     []Held
	HeldDir  string  // empty when nothing was held
	Rejected []Entry // neither applied nor kept
}
