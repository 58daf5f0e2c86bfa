// Package report turns the events of a run into one value and shows it: as
// text for a terminal, as JSON for programs, as one HTML page for people. The
// value is a pure function of the events, so that a journal can be shown again
// in any form, at any time, on any machine.
package report

import (
	"time"

	"ringwall/internal/evidence"
)

// Format is the version of the JSON form; it changes when an older reader
// would misread a newer report.
const Format = 1

// Run is all that is known of a run. Its strings are as the journal has them:
// whoever shows one passes it through [evidence.Printable].
type Run struct {
	Format        int       `json:"format"`
	ID            string    `json:"run"`
	Kind          string    `json:"kind"` // "run" or "loop"
	Project       string    `json:"project"`
	Agent         string    `json:"agent"`
	Command       []string  `json:"command"`
	Ringwall      string    `json:"ringwall"`
	Kernel        string    `json:"kernel"`
	PlanHash      string    `json:"plan_hash"`
	PolicyHash    string    `json:"policy_hash"`
	MaxIterations int       `json:"max_iterations"` // 0: not a loop
	Started       time.Time `json:"started"`
	Ended         time.Time `json:"ended"` // of the run's end, or of the last event
	Millis        int64     `json:"millis"`

	// Outcome is done, cap, blocked, failed, limit, held, tampered or interrupted;
	// "unfinished" when no end is recorded.
	Outcome    string `json:"outcome"`
	ExitCode   int    `json:"exit_code"`
	Reason     string `json:"reason"`
	Next       string `json:"next"` // the command that settles what is open
	Cost       Cost   `json:"cost"`
	Seen       Seen   `json:"seen"`
	Iterations int    `json:"iterations"` // begun

	Alarms      []Alarm                `json:"alarms"`  // what was about to leave
	Applied     []evidence.Change      `json:"applied"` // over all iterations, the net effect
	AppliedN    int                    `json:"applied_count"`
	Held        []Held                 `json:"held"`
	Rejected    []Held                 `json:"rejected"`    // neither applied nor kept
	NotApplied  []NotApplied           `json:"not_applied"` // iterations of which nothing was
	Findings    []Finding              `json:"findings"`    // of the gates
	Layers      []Layer                `json:"layers"`      // the five in order, then unknown ones
	Limits      []Limit                `json:"limits"`
	Reached     []Reached              `json:"limits_reached"`
	Hosts       []Host                 `json:"hosts"`
	Models      []Model                `json:"models"`
	NotEnforced []evidence.WeakControl `json:"not_enforced"`
	Recovered   []evidence.Recovered   `json:"recovered"`
	Warnings    []Warning              `json:"warnings"`
	Timeline    []Iteration            `json:"timeline"`
	Reviewed    []Reviewed             `json:"reviewed"` // decisions, most of them after the end
	Journal     Journal                `json:"journal"`
}

// Unfinished is the outcome of a run whose end is not in the journal: it was
// cut off, or it is still going.
const Unfinished = "unfinished"

// Cost is what the agent says that its work cost. Unknown is never zero.
type Cost struct {
	Known   bool    `json:"known"`   // at least one iteration told
	USD     float64 `json:"usd"`     // the sum of those that told
	Unknown int     `json:"unknown"` // iterations that did not tell
}

// Seen is what the gateway counted of models' answers. Unknown is never zero.
type Seen struct {
	Answers int     `json:"answers"`
	USD     float64 `json:"usd"`     // the sum of those whose cost is known
	Unknown int     `json:"unknown"` // answers whose cost is not
}

// Model is what the answers of one model took together, in tokens.
type Model struct {
	Name       string  `json:"model"`
	Answers    int     `json:"answers"`
	Input      int64   `json:"input"`
	CacheRead  int64   `json:"cache_read"`
	CacheWrite int64   `json:"cache_write"`
	Output     int64   `json:"output"`
	Searches   int64   `json:"searches"`
	USD        float64 `json:"usd"`     // the sum of those whose cost is known
	Unknown    int     `json:"unknown"` // answers whose cost is not
	Untold     int     `json:"untold"`  // of these, answers that did not say what they took
	Cut        int     `json:"cut"`     // answers that did not come to their end
}

// Alarm is a value that was on its way to where it does not belong.
type Alarm struct {
	evidence.Alarm
	Iteration int `json:"iteration"`
}

// sentence is an alarm on the page.
func (a Alarm) sentence() string { return iterationName(a.Iteration) + ": " + a.Alarm.String() }

// Held is a change that did not reach the project.
type Held struct {
	evidence.Change
	Iteration int    `json:"iteration"`
	Dir       string `json:"dir"` // where it lies
}

// Layer is one of the five with what it stopped.
type Layer struct {
	Name     string    `json:"name"`
	Number   int       `json:"number"` // 1 to 5; 0: not a layer that this version knows
	Stopped  int       `json:"stopped"`
	Refusals []Refusal `json:"refusals"`
}

// Refusal is all attempts of one kind that one control stopped.
type Refusal struct {
	Control string          `json:"control"`
	What    string          `json:"what"`
	Errno   string          `json:"errno"`
	Source  evidence.Source `json:"source"`
	Count   int             `json:"count"`
	Program string          `json:"program"` // of the first
	Why     string          `json:"why"`
}

// Limit is a limit as asked and as read back.
type Limit struct {
	Resource string `json:"resource"`
	Asked    int64  `json:"asked"`
	InForce  int64  `json:"in_force"`
	By       string `json:"by"`
}

// Reached is a limit that was hit.
type Reached struct {
	Iteration int    `json:"iteration"`
	Resource  string `json:"resource"`
	Value     int64  `json:"value"`
	Control   string `json:"control"`
	Ended     bool   `json:"ended"`
}

// Host is all that went to one host through the gateway.
type Host struct {
	Name       string `json:"host"`
	Port       int    `json:"port"`
	Lookups    int    `json:"lookups"`
	Requests   int    `json:"requests"`
	Failed     int    `json:"failed"` // answered with status 400 or more
	Sent       int64  `json:"sent"`
	Received   int64  `json:"received"`
	Rule       string `json:"rule"`
	Credential string `json:"credential"`
}

// Warning is one message, with how often it came.
type Warning struct {
	Message string `json:"message"`
	Count   int    `json:"count"`
}

// Iteration is one entry of the timeline.
type Iteration struct {
	Number    int                   `json:"number"` // 0: a command outside any loop
	Of        int                   `json:"of"`
	Started   time.Time             `json:"started"`
	Millis    int64                 `json:"millis"`
	Finished  bool                  `json:"finished"` // its end is recorded
	Reason    string                `json:"reason"`
	ExitCode  int                   `json:"exit_code"`
	Signal    string                `json:"signal"`
	Token     string                `json:"token"`
	Claim     *evidence.AgentResult `json:"claim"` // what the agent says; null: nothing
	Changes   []evidence.Change     `json:"changes"`
	Announced int                   `json:"announced"` // changes about to be applied
	Applied   int                   `json:"applied"`
	Held      int                   `json:"held"`
	Rejected  int                   `json:"rejected"`
	Settled   bool                  `json:"settled"` // the end of applying is recorded
	// NotApplied is "kept" or "dropped" where the gates let nothing through.
	NotApplied string `json:"not_applied"`
	Stopped    int    `json:"stopped"`
	Requests   int    `json:"requests"`
}

// Journal is how far the events can be believed.
type Journal struct {
	Checked bool   `json:"checked"` // the chain was followed
	Intact  bool   `json:"intact"`  // to its last line
	Torn    bool   `json:"torn"`    // only the last line is unfinished
	Events  int    `json:"events"`
	Head    string `json:"head"`
	Line    int    `json:"line"` // the first bad one; 0: none
	Problem string `json:"problem"`
}
