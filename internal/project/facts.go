// Package project gathers what is known about a project as one value: where it
// is, what it is built with, which files steer an agent, which hold secrets.
// It reads, follows no link out of the project, and executes nothing.
package project

import (
	"time"

	"ringwall/internal/agent"
)

// Facts is a project at one moment.
type Facts struct {
	Path     string // absolute, links resolved, valid UTF-8
	Dev, Ino uint64 // of the project folder; 0 where the system has none
	ReadOnly bool   // the owner cannot write there
	Git      Git
	// Committer is the owner's name for commits; empty where git has none.
	Committer Committer

	Toolchains   []Toolchain
	Agents       []string            // names of the tools whose files were found
	Traces       map[string][]string // those files, by the tool's name
	Guardrails   []Guardrail
	Secrets      []Secret
	Committed    []Secret              // not hidden, since git's history holds the same content
	Memory       []string              // paths that stay the agent's to write
	Ecosystems   map[string][]Endpoint // by preset: "go", "npm", "claude" ...
	Instructions []Instruction

	// Agent is the tool that the policy chose; nil where none was.
	Agent agent.Agent `json:"-"`
	// Program lists what the agent's own executable needs, as absolute paths of
	// the host: files, or whole folders of a package.
	Program []string
	// Incomplete tells why the tree was not looked at in full; empty when it
	// was. What was not looked at is not known to be safe.
	Incomplete string
}

// Git tells about the project's repository.
type Git struct {
	Present bool
	Linked  bool // a worktree or submodule whose repository lies elsewhere
	// Dir is the project's part of that repository and Common the whole of it,
	// absolute, links resolved. Common is shown inside, read-only.
	Dir, Common string
	// Configs are the files of that repository with credentials in them, by
	// absolute path.
	Configs []Secret
}

// Toolchain is one way in which the project is built.
type Toolchain struct {
	Name     string
	Dir      string   // the folder that it is for, relative; empty: the project's own
	Found    string   // the file that shows it, relative to the project
	Commands []string // programs that its work needs
	Tests    string   // the command that runs the tests, from the project's folder; empty: not known
	// TestsFrom is what in the project shows that there are tests, and how they
	// are run; empty where Found alone does.
	TestsFrom string
}

// Guardrail is a path to freeze.
type Guardrail struct {
	Path    string // relative, slash-separated
	Dir     bool
	Present bool // false: frozen as absent
	Link    bool // a symbolic link that stays; what it leads to has an entry of its own
	Reason  string
	Asked   string // the entry of the policy's freeze list; empty: found without it
	// Around: a folder that holds memory. It stays in its place, and what else
	// is in it has entries of its own.
	Around bool
	// Imported: an instruction file imports it.
	Imported bool
	// Hidden: it is there, and shown empty.
	Hidden bool
}

// Secret is a file whose content must not be seen.
type Secret struct {
	Path   string // relative, slash-separated
	Reason string
	Asked  string // the entry of the policy's hide list; empty: found without it
	// Shown stands in the file's place; empty: a short note. Part: it is the
	// file itself without the secrets in it.
	Shown string
	Part  bool
	// Tracked: git's index has a file of that path.
	Tracked bool
}

// Endpoint is a host that a preset stands for.
type Endpoint struct {
	Host string // lower case
	Port int
	From string // where it was found: "default", "$GOPROXY", "~/.npmrc"
}

// Instruction is a file whose text goes into each prompt, as it was when it
// was read.
type Instruction struct {
	Name    string // "CONSTITUTION.md"
	Path    string // relative
	Content string
	SHA256  string // lower-case hexadecimal
}

// Options tells Inspect where to look.
type Options struct {
	Path     string
	Home     string              // the owner's home folder
	StateDir string              // ringwall's own; a project may not be in it
	Env      func(string) string // the owner's environment; nil: empty
	Etc      string              // the machine's configuration; empty: /etc
	Agent    agent.Agent         // nil: none chosen
	Hide     []string            // patterns of the policy
	Freeze   []string            // paths of the policy
	Memory   []string            // paths of the policy
	Firm     []string            // patterns of Freeze from which nothing is freed
	// Builds asks which commands build and test the project, and for what lies
	// one folder deep; a start need not wait for that search.
	Builds bool
	Index  string // file that spares the next search work; empty: none

	now   func() time.Time // nil: the clock
	limit int              // of names to look at; 0: the default
}
