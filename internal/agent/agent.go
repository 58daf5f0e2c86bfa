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
	Name       string // in the policy: "claude"
	Title      string // for people: "Claude Code"
	Guardrails []Path // those that this tool adds to CommonGuardrails
	Executable string // looked up on PATH; empty: the policy's command
	KeyEnv     string // variable that gives the tool its key
	BaseURLEnv string // variable that sends its API calls elsewhere
	KeyShape   string // form of a placeholder key, with one "%s"
	APIHost    string // the service the key belongs to
	Header     string // HTTP header that carries the key
	Endpoints  []string
	Env        map[string]string // variables to set inside
	// BypassFlags are arguments that switch the tool's own permissions off.
	// One that is a variable ends in "=": "IS_SANDBOX=".
	BypassFlags []string
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
	ExtraArgs     []string
}

// Agent is one tool.
type Agent interface {
	Describe() Description
	// Invocation is the argument vector of an unattended start.
	Invocation(Request) []string
	// Files are the tool's read-only configuration files: absolute path
	// inside, and content. allow lists the commands that it may run.
	Files(allow []string) map[string]string
	// Home are the files that a fresh private HOME starts with, relative to
	// it. project is the absolute path of the project inside.
	Home(project string) map[string]string
	// Parse reads the tool's standard output to its end with bounded memory.
	// It fails only when the reader does.
	Parse(r io.Reader) (Result, error)
}
