package project

import "fmt"

// Kind tells what is wrong with a project.
type Kind string

// The kinds of error.
const (
	BadPath    Kind = "path"      // absent, no folder, not UTF-8, or no place for a project
	NoGit      Kind = "no-git"    // not the top folder of a git repository
	LinkedGit  Kind = "linked"    // a worktree or submodule: the repository lies elsewhere
	Link       Kind = "link"      // a symbolic link at a guardrail's name leads out of the project
	HardLink   Kind = "hard-link" // a guardrail can be written under another name too
	BadPattern Kind = "pattern"   // an entry of hide or freeze
	BadMemory  Kind = "memory"    // an entry of memory
	BadText    Kind = "text"      // an instruction file that cannot go into a prompt
)

// Error is a project that ringwall refuses.
type Error struct {
	Kind Kind
	Path string // as given, or relative to the project
	Msg  string // what is wrong
	Fix  string // what to do about it
	Err  error  // the cause; nil where there is none
}

// Error implements error. The path is quoted, because it may hold anything.
func (e *Error) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("project %q: %s: %v", e.Path, e.Msg, e.Err)
	}
	return fmt.Sprintf("project %q: %s", e.Path, e.Msg)
}

// Hint tells a person the way out.
func (e *Error) Hint() string { return e.Fix }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }
