package cli

import (
	"context"
	"errors"
	"fmt"
	"os/signal"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"ringwall/internal/backend"
	"ringwall/internal/backend/native"
	"ringwall/internal/evidence"
	"ringwall/internal/layer/instructions"
	"ringwall/internal/loop"
	"ringwall/internal/plan"
)

func (e *env) loopCommand() *cobra.Command {
	var iterations int
	c := &cobra.Command{
		Use:   "loop [flags]",
		Short: "Run the policy's agent, unattended, until done or capped",
		Args:  usageArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			return e.runLoop(iterations, c.Flags().Changed("max-iterations"))
		},
	}
	c.Flags().IntVar(&iterations, "max-iterations", 0, "at most this many iterations; lowers the policy's cap")
	c.Flags().StringSliceVar(&e.flag.accept, "accept", nil, "go on without this control (recorded)")
	return c
}

// runLoop is `ringwall loop`.
func (e *env) runLoop(iterations int, given bool) error {
	hideSelf()
	w, err := e.load("loop")
	if err != nil {
		return err
	}
	if w.project.ReadOnly {
		return usage(withHint("make it writable, or run one command that changes nothing: ringwall run -- COMMAND",
			"the project %q is read-only for you: no work could be applied", w.project.Path))
	}
	limit, err := w.iterations(iterations, given)
	if err != nil {
		return err
	}
	command, err := w.agentCommand()
	if err != nil {
		return err
	}
	w.policy.Limits.Time = w.policy.IterationTime()
	if err := w.compile("loop", command, e.flag.accept); err != nil {
		return err
	}
	if err := errors.Join(w.refuseIfMissing(exitUnavailable), w.refuseWithoutKey()); err != nil {
		return err
	}
	s, err := e.begin(w)
	if err != nil {
		return err
	}
	err = s.planAgain("loop", command, e.flag.accept, exitUnavailable)
	if err := errors.Join(err, s.announce("loop", limit)); err != nil {
		return e.endLoop(s, loop.Ending{}, err)
	}
	return e.loopIn(s, limit)
}

// refuseWithoutKey stops before an agent starts that could not reach its model:
// it would burn its iterations on retries.
func (w *work) refuseWithoutKey() error {
	for _, c := range w.plan.Controls {
		if c.Want.Credential != nil && c.Status == plan.Unavailable && !waived(w.plan, c.ID) {
			return exit(exitUnavailable, withHint("mend it in ringwall.toml, or go on with: --accept "+c.ID,
				"%s is %s: %s", c.ID, c.Status, c.Why))
		}
	}
	return nil
}

// iterations is the cap: the policy's, or less.
func (w *work) iterations(flag int, given bool) (int, error) {
	policy := w.policy.Loop.MaxIterations
	switch {
	case given && flag < 1:
		return 0, usage(withHint("a loop runs at least once; there is no number for endless", "--max-iterations %d is not possible", flag))
	case given && policy > 0 && flag > policy:
		return 0, usage(withHint("change loop.max_iterations in ringwall.toml, then: ringwall trust", "--max-iterations %d is more than the policy's %d; the flag only lowers it", flag, policy))
	case given:
		return flag, nil
	}
	if err := w.policy.Loopable(); err != nil {
		return 0, usage(err)
	}
	return policy, nil
}

func (e *env) loopIn(s *session, limit int) error {
	ctx, stop := signal.NotifyContext(context.Background(), heard(unix.SIGINT, unix.SIGTERM)...)
	defer stop()
	p := newProgress(e, limit)
	f, err := s.forms()
	if err != nil {
		return e.endLoop(s, loop.Ending{Outcome: loop.Failed, Reason: err.Error()}, err)
	}
	ls, err := s.loopSession(f, func(n *native.Native) { n.Progress = p.counts })
	if err != nil {
		return e.endLoop(s, loop.Ending{Outcome: loop.Failed, Reason: err.Error()}, err)
	}
	w := s.work
	if err := w.shareAgain(); err != nil {
		return e.endLoop(s, loop.Ending{Outcome: loop.Failed, Reason: err.Error()}, err)
	}
	p.start(s)
	ls.Checking = p.checking
	end, err := loop.Run(ctx, loop.Config{Session: ls, Agent: w.agent(), Max: limit,
		MaxTime: w.policy.Loop.MaxTime, MaxCostUSD: w.policy.Loop.MaxCostUSD, MaxTokens: w.policy.Loop.MaxTokens,
		Done: w.policy.Loop.DoneToken, Blocked: w.policy.Loop.BlockedToken, Verify: w.policy.Loop.Verify,
		Compose: func(n int, last string) string {
			return instructions.Compose(instructions.Prompt{Files: w.project.Instructions, Iteration: n, Of: limit,
				Last: last, Done: w.policy.Loop.DoneToken, Blocked: w.policy.Loop.BlockedToken})
		},
		Started: p.started, Ended: p.ended,
	})
	p.stop()
	return e.endLoop(s, end, err)
}

// endLoop closes the journal, says in one line how it ended, and picks the
// code.
func (e *env) endLoop(s *session, end loop.Ending, failed error) error {
	if failed != nil {
		end.Outcome, end.Reason = loop.Failed, failed.Error()
	}
	code := loopCode(end.Outcome)
	next, settles := "ringwall report", e.settles(s)
	if settles != "" {
		next += ", then " + settles
	}
	err := s.end(evidence.RunEnded{Outcome: end.Outcome, ExitCode: code, Iterations: end.Iterations, Reason: end.Reason, Next: settles})
	if failed == nil {
		failed = err
	}
	if failed != nil {
		s.work.host.Forget() // what it rests on may have changed
		return loopFailure(failed)
	}
	fmt.Fprintf(e.out, "%s after %s: %s\nnext: %s\n", end.Outcome, plural(end.Iterations, "iteration"), evidence.Printable(end.Reason), next)
	return exit(code, nil)
}

// settles is the command that settles what waits for the owner's decision; empty
// where nothing does.
func (e *env) settles(s *session) string {
	its, err := archive{s.work.host.StateDir, e.stage()}.iterations(s.run)
	if err == nil && waits(its) == 0 {
		return ""
	}
	return "ringwall review " + s.run
}

func loopFailure(err error) error {
	var start *backend.StartError
	if errors.As(err, &start) {
		return exit(exitUnavailable, err)
	}
	return err
}

func loopCode(outcome string) int {
	switch outcome {
	case loop.Done:
		return exitDone
	case loop.Cap, loop.Limit:
		return exitLimit
	case loop.Tampered:
		return exitTampered
	case loop.Interrupted:
		return exitInterrupted
	}
	return exitFindings
}
