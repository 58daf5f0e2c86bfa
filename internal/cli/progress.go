package cli

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"

	"ringwall/internal/agent"
	"ringwall/internal/backend"
	"ringwall/internal/evidence"
	"ringwall/internal/loop"
)

// progress shows how a loop is doing: one line that changes on a terminal, a
// line at each turn elsewhere.
type progress struct {
	env   *env
	limit int
	live  bool

	mu    sync.Mutex
	n     int
	began time.Time
	shown bool
}

func newProgress(e *env, limit int) *progress {
	f, ok := e.err.(*os.File)
	return &progress{env: e, limit: limit, live: ok && term.IsTerminal(int(f.Fd()))}
}

// start tells what is about to happen, the cap first.
func (p *progress) start(s *session) {
	w := s.work
	fmt.Fprintf(p.env.out, "run %s: %s, at most %s, each at most %s\n", s.run,
		evidence.Printable(agentName(w)), plural(p.limit, "iteration"), seconds(w.policy.Limits.Time))
	for _, c := range w.plan.Controls {
		if waived(w.plan, c.ID) {
			fmt.Fprintf(p.env.out, "accepted: %s is %s: %s\n", c.ID, c.Status, c.Why)
		}
	}
}

func agentName(w *work) string {
	if w.policy.Agent != "" {
		return w.agent().Describe().Title
	}
	return w.policy.Command[0]
}

func (p *progress) started(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.n, p.began = n, time.Now()
}

// counts is called some times a second while the agent runs.
func (p *progress) counts(c backend.Counts) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.live || p.n == 0 {
		return
	}
	p.shown = true
	fmt.Fprintf(p.env.err, "\r\x1b[K  iteration %d of %d  %s  requests %d  refused %d  files changed %d%s",
		p.n, p.limit, seconds(time.Since(p.began)), c.Allowed, c.Refused+c.Attempts, c.Changed, spent(c.Models))
}

// checking tells that the work is over and a check of the policy's runs.
func (p *progress) checking(command string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.live || p.n == 0 {
		return
	}
	p.shown = true
	fmt.Fprintf(p.env.err, "\r\x1b[K  iteration %d of %d  %s  checking: %s",
		p.n, p.limit, seconds(time.Since(p.began)), evidence.Cut(evidence.Printable(command), 40))
}

func (p *progress) clear() {
	if p.shown {
		fmt.Fprint(p.env.err, "\r\x1b[K")
		p.shown = false
	}
}

// ended tells in one line how an iteration ended.
func (p *progress) ended(n int, o loop.Outcome, r agent.Result) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
	p.n = 0
	fmt.Fprintf(p.env.out, "  iteration %d of %d  %s  %s  %d applied, %d held  requests %d  refused %d%s%s\n",
		n, p.limit, seconds(o.Took), howEnded(o), o.Applied.Applied, len(o.Applied.Held),
		o.Counts.Allowed, o.Counts.Refused+o.Counts.Attempts, spent(o.Counts.Models), denied(r))
	p.settled(o)
}

// settled tells below it what the gates did, where they did anything.
func (p *progress) settled(o loop.Outcome) {
	if o.Failed == nil && len(o.Applied.Held)+len(o.Applied.Rejected)+len(o.Findings) == 0 {
		return
	}
	for _, f := range o.Findings {
		table{p.env.out, 15}.row("    "+f.Action, f.What)
	}
	t := table{p.env.out, 15}
	for i, h := range o.Applied.Held {
		if i == named {
			t.row("", fmt.Sprintf("and %d more", len(o.Applied.Held)-i))
			break
		}
		if h.Fate == "" { // else its finding stands above
			t.row("    held", evidence.Printable(string(h.Path))+" ("+string(h.Class)+detail(h.Detail)+")")
		}
	}
	for i, r := range o.Applied.Rejected {
		if i == named {
			t.row("", fmt.Sprintf("and %d more", len(o.Applied.Rejected)-i))
			break
		}
		t.row("    rejected", evidence.Printable(string(r.Path))+" ("+string(r.Class)+detail(r.Detail)+")")
	}
	switch {
	case o.Dropped:
		t.row("    dropped", "all of its changes: "+fmt.Sprint(len(o.Changes.Entries)))
	case o.Failed != nil:
		t.row("    kept", "all of its changes: "+fmt.Sprint(len(o.Changes.Entries)))
		t.row("", "in "+o.Kept)
	}
}

func detail(s string) string {
	if s == "" {
		return ""
	}
	return ": " + evidence.Printable(s)
}

func howEnded(o loop.Outcome) string {
	if o.Reason == backend.Exited {
		return fmt.Sprintf("exit %d", o.ExitCode)
	}
	return "ended: " + o.Reason
}

func denied(r agent.Result) string {
	if len(r.Denied) == 0 {
		return ""
	}
	return "  tools denied " + fmt.Sprint(len(r.Denied))
}

// spent is what the gateway counted of models' answers, where it saw any.
func spent(m backend.Models) string {
	switch {
	case m.Answers == 0:
		return ""
	case m.Unknown == m.Answers:
		return "  cost unknown"
	case m.Unknown > 0:
		return fmt.Sprintf("  cost %.2f USD and more", m.CostUSD)
	}
	return fmt.Sprintf("  cost %.2f USD", m.CostUSD)
}

func (p *progress) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
}

// copyProgress says how far a copy is that takes long.
func copyProgress(to io.Writer) func(int, int64) {
	return func(files int, bytes int64) {
		fmt.Fprintf(to, "ringwall: copying the project: %s, %s so far\n", plural(files, "file"), size(bytes))
	}
}
