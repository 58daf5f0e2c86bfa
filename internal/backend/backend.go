// Package backend is what carries out a plan: it builds the boundary, runs one
// command in it, and tells how it ended.
package backend

import (
	"context"

	"ringwall/internal/evidence"
	"ringwall/internal/host"
	"ringwall/internal/plan"
)

// Backend carries out plans.
type Backend interface {
	// Probe tells whether this host can run it at all.
	Probe(host.Facts) Support
	// Run starts the plan's command behind the plan's controls and returns when
	// every process of it is dead. An error means that the command was never
	// started, or that its boundary failed; how the command ended is in the
	// Result.
	Run(context.Context, plan.Plan, evidence.Recorder) (Result, error)
}

// Support is what Probe found.
type Support struct {
	OK  bool
	Why string // where not
	Fix string
}

// Reasons why a run ended.
const (
	Exited      = "exited"      // the command ended by itself
	TimedOut    = "time"        // the time limit
	OverDisk    = "disk"        // the watched disk limit
	OverInodes  = "inodes"      // the watched limit of files and folders
	OverOutput  = "output"      // the limit of what is written to standard output and error
	OverMemory  = "memory"      // the watched memory limit
	OverCost    = "cost"        // the loop's limit of what models cost
	OverTokens  = "tokens"      // the loop's limit of models' tokens
	Alarmed     = "alarm"       // a value that must not leave was on its way out
	Interrupted = "interrupted" // the context was cancelled
	Lost        = "lost"        // the boundary failed: fail closed
)

// Result is how a run ended.
type Result struct {
	Reason   string
	ExitCode int    // of the command; 128+n where a signal ended it
	Signal   string // its name, where one did
	Counts   Counts
	Alarm    *evidence.Alarm // the first one; nil: none
}

// Counts is what the supervisor saw.
type Counts struct {
	Allowed, Refused int64 // requests at the gateway
	Attempts         int64 // refusals inside, as seen
	Changed          int64 // files in the workspace that are not as they were
	Models           Models
}

// Models is what the gateway read in the answers of models.
type Models struct {
	Answers, Tokens int64
	CostUSD         float64 // of those whose cost is known
	Unknown         int64   // answers whose cost is not, which is not zero
}

// StartError is ringwall's own failure before the command started.
type StartError struct {
	Control string // ID, where one is to blame
	Err     error
	Fix     string
}

func (e *StartError) Error() string { return "the sandbox did not start: " + e.Err.Error() }

// Unwrap gives the cause.
func (e *StartError) Unwrap() error { return e.Err }

// Hint is the way out.
func (e *StartError) Hint() string { return e.Fix }
