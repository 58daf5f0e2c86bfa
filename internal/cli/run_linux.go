package cli

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"ringwall/internal/backend"
	"ringwall/internal/backend/native"
	"ringwall/internal/evidence"
	"ringwall/internal/host"
	"ringwall/internal/loop"
)

func (e *env) runCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "run [flags] -- COMMAND [ARGUMENT...]",
		Short: "Run one command, confined",
		Long: "Run one command behind the project's policy. Its changes reach the project when it\n" +
			"has ended. The exit code is the command's own; 125 means that nothing was started.",
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage(withHint("ringwall run -- COMMAND [ARGUMENT...]", "no command to run"))
			}
			return e.runOnce(args, nil)
		},
	}
	c.Flags().StringSliceVar(&e.flag.accept, "accept", nil, "go on without this control (recorded)")
	c.Flags().SetInterspersed(false)
	return c
}

// runOnce is `ringwall run`, and `ringwall learn`.
func (e *env) runOnce(argv []string, l *lesson) error {
	hideSelf()
	run := runName()
	// Nothing of the project has been read yet, and what is started here can do
	// nothing: it is for the time that the kernel takes.
	var waiting *native.Waiting
	h, err := e.probe(func(h host.Facts) { waiting = native.Prestart(h, groupName(run)) })
	defer waiting.Abandon()
	if err != nil {
		return notStarted(err)
	}
	w, err := e.loadOn(h, "run", run)
	if err != nil {
		return notStarted(err)
	}
	w.waiting = waiting
	if err := l.prepare(w); err != nil {
		return notStarted(err)
	}
	if err := w.compile("run", argv, e.flag.accept); err != nil {
		return notStarted(err)
	}
	w.dropMissingCredentials()
	if err := w.refuseIfMissing(exitNotStarted); err != nil {
		return err
	}
	s, err := e.begin(w)
	if err != nil {
		return notStarted(err)
	}
	if err := s.planAgain("run", argv, e.flag.accept, exitNotStarted); err != nil {
		return e.close(s, loop.Outcome{}, notStarted(err))
	}
	return e.runIn(s, l)
}

// announceRun opens the journal of a single command.
func (s *session) announceRun() error {
	if s.announced {
		return nil
	}
	return errors.Join(s.announce("run", 0),
		s.journal.Record(evidence.Event{Iteration: 1, IterationStarted: &evidence.IterationStarted{Of: 1}}))
}

func (e *env) runIn(s *session, l *lesson) error {
	f, err := s.prepareForms()
	if err != nil {
		return e.close(s, loop.Outcome{}, notStarted(err))
	}
	std := l.streams(e, [3]*os.File{e.in, os.Stdout, os.Stderr})
	terminal := callersTerminal(std)
	if terminal != nil {
		defer terminal.Caller.Close()
	}
	signals := passSignals(terminal)
	defer signals.stop()
	s.signals = signals.out
	ls, err := s.loopSession(f, func(n *native.Native) {
		n.Terminal, n.Signals = terminal, signals.out
		n.Waiting, n.Admitted = s.work.waiting, s.announceRun
		n.Dir = e.insideDir(s.work.plan.Project)
	})
	if err != nil {
		return e.close(s, loop.Outcome{}, notStarted(err))
	}
	ls.Recorder = l.over(ls.Recorder)
	ls.Checking = func(command string) {
		fmt.Fprintf(e.err, "ringwall: checking the changes: %s\n", evidence.Printable(command))
	}
	streams, wait, err := standardStreams(std, terminal)
	if err != nil {
		return e.close(s, loop.Outcome{}, notStarted(err))
	}
	out, err := ls.Once(context.Background(), 1, streams)
	wait()
	err = e.close(s, out, err)
	if l != nil && out.Reason != "" {
		return errors.Join(err, l.tell(e, s, exitCode(err)))
	}
	return err
}

// close ends the run, tells what a person has to know, and picks the code.
func (e *env) close(s *session, o loop.Outcome, failed error) error {
	if err := s.announceRun(); err != nil && failed == nil { // a start that failed early
		failed = err
	}
	code, reason, outcome := runCode(o, failed)
	end := &evidence.IterationEnded{ExitCode: o.ExitCode, Signal: o.Signal, Reason: reason, Millis: o.Took.Milliseconds()}
	if failed == nil {
		if err := s.journal.Record(evidence.Event{Iteration: 1, IterationEnded: end}); err != nil {
			failed = err
		}
	}
	next := ""
	if o.Kept != "" || len(o.Applied.Held) > 0 {
		next = "ringwall review " + s.run
	}
	e.tellSettled(o, next)
	if err := s.end(evidence.RunEnded{Outcome: outcome, ExitCode: code, Iterations: 1, Reason: endReason(o, reason), Next: next}); err != nil && failed == nil {
		failed = err
	}
	if failed != nil {
		s.work.host.Forget() // what it rests on may have changed
		return failure(o, failed)
	}
	if reason != backend.Exited {
		fmt.Fprintf(e.err, "ringwall: the command was ended: %s\n", evidence.Printable(endReason(o, endWords(reason))))
		if o.Kept != "" && o.Failed == nil {
			fmt.Fprintf(e.err, "ringwall: its changes were not applied; they are kept in %s\n  next: ringwall review %s\n", o.Kept, s.run)
		}
	}
	return exit(code, nil)
}

// endReason is the reason as it is told; what was about to leave outweighs all
// else.
func endReason(o loop.Outcome, reason string) string {
	if o.Alarm != nil {
		return o.Alarm.String()
	}
	return reason
}

// failure gives ringwall's own failure the code that tells whether the command
// ran: 125 is for what came before it.
func failure(o loop.Outcome, err error) error {
	if !ran(o, err) {
		return notStarted(err)
	}
	return exit(exitFindings, err)
}

// ran tells whether the command was started at all.
func ran(o loop.Outcome, failed error) bool {
	var start *backend.StartError
	return o.Reason != "" && !errors.As(failed, &start)
}

func runCode(o loop.Outcome, failed error) (code int, reason, outcome string) {
	switch {
	case failed != nil && !ran(o, failed):
		return exitNotStarted, failed.Error(), loop.Failed
	case failed != nil:
		return exitFindings, failed.Error(), loop.Failed
	case o.Alarm != nil:
		return exitTampered, o.Reason, loop.Tampered
	case overLimit(o.Reason):
		return exitLimit, o.Reason, loop.Limit
	case o.Reason == backend.Lost:
		return exitFindings, o.Reason, loop.Failed
	case o.Tampered() && o.ExitCode == 0:
		return exitTampered, o.Reason, loop.Tampered
	case o.ExitCode != 0:
		return o.ExitCode, o.Reason, loop.Failed
	case o.ForReview(), o.Dropped, len(o.Applied.Rejected) > 0:
		return exitFindings, o.Reason, loop.Held
	}
	return exitDone, o.Reason, loop.Done
}

// overLimit tells whether a run ended because it took more than it was given.
func overLimit(reason string) bool {
	switch reason {
	case backend.TimedOut, backend.OverMemory, backend.OverDisk, backend.OverInodes, backend.OverOutput:
		return true
	}
	return false
}

func endWords(reason string) string {
	words := map[string]string{
		backend.TimedOut: "its time (limits.time) is over", backend.OverDisk: "it wrote more than limits.disk",
		backend.OverInodes: "it made more files than limits.inodes", backend.OverOutput: "it printed more than limits.output",
		backend.OverMemory: "it took more than limits.memory", backend.Interrupted: "interrupted",
		backend.Lost: "a layer was lost; `ringwall report` says which, and why",
	}
	return words[reason]
}
