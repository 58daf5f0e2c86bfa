package agent

import "io"

// Rules are what a tool's own permission system is told.
type Rules struct {
	// Allow are the commands that may run, with the words that they have to
	// begin with: "git", "npm test". What cannot stand in the tool's grammar is
	// left out: less is allowed, never more.
	Allow []string
	// Deny are the commands that the owner forbids, whatever Allow says. Each
	// tool adds its own list of what nobody needs unattended.
	Deny []string
	// Servers are the MCP servers of the project that the owner lists, by name.
	// All others are off.
	Servers []string
	// Hooks tells that the owner wants the project's hooks to run.
	Hooks bool
}

// Arguer is a tool that takes its permissions inside as arguments, not from
// files.
type Arguer interface {
	// Arguments are those that tell it Rules. Invocation has them too.
	Arguments(Rules) []string
}

// Problems that a permission file can have.
const (
	TooBroad    = "too-broad"   // allows anything, or nearly
	Executes    = "executes"    // an allowed program starts any other
	Destroys    = "destroys"    // what it does cannot be undone
	Widens      = "widens"      // lets the tool change its own permissions
	Redirects   = "redirects"   // sends its calls, or its key, elsewhere
	Bypasses    = "bypasses"    // switches the permissions off
	Malformed   = "malformed"   // the tool cannot read it, or drops it
	Ineffective = "ineffective" // is read, and has no effect
	Shadowed    = "shadowed"    // another entry decides before it
	Duplicate   = "duplicate"
)

// Finding is one problem of one entry of a permission file.
type Finding struct {
	File    string // as the linter was given it
	Line    int    // from 1; 0: the file as a whole
	Problem string // TooBroad, ...
	Entry   string // as it stands in the file, shortened
	Why     string // one sentence for a person
	Better  string // an entry to write in its place; empty: leave it out, or see Why
	Layer   string // the layer that catches what this lets through; empty: none
}

// Linter is a tool whose permission files can be checked.
type Linter interface {
	// PermissionFiles are the files in which the tool keeps its permissions.
	PermissionFiles() []Located
	// Lint checks one of them. name is the name from PermissionFiles. A file
	// that cannot be read gives one finding, which says what the tool then does.
	Lint(name string, text []byte) []Finding
}

// RefusalReader is a tool that tells only on standard error what its own
// permissions refused.
type RefusalReader interface {
	// Refused reads that to its end with bounded memory.
	Refused(stderr io.Reader) ([]Denial, error)
}

// Located is a file by where it lies. The last element of its path may hold
// "*", for a folder of such files; a linter is then given the path as it stands
// here.
type Located struct {
	Where string // InProject, InHome or OnMachine
	Path  string // relative to the project or the home folder; absolute on the machine
}

// ProjectWriter is a tool that reads permission files in the project when a
// person starts it there by hand.
type ProjectWriter interface {
	// ProjectFiles are those to write, relative to the project.
	ProjectFiles(Rules) map[string]string
	// Merge adds to the text of an existing one what Rules ask for, and changes
	// nothing else: unknown fields, order and comments stay. It fails on a text
	// that it cannot read.
	Merge(path string, old []byte, r Rules) ([]byte, error)
}

// ManagedWriter is a tool that an administrator can bind by files that its own
// user cannot override.
type ManagedWriter interface {
	// Managed are those files: absolute path and content.
	Managed(Rules) map[string]string
}
