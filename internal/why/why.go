// Package why answers what an agent may do and why: which control allows or
// refuses it, with which error, from which line of which policy, and the way
// out. It is pure: a plan and a few facts go in, an answer comes out. What
// decides is the code that also acts: the gateway's Decide, the filter's table,
// the gate's judgement of names.
package why

import (
	"fmt"
	"strings"

	"ringwall/internal/plan"
)

// Kind is what a question is about.
type Kind string

// The kinds, as --as names them.
const (
	Path    Kind = "path"
	Syscall Kind = "syscall"
	Host    Kind = "host"
	Tool    Kind = "tool"
	Limit   Kind = "limit"
)

// Kinds lists all of them.
func Kinds() []Kind { return []Kind{Path, Syscall, Host, Tool, Limit} }

// Verdict is the answer in one word.
type Verdict string

// The verdicts. Conditional: allowed, within the condition that is told.
const (
	Allowed     Verdict = "allowed"
	Refused     Verdict = "refused"
	Conditional Verdict = "conditional"
)

// The operations on a path that can be asked about.
const (
	Read    = "read"
	Write   = "write"
	Execute = "execute"
)

// Question is what somebody asks.
type Question struct {
	What string
	As   Kind // empty: as the rule says, see Plan.Kinds
	// Operation on a path; empty: reading and writing.
	Operation string
}

// Answer is what it comes to.
type Answer struct {
	Asked   string   `json:"asked"`
	As      Kind     `json:"as"`
	Also    []Kind   `json:"also"`    // what else the question could mean
	Subject string   `json:"subject"` // what it was understood as: "/home/a/p/x", "example.com:443"
	Verdict Verdict  `json:"verdict"`
	Parts   []Part   `json:"parts"`
	Notes   []string `json:"notes"`
}

// Part is the answer for one operation.
type Part struct {
	Operation string  `json:"operation"` // read write execute call connect start use
	Verdict   Verdict `json:"verdict"`
	Answer    string  `json:"answer"`  // what comes back: "EROFS", "exit 126"; empty where it just works
	Control   string  `json:"control"` // its stable ID
	Layer     string  `json:"layer"`
	From      string  `json:"from"` // "ringwall.toml:12", "/etc/ringwall/policy.toml:3", "default" ...
	Why       string  `json:"why"`
	WayOut    string  `json:"way_out"` // what the owner would write; begins with "none" where nothing helps
}

// Answers are several, as JSON has them (schema/why.schema.json).
type Answers struct {
	Format  int      `json:"format"` // 1; changes when an older reader would misread it
	Answers []Answer `json:"answers"`
}

// Entry is what is at a path now.
type Entry struct {
	Known  bool // false: nobody looked
	Exists bool
	Dir    bool
	Link   string // the text, where it is a symbolic link
}

// World is what an answer is made from.
type World struct {
	Plan plan.Plan
	Dir  string   // where relative paths begin
	Home string   // inside; what ~ stands for
	Path []string // folders in which programs are looked for
	// Look tells what is at a path that the view shows; nil: nobody looks.
	Look func(path string) Entry
	// GateNames are guarded at every depth of the project.
	GateNames []string
	// TopNames are those of them that are ordinary in installed packages.
	TopNames []string
	// Risky tells what a program could do that is refused by default; empty: it
	// is not such a program.
	Risky  func(name string) string
	Inside bool // asked by the agent
}

// Ask answers a question. Its error is about the question.
func (w World) Ask(q Question) (Answer, error) {
	kinds := w.Kinds(q.What)
	a := Answer{Asked: q.What, As: q.As, Also: []Kind{}, Parts: []Part{}, Notes: []string{}}
	if a.As == "" {
		a.As = kinds[0]
	}
	for _, k := range kinds {
		if k != a.As {
			a.Also = append(a.Also, k)
		}
	}
	var err error
	switch a.As {
	case Path:
		err = w.path(&a, q.Operation)
	case Syscall:
		err = w.syscall(&a)
	case Host:
		err = w.host(&a)
	case Tool:
		err = w.tool(&a)
	case Limit:
		err = w.limit(&a)
	default:
		err = fmt.Errorf("%q is no kind of question: %s", q.As, kindList())
	}
	return a, err
}

func kindList() string {
	var names []string
	for _, k := range Kinds() {
		names = append(names, string(k))
	}
	return strings.Join(names, ", ")
}

// one makes the answer of a single part.
func (a *Answer) one(p Part) {
	a.Verdict, a.Parts = p.Verdict, append(a.Parts, p)
}

func (a *Answer) note(format string, args ...any) {
	a.Notes = append(a.Notes, fmt.Sprintf(format, args...))
}

// by makes a part of a control.
func by(c plan.Control, operation string, v Verdict, answer string) Part {
	p := Part{Operation: operation, Verdict: v, Answer: answer, Control: c.ID, Layer: string(c.Layer), From: c.From}
	if c.Status != plan.Enforced {
		p.Why = string(c.Status) + ": " + c.Why
	}
	return p
}

// control finds one that every plan has.
func (w World) control(id string) plan.Control {
	if c, ok := w.Plan.Find(id); ok {
		return c
	}
	layer, _, _ := strings.Cut(id, ".")
	return plan.Control{ID: id, Layer: plan.LayerID(layer), Status: plan.Enforced, From: "default"}
}

// policyKey says which key of a policy to change, in the file that the control
// comes from.
func policyKey(from, change string) string {
	file, _, isLine := strings.Cut(from, ":")
	if !isLine || !strings.HasSuffix(file, ".toml") {
		file = "ringwall.toml"
	}
	return change + " in " + file
}
