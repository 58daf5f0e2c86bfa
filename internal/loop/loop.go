package loop

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"ringwall/internal/agent"
	"ringwall/internal/backend"
	"ringwall/internal/evidence"
	"ringwall/internal/stage"
)

// Config is a loop.
type Config struct {
	Session
	Agent         agent.Agent
	Max           int           // iterations; at least 1
	MaxTime       time.Duration // of all; 0: none
	MaxCostUSD    *float64      // of all; nil: none
	MaxTokens     int64         // of all; 0: none
	Done, Blocked string        // tokens
	Verify        []string      // shell commands that must succeed before done is believed
	// Compose writes the prompt of an iteration, given how the last one ended.
	Compose func(n int, last string) string
	// Started and Ended tell of progress.
	Started func(n int)
	Ended   func(n int, o Outcome, r agent.Result)
}

// Why a loop ended.
const (
	Done        = "done"
	Blocked     = "blocked"
	Cap         = "cap"
	Failed      = "failed"
	Limit       = "limit"
	Held        = "held" // a gate kept something for a person
	Tampered    = "tampered"
	Interrupted = "interrupted"
)

// Ending is how a loop ended.
type Ending struct {
	Outcome    string
	Reason     string // one sentence
	Iterations int
}

// Run starts the iterations. The number of iterations is a variable of this
// function and nothing else: no file holds it that an agent could reach.
func Run(ctx context.Context, c Config) (Ending, error) {
	if c.Max < 1 {
		return Ending{}, errors.New("a loop needs at least one iteration")
	}
	if c.MaxTime > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, c.MaxTime, errTime)
		defer cancel()
	}
	l := &looper{Config: c, spent: &spending{to: c.Recorder, maxUSD: c.MaxCostUSD, maxTokens: c.MaxTokens}}
	l.Recorder, l.while = l.spent, l.spent.while
	for n := 1; n <= c.Max; n++ {
		end, err := l.iterate(ctx, n)
		if err != nil || end != nil {
			return l.ending(n, end), err
		}
		if end := stopped(ctx); end != nil {
			return l.ending(n, end), nil
		}
	}
	return Ending{Outcome: Cap, Iterations: c.Max,
		Reason: fmt.Sprintf("the cap of %s is reached and the work is not done", iterations(c.Max))}, nil
}

func iterations(n int) string {
	if n == 1 {
		return "1 iteration"
	}
	return strconv.Itoa(n) + " iterations"
}

var errTime = errors.New("the loop's time is used up")

func (l *looper) ending(n int, end *Ending) Ending {
	if end == nil {
		return Ending{Outcome: Failed, Iterations: n}
	}
	end.Iterations = n
	return *end
}

// looper is a loop on its way.
type looper struct {
	Config
	last  string // how the last iteration ended, for the next prompt
	spent *spending
}

// iterate runs iteration n. A nil ending means that there is more to do.
func (l *looper) iterate(ctx context.Context, n int) (*Ending, error) {
	io, err := l.open(n)
	if err != nil {
		return nil, err
	}
	defer io.close()
	rec := numbered{l.Recorder, n}
	start := &evidence.IterationStarted{Of: l.Max, PromptSHA256: io.promptSum}
	if err := rec.Record(evidence.Event{IterationStarted: start}); err != nil {
		return nil, err
	}
	if l.Started != nil {
		l.Started(n)
	}
	out, err := l.Once(ctx, n, io.IO)
	if err != nil {
		if errors.Is(err, ctx.Err()) && out.Reason == "" { // while the project was copied
			return stopped(ctx), nil
		}
		return nil, err
	}
	io.close()
	result, err := l.result(rec, io)
	if err != nil {
		return nil, err
	}
	token := l.token(result)
	if err := rec.Record(evidence.Event{IterationEnded: ended(out, token)}); err != nil {
		return nil, err
	}
	if l.Ended != nil {
		l.Ended(n, out, result)
	}
	return l.judge(ctx, n, out, result, token)
}

func ended(o Outcome, token string) *evidence.IterationEnded {
	return &evidence.IterationEnded{ExitCode: o.ExitCode, Signal: o.Signal, Reason: o.Reason,
		Millis: o.Took.Milliseconds(), Token: token}
}

// result reads what the agent said, from the files that its output went to.
func (l *looper) result(rec evidence.Recorder, io iterationIO) (agent.Result, error) {
	r, err := l.said(io)
	if err != nil {
		return r, err
	}
	e := &evidence.AgentResult{Text: r.Text, Turns: r.Turns, CostUSD: r.CostUSD, IsError: r.IsError, ErrorMsg: r.Error}
	for _, d := range r.Denied {
		e.Denied = append(e.Denied, strings.TrimSpace(d.Tool+" "+d.Input))
	}
	return r, rec.Record(evidence.Event{AgentResult: e})
}

// said is the agent's own account. What a tool refused may be told beside its
// result only.
func (l *looper) said(io iterationIO) (agent.Result, error) {
	out, err := os.Open(io.stdout)
	if err != nil {
		return agent.Result{}, err
	}
	defer out.Close()
	r, err := l.Agent.Parse(out)
	reader, tells := l.Agent.(agent.RefusalReader)
	if err != nil || !tells {
		return r, err
	}
	errs, err := os.Open(io.stderr)
	if err != nil {
		return r, err
	}
	defer errs.Close()
	refused, err := reader.Refused(errs)
	r.Denied = append(r.Denied, refused...)
	return r, err
}

// token finds the word that ends a loop: alone on the last line of the final
// result, never in the middle of a sentence and never in a tool's output.
func (l *looper) token(r agent.Result) string {
	text := strings.TrimRight(r.Text, " \t\r\n")
	switch strings.TrimSpace(text[strings.LastIndexByte(text, '\n')+1:]) {
	case l.Done:
		return "DONE"
	case l.Blocked:
		return "BLOCKED"
	}
	return ""
}

// judge decides whether there is a next iteration. The order matters: what was
// tampered with outweighs what the agent says of itself.
func (l *looper) judge(ctx context.Context, n int, o Outcome, r agent.Result, token string) (*Ending, error) {
	switch {
	case o.Alarm != nil:
		return alarmed(*o.Alarm), nil
	case o.Tampered():
		return &Ending{Outcome: Tampered, Reason: "the changes contain what no honest work contains; it did not reach the project: " + names(o.Applied)}, nil
	case o.Reason == backend.Interrupted:
		return stopped(ctx), nil
	case o.Reason == backend.Lost:
		return lost("the agent"), nil
	case o.ForReview():
		if end := stopped(ctx); end != nil {
			return end, nil
		}
		return &Ending{Outcome: Held, Reason: reviewReason(o)}, nil
	}
	if end := l.spend(r); end != nil {
		return end, nil
	}
	switch token {
	case "BLOCKED":
		return &Ending{Outcome: Blocked, Reason: "the agent says that it cannot go on without a person"}, nil
	case "DONE":
		if !o.Dropped && len(o.Applied.Rejected) == 0 { // else the work is not in the project
			return l.verify(ctx, n)
		}
	}
	l.last = story(o, r)
	return nil, nil
}

// stopped is the ending that came from outside; nil while there is none.
func stopped(ctx context.Context) *Ending {
	switch {
	case ctx.Err() == nil:
		return nil
	case errors.Is(context.Cause(ctx), errTime):
		return &Ending{Outcome: Limit, Reason: errTime.Error()}
	}
	return &Ending{Outcome: Interrupted, Reason: "interrupted"}
}

func alarmed(a evidence.Alarm) *Ending {
	return &Ending{Outcome: Tampered, Reason: a.String()}
}

func lost(who string) *Ending {
	return &Ending{Outcome: Failed, Reason: "a layer was lost while " + who + " ran; the iteration was ended"}
}

// names are those of what did not reach the project.
func names(r stage.Result) string {
	var names []string
	for _, h := range r.Held {
		names = append(names, evidence.Printable(string(h.Path)))
	}
	for _, e := range r.Rejected {
		names = append(names, evidence.Printable(string(e.Path)))
	}
	return evidence.Cut(strings.Join(names, ", "), 300)
}

// reviewReason says what a person is asked to look at.
func reviewReason(o Outcome) string {
	if o.Failed != nil {
		return o.Failed.What + "; nothing was applied, and the changes are kept for review"
	}
	return "a gate of the policy holds changes for review: " + names(o.Applied)
}

// verify asks the project itself whether the work is done: each command runs
// in a fresh sandbox over the applied tree, and its changes are dropped.
func (l *looper) verify(ctx context.Context, n int) (*Ending, error) {
	failed, err := checks(l.Verify, l.IterDir(n), "verify", func(name string, argv []string, io IO) (backend.Result, error) {
		return l.Check(ctx, n, name, argv, io)
	})
	switch {
	case err != nil:
		return nil, err
	case failed == nil:
		return &Ending{Outcome: Done, Reason: doneReason(len(l.Verify))}, nil
	case failed.result.Reason == backend.Interrupted: // it says nothing about the work
		return stopped(ctx), nil
	case failed.result.Alarm != nil:
		return alarmed(*failed.result.Alarm), nil
	case failed.result.Reason == backend.Lost:
		return lost("a check"), nil
	}
	l.last = fmt.Sprintf("The agent said that the work is done, but %s:\n%s", failed.sentence(), tail(failed.log, told))
	return nil, nil
}

// told bounds what the next prompt has of a command's output, in bytes.
const told = 4 << 10

func doneReason(checks int) string {
	if checks == 0 {
		return "the agent says that the work is done"
	}
	return "the agent says that the work is done, and every check passes"
}

// story tells the next iteration how the last one ended, as the supervisor saw
// it.
func story(o Outcome, r agent.Result) string {
	var b strings.Builder
	fmt.Fprintf(&b, "The last iteration ended: %s, exit code %d. %d changes were applied", o.Reason, o.ExitCode, o.Applied.Applied)
	if len(o.Applied.Held) > 0 {
		fmt.Fprintf(&b, ", %d were held back", len(o.Applied.Held))
	}
	if len(o.Applied.Rejected) > 0 {
		fmt.Fprintf(&b, ", %d were rejected", len(o.Applied.Rejected))
	}
	b.WriteString(".\n")
	gatesStory(&b, o)
	if r.Text != "" {
		b.WriteString("Its last words:\n" + r.Text)
	}
	return b.String()
}

// gatesStory tells what the gates found. What was reported and applied needs no
// word.
func gatesStory(b *strings.Builder, o Outcome) {
	if o.Dropped {
		b.WriteString("All changes of the last iteration were dropped: the project is as it was before it. Do the work again, so that it passes.\n")
	}
	for _, f := range o.Findings {
		if f.Action == report {
			continue
		}
		fmt.Fprintf(b, "Not applied, by the owner's policy (%s): %s\n", f.Gate, f.What)
		if f.Tail != "" {
			b.WriteString(f.Tail + "\n")
		}
	}
}

func sum(s string) string {
	h := sha256.Sum256([]byte(s))
	return hex.EncodeToString(h[:])
}
