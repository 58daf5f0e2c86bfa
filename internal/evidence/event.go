// Package evidence records what happened: an append-only journal of events,
// each bound to the one before it by a hash. An event is written before the
// side effect that it records, so that what is not in the journal did not
// happen.
//
// Many strings in events were chosen by the agent. The journal bounds them and
// writes them so that the file is harmless to look at; whoever prints one
// passes it through [Printable] first.
package evidence

import "time"

// Recorder takes events. An error means that the event was not written; the
// caller must then not go on with the side effect. A Recorder is safe for use
// by several goroutines at once.
type Recorder interface {
	Record(Event) error
}

// Source tells whose word an event is.
type Source string

const (
	// Observed: seen by ringwall outside the sandbox, or told by the kernel.
	Observed Source = "observed"
	// Claimed: said by the agent. Worth reading, never proof.
	Claimed Source = "claimed"
)

// Event is one message; exactly one of the pointers is set. Seq and Time are
// filled in by the journal: Seq is the number of the line, from 1, Time is UTC.
//
// A new field must be omitempty, so that journals written before it was there
// still verify.
type Event struct {
	Seq       uint64    `json:"seq"`
	Time      time.Time `json:"time"`
	Iteration int       `json:"iteration,omitempty"` // 0: outside any iteration

	RunStarted       *RunStarted       `json:"run_started,omitempty"`
	Recovered        *Recovered        `json:"recovered,omitempty"`
	IterationStarted *IterationStarted `json:"iteration_started,omitempty"`
	LimitSet         *LimitSet         `json:"limit_set,omitempty"`
	Refused          *Refused          `json:"refused,omitempty"`
	Request          *Request          `json:"request,omitempty"`
	ModelUsage       *ModelUsage       `json:"model_usage,omitempty"`
	Needed           *Needed           `json:"needed,omitempty"`
	Alarm            *Alarm            `json:"alarm,omitempty"`
	LimitReached     *LimitReached     `json:"limit_reached,omitempty"`
	AgentResult      *AgentResult      `json:"agent_result,omitempty"`
	Changeset        *Changeset        `json:"changeset,omitempty"`
	Finding          *Finding          `json:"finding,omitempty"`
	NotApplied       *NotApplied       `json:"not_applied,omitempty"`
	Apply            *Apply            `json:"apply,omitempty"`
	Applied          *Applied          `json:"applied,omitempty"`
	Accept           *Accept           `json:"accept,omitempty"`
	Accepted         *Accepted         `json:"accepted,omitempty"`
	Dropped          *Dropped          `json:"dropped,omitempty"`
	Rollback         *Rollback         `json:"rollback,omitempty"`
	RolledBack       *RolledBack       `json:"rolled_back,omitempty"`
	IterationEnded   *IterationEnded   `json:"iteration_ended,omitempty"`
	Warning          *Warning          `json:"warning,omitempty"`
	RunEnded         *RunEnded         `json:"run_ended,omitempty"`
	Reviewed         *Reviewed         `json:"reviewed,omitempty"`
}

// RunStarted opens a run.
type RunStarted struct {
	Run           string   `json:"run"`
	Kind          string   `json:"kind"` // "run" or "loop"
	Project       string   `json:"project"`
	Agent         string   `json:"agent"`
	Command       []string `json:"command"`
	PlanHash      string   `json:"plan_hash"`
	PolicyHash    string   `json:"policy_hash"`
	MaxIterations int      `json:"max_iterations,omitempty"`
	Ringwall      string   `json:"ringwall"` // version
	Kernel        string   `json:"kernel"`
	// Weaker lists the controls that are not fully enforced, with the reason.
	Weaker []WeakControl `json:"weaker,omitempty"`
}

// WeakControl is a control of the plan that is downgraded, unavailable or
// waived.
type WeakControl struct {
	ID     string `json:"id"`
	Status string `json:"status"`
	Why    string `json:"why"`
	Waived bool   `json:"waived,omitempty"`
}

// Recovered tells what an earlier, interrupted run had left and what was done
// about it.
type Recovered struct {
	Run  string   `json:"run"`
	Did  string   `json:"did"` // one sentence
	What []string `json:"what,omitempty"`
}

// IterationStarted opens an iteration.
type IterationStarted struct {
	Of           int    `json:"of"` // the cap
	PromptSHA256 string `json:"prompt_sha256,omitempty"`
}

// LimitSet is a limit as read back after it was set. Asked and InForce are in
// the unit of the plan's limit: bytes, processes, thousandths of a CPU, seconds.
// A negative InForce means that the kernel holds no limit.
type LimitSet struct {
	Resource string `json:"resource"`
	Asked    int64  `json:"asked"`
	InForce  int64  `json:"in_force"` // what the kernel says
	By       string `json:"by"`
}

// Refused is one attempt, or several of the same, that a control stopped.
type Refused struct {
	Layer   string `json:"layer"`
	Control string `json:"control"` // ID in the plan
	What    string `json:"what"`    // "write CLAUDE.md", "connect 192.0.2.1:443", "ptrace"
	Errno   string `json:"errno,omitempty"`
	Source  Source `json:"source"`
	PID     int    `json:"pid,omitempty"`
	Program string `json:"program,omitempty"`
	Count   int    `json:"count"`
	Why     string `json:"why,omitempty"` // for people: which rule is missing
}

// Request is one exchange that the gateway let through: once when it was
// decided, before anything left, and once more, with Ended set and the totals,
// when it was over.
type Request struct {
	Proto      string `json:"proto"` // "dns", "tls", "http", "tcp"
	Host       string `json:"host"`
	Port       int    `json:"port,omitempty"`
	Method     string `json:"method,omitempty"`
	Path       string `json:"path,omitempty"` // without the query
	Status     int    `json:"status,omitempty"`
	Sent       int64  `json:"sent"` // bytes, out of the sandbox
	Received   int64  `json:"received"`
	Millis     int64  `json:"millis"`
	Ended      bool   `json:"ended,omitempty"`
	Rule       string `json:"rule"` // control ID
	Credential string `json:"credential,omitempty"`
	// Count is how many requests the event stands for when there were too many
	// for events of their own: that began, or, with Ended, that ended, failed if
	// there is a Status. 0: one.
	Count int `json:"count,omitempty"`
}

// ModelUsage is what one answer of a model's API took, as the gateway read it.
// Each token is in one of the numbers.
type ModelUsage struct {
	Host       string `json:"host"`
	Model      string `json:"model,omitempty"` // as the answer names it
	Input      int64  `json:"input"`           // tokens read, apart from those of the cache
	CacheRead  int64  `json:"cache_read,omitempty"`
	CacheWrite int64  `json:"cache_write,omitempty"`
	Output     int64  `json:"output"`
	Searches   int64  `json:"searches,omitempty"` // of the web, by the service
	// CostUSD is nil where the cost is unknown, never zero.
	CostUSD *float64 `json:"cost_usd,omitempty"`
	Unknown bool     `json:"unknown,omitempty"` // the answer did not say what it took
	Cut     bool     `json:"cut,omitempty"`     // the answer did not come to its end: this is what was seen of it
}

// Needed is something that a run which learns was asked for and refused: a name,
// a connection, a request, or a program. Each is told once.
type Needed struct {
	Proto   string `json:"proto"` // "dns", "tls", "http", "tcp", "tool"
	Host    string `json:"host,omitempty"`
	Port    int    `json:"port,omitempty"`
	Method  string `json:"method,omitempty"`
	Path    string `json:"path,omitempty"`    // without the query
	Address string `json:"address,omitempty"` // of "dns": what stands for the name inside
	Tool    string `json:"tool,omitempty"`
}

// Alarm is a value that was on its way to where it does not belong: a decoy, or
// what stands for a credential. It is written before the run is ended. The
// value itself is not in it.
type Alarm struct {
	Value    string `json:"value"`          // where it came from: "~/.aws/credentials", a credential's name
	Kind     string `json:"kind"`           // "decoy", "placeholder"
	Spelling string `json:"spelling"`       // "plain", "base64", "gzip, hex" ...
	Where    string `json:"where"`          // "header", "path", "query", "body", "stream", "websocket", "dns", "sni", "host"
	To       string `json:"to"`             // host:port; of a question for a name, the name
	Rule     string `json:"rule,omitempty"` // control ID of the rule that allows the destination; none does if empty
}

// String is one sentence, to be shown through Printable.
func (a Alarm) String() string {
	what := "the " + a.Kind + " " + a.Value
	if a.Kind == "placeholder" {
		what = "the placeholder of the credential " + a.Value
	}
	s := what + " was on its way to " + a.To + " (" + a.Where + ", " + a.Spelling + ")"
	if a.Rule == "" {
		s += ", which nothing allows"
	}
	return s
}

// LimitReached is a bound that was hit.
type LimitReached struct {
	Resource string `json:"resource"`
	Value    int64  `json:"value"`
	Control  string `json:"control"`
	Ended    bool   `json:"ended"` // the iteration was ended because of it
}

// AgentResult is what the agent said of its own work.
type AgentResult struct {
	Text     string   `json:"text" max:"65536"` // the final result, size-bounded
	Turns    int      `json:"turns,omitempty"`
	CostUSD  *float64 `json:"cost_usd,omitempty"` // nil: unknown, never zero
	Denied   []string `json:"denied,omitempty"`   // tools that the agent's own permissions refused
	IsError  bool     `json:"is_error,omitempty"`
	ErrorMsg string   `json:"error,omitempty"`
}

// Change is one entry of a changeset. Name is printable: bytes that are not
// are escaped as in Go source.
type Change struct {
	Name   string `json:"name"`
	Action string `json:"action"`           // added, modified, deleted, mode
	Class  string `json:"class"`            // ordinary, guardrail, secret, escape, oversized
	Detail string `json:"detail,omitempty"` // "symlink to /etc/passwd", "setuid"
	Size   int64  `json:"size,omitempty"`
	Fate   string `json:"fate,omitempty"`   // apply, hold, reject, where it is not the default of the class
	Runs   string `json:"runs,omitempty"`   // why it runs on the host: "build or package script"
	SHA256 string `json:"sha256,omitempty"` // of what was rejected
}

// Changeset is what an iteration changed. A long one is spread over several
// events.
type Changeset struct {
	Changes []Change `json:"changes"`
}

// Finding is what a gate found in a changeset, written before anything of it is
// applied.
type Finding struct {
	Gate   string   `json:"gate"`            // "tests_weakened", "verify", "max_files" ...
	Action string   `json:"action"`          // report, hold, reject, drop
	What   string   `json:"what"`            // one sentence
	Names  []string `json:"names,omitempty"` // entries of the changeset, printable
	Tail   string   `json:"tail,omitempty"`  // the end of what a command said
}

// NotApplied tells that a changeset is about to be kept or dropped whole.
type NotApplied struct {
	Did   string `json:"did"` // kept, dropped
	Why   string `json:"why"`
	Dir   string `json:"dir,omitempty"` // where what was kept lies
	Count int    `json:"count"`         // entries
}

// Apply announces that the named changes are about to reach the project.
type Apply struct {
	Count int `json:"count"`
}

// Applied tells what reached the project, what was kept back and what was
// rejected. A long list is spread over several events, of which only the first
// counts in Applied.
type Applied struct {
	Applied  int      `json:"applied"`
	Held     []Change `json:"held,omitempty"`
	HeldDir  string   `json:"held_dir,omitempty"` // where what was kept back lies
	Rejected []Change `json:"rejected,omitempty"` // neither applied nor kept
}

// Accept announces that held changes are about to reach the project by the
// owner's decision. Of a changeset that was kept whole, Apply and Applied follow
// and say how many.
type Accept struct {
	Count int  `json:"count"`
	Whole bool `json:"whole,omitempty"`
}

// Accepted tells what of the held changes reached the project by the owner's
// decision, and what still could not. A long Held is
// spread over several events, of which only the first counts in Applied.
type Accepted struct {
	Applied int      `json:"applied"`
	Held    []Change `json:"held,omitempty"`
	HeldDir string   `json:"held_dir,omitempty"`
}

// Dropped tells which held changes are about to be removed by the owner's
// decision. A long list is spread over several events.
type Dropped struct {
	Dropped []Change `json:"dropped,omitempty"`
	Whole   bool     `json:"whole,omitempty"` // all that the iteration made, of which nothing was applied
}

// Rollback announces that what an iteration changed is about to be undone.
type Rollback struct {
	Count int `json:"count"`
}

// RolledBack tells how much was undone, and what stayed because somebody
// changed it since. A long Stayed is spread over several events, of which only
// the first counts in Restored.
type RolledBack struct {
	Restored int      `json:"restored"`
	Stayed   []Change `json:"stayed,omitempty"`
	KeptDir  string   `json:"kept_dir,omitempty"` // where the old versions of those lie
}

// IterationEnded closes an iteration.
type IterationEnded struct {
	ExitCode int    `json:"exit_code"`
	Signal   string `json:"signal,omitempty"`
	Reason   string `json:"reason"` // exited, time, disk, memory, cost, tokens, interrupted, alarm, lost
	Millis   int64  `json:"millis"`
	Token    string `json:"token,omitempty"` // "DONE", "BLOCKED"
}

// Warning is something a person should know.
type Warning struct {
	Message string `json:"message"`
}

// RunEnded closes a run.
type RunEnded struct {
	Outcome    string `json:"outcome"` // done, cap, blocked, failed, limit, held, tampered, interrupted
	ExitCode   int    `json:"exit_code"`
	Iterations int    `json:"iterations"`
	Reason     string `json:"reason"` // one sentence
	Next       string `json:"next,omitempty"`
}

// Reviewed is a decision of the owner about changes of an iteration, written
// before it is carried out. It may come after the run's end. A long list is
// spread over several events.
type Reviewed struct {
	Decision string   `json:"decision"` // accept, drop, rollback
	Changes  []Change `json:"changes"`
}
