package agent

import "time"

// MaxText bounds the final result that is kept, in bytes.
const MaxText = 64 << 10

// Result is what a tool said of its own work: a claim, never proof.
type Result struct {
	Text      string   // the final result, at most MaxText bytes of valid UTF-8, its end kept
	Turns     int      // 0: not told
	CostUSD   *float64 // nil: unknown, which is never zero
	Tokens    *Tokens  // nil: not told
	Denied    []Denial // what the tool's own permissions refused
	IsError   bool
	Error     string // why, when IsError
	RateLimit *RateLimit
	Mode      string // the permission mode that the tool says it runs in
	Malformed int    // lines of a structured output that could not be read
	Complete  bool   // a final result was seen
}

// Tokens is what a tool says that its model read and wrote.
type Tokens struct {
	Input  int64 // those from a cache included
	Cached int64
	Output int64
}

// Denial is one tool call that the tool's own permissions refused.
type Denial struct {
	Tool  string
	Input string // short form, for a report
}

// RateLimit tells that the service refused for now.
type RateLimit struct {
	Status string    // the service's word, "rejected", or the HTTP status
	Resets time.Time // zero: not told
}
