// Package agent describes AI tools: how one is started without a person, what
// it loads, which files steer it, and how it reports what it did. A tool is
// data (Description) and a little behaviour (Agent), one folder each; the list
// of all is in package catalog, because this package cannot import those that
// implement it.
package agent

import "io"

// Path is one file or folder of a project that steers a tool or runs by itself
// later.
type Path struct {
	// Path is relative to the project, slash-separated. Its last element may
	// hold "*", which stands for any characters of a name.
	Path string
	// Dir: the whole folder.
	Dir bool
	// IfAbsent freezes the name although nothing is there yet. What is absent
	// and not marked is caught when an iteration's changes are checked.
	IfAbsent bool
	// Top: it acts only where the folder that it lies in is opened, built or
	// checked out by itself, which nobody does with an installed package.
	Top bool
	// Reason tells a person what the file could do.
	Reason string
}

// Description is what is known of a tool, as data.
type Description struct {
	Name    string // in the policy: "claude"
	Title   string // for people: "Claude Code"
	Checked string // the tool's version that all of this was checked against
	// Instructions are the files that it loads by itself and takes for its
	// owner's word.
	Instructions []Instruction
	Guardrails   []Path // of the project: those that this tool adds to CommonGuardrails
	// UserPaths steer it from its owner's home folder and are relative to it.
	// Inside there is another home folder, without them.
	UserPaths []Path
	// Machine are the files with which an administrator steers it.
	Machine []MachineFile
	// State is what it has to write below the home folder, and what of it may
	// be worth keeping.
	State      []State
	Executable string // looked up on PATH; empty: the policy's command
	KeyEnv     string // variable that gives the tool its key
	BaseURLEnv string // variable that sends its API calls elsewhere; empty: none
	KeyShape   string // form of a placeholder key, with one "%s"
	APIHost    string // the service the key belongs to
	Header     string // HTTP header that carries the key
	Prefix     string // before the key in that header: "Bearer "
	Endpoints  []Endpoint
	Env        map[string]string // variables to set inside
	// BypassFlags are arguments that switch the tool's own permissions off.
	// One with a value has it after "=", and is known in two words too. One
	// that is a variable ends in "=": "IS_SANDBOX=".
	BypassFlags []string
}

// Where a file lies.
const (
	InProject = "project"
	InHome    = "home"
	OnMachine = "machine"
)

// Instruction is a file, or a pattern of files, that a tool loads by itself.
type Instruction struct {
	Where string // InProject, InHome or OnMachine
	Path  string // relative to the project or the home folder; absolute on the machine
	// Limit is how much of it is loaded, in bytes; 0: not known to be bounded.
	Limit int
	// Nested: those of folders below, or above, are loaded too.
	Nested bool
	// Imports is how many files deep an "@path" in it is followed; 0: not at all.
	Imports int
}

// MachineFile is a file with which an administrator steers a tool.
type MachineFile struct {
	Path   string // absolute
	Reason string
	// Opens tells that the tool goes on without it where it cannot read it:
	// whoever writes one has to prove that it is in force.
	Opens bool
}

// State is what a tool writes below its home folder.
type State struct {
	Path   string // relative to the home folder
	Reason string
	// Steers: the next start acts by it, so that keeping it lets one iteration
	// steer the next.
	Steers bool
}

// Uses of an endpoint.
const (
	UseAPI       = "api"
	UseSignIn    = "sign-in"
	UseTelemetry = "telemetry"
	UseUpdate    = "update"
)

// Endpoint is a host that a tool talks to.
type Endpoint struct {
	Host string
	Use  string // UseAPI, ...
}

// Request is one start of a tool.
type Request struct {
	// Command is what to start, with its arguments. Empty: the description's
	// Executable. The generic agent has nothing else.
	Command []string
	// SettingsPath is where the tool's rendered settings lie inside; empty:
	// the path under which Files returns them.
	SettingsPath  string
	PromptOnStdin bool
	MaxTurns      int // 0: the tool's own default
	Model         string
	BudgetUSD     float64 // 0: none
	// BaseURL is where the gateway answers in place of the tool's service;
	// empty: nowhere. It is for tools that take it as an argument only.
	BaseURL string
	// Rules are those that Files was given, for what a tool takes as an
	// argument only.
	Rules     Rules
	ExtraArgs []string
}

// Agent is one tool.
type Agent interface {
	Describe() Description
	// Invocation is the argument vector of an unattended start.
	Invocation(Request) []string
	// Files are the tool's read-only configuration files: absolute path
	// inside, and content.
	Files(Rules) map[string]string
	// Home are the files that a fresh private HOME starts with, relative to
	// it. project is the absolute path of the project inside.
	Home(project string) map[string]string
	// Parse reads the tool's standard output to its end with bounded memory.
	// It fails only when the reader does.
	Parse(r io.Reader) (Result, error)
}
