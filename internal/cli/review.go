package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"ringwall/internal/evidence"
	"ringwall/internal/review"
)

// reviewFlags are those of `ringwall review`.
type reviewFlags struct {
	accept, drop, diff, list, yes bool
	iteration                     int
}

func (e *env) reviewCommand() *cobra.Command {
	var f reviewFlags
	c := &cobra.Command{
		Use:   "review [RUN] [PATH...]",
		Short: "Look at what was held and applied; accept it or drop it",
		Long: "Look at what a run changed, and decide about what was held: of the last run on the\n" +
			"project in the current folder, or of the one that is named. On a terminal it steps\n" +
			"through the changes; elsewhere, or with --list, it lists them. A path is one of the\n" +
			"list, as it is written there, or a folder of it, and shows what differs.",
		Example: "  ringwall review\n  ringwall review --diff\n  ringwall review deep/AGENTS.md\n" +
			"  ringwall review --drop deep/AGENTS.md\n  ringwall review RUN --accept --yes",
		RunE: func(_ *cobra.Command, args []string) error { return e.review(args, f) },
	}
	c.Flags().BoolVar(&f.diff, "diff", false, "show what differs, old to new")
	c.Flags().BoolVar(&f.list, "list", false, "list, on a terminal too")
	c.Flags().BoolVar(&f.accept, "accept", false, "apply what is held: all, or the paths that are named")
	c.Flags().BoolVar(&f.drop, "drop", false, "delete what is held: all, or the paths that are named")
	c.Flags().IntVar(&f.iteration, "iteration", 0, "only what this iteration changed")
	c.Flags().BoolVar(&f.yes, "yes", false, "do not ask")
	c.Flags().BoolVar(&e.flag.json, "json", false, "as JSON (schema/review.schema.json)")
	return c
}

func (e *env) review(args []string, f reviewFlags) error {
	if f.accept && f.drop {
		return usage(errors.New("--accept and --drop exclude each other"))
	}
	a, err := e.archive()
	if err != nil {
		return err
	}
	run, paths, err := e.pickRun(a, args)
	if err != nil {
		return err
	}
	s, err := a.subject(run)
	if err != nil {
		return err
	}
	if err := s.only(paths, f.iteration); err != nil {
		return usage(err)
	}
	switch {
	case f.accept:
		return e.decide(s, review.Accept, f)
	case f.drop:
		return e.decide(s, review.Drop, f)
	case e.flag.json:
		return e.reviewJSON(s, f.diff || len(paths) > 0)
	case f.diff || len(paths) > 0:
		return e.reviewDiff(s)
	case !f.list && len(s.run.Changes()) > 0 && e.canView():
		return e.reviewView(s)
	}
	e.reviewList(s)
	e.othersHeld(a, s)
	return nil
}

// pickRun tells a run's name from paths: the first argument may be one.
func (e *env) pickRun(a archive, args []string) (run string, paths []string, err error) {
	if len(args) > 0 && a.has(args[0]) {
		return args[0], args[1:], nil
	}
	run, err = e.pick(a.state, nil)
	if err == nil && !a.has(run) {
		err = withHint("ringwall runs lists those that are there", "the last run on this project, %s, is gone", run)
	}
	return run, args, err
}

func (e *env) reviewJSON(s *subject, diffs bool) error {
	if diffs {
		for i := range s.run.Iterations {
			changes := s.run.Iterations[i].Changes
			for k := range changes {
				changes[k].Diff = s.diff(changes[k])
			}
		}
	}
	return e.printJSON(s.run)
}

func (e *env) reviewDiff(s *subject) error {
	for i, c := range s.run.Changes() {
		if i > 0 {
			fmt.Fprintln(e.out)
		}
		if err := review.Print(e.out, c, s.diff(c), e.colour()); err != nil {
			return err
		}
	}
	return nil
}

func (e *env) reviewList(s *subject) {
	for _, line := range review.List(s.run) {
		fmt.Fprintln(e.out, review.Paint(line, e.colour()))
	}
	if s.run.Held > 0 {
		fmt.Fprintf(e.out, "\nnext: ringwall review %s --diff, then --accept or --drop [PATH...]\n", s.run.Run)
	}
}

// othersHeld names the other runs of the project that wait for a decision.
func (e *env) othersHeld(a archive, s *subject) {
	names, err := a.of(s.plan.Project)
	if err != nil || s.plan.Project == "" {
		return
	}
	var others []string
	for _, name := range names {
		if its, err := a.iterations(name); name != s.run.Run && err == nil && waits(its) > 0 {
			others = append(others, evidence.Printable(name))
		}
	}
	if len(others) > 0 {
		fmt.Fprintf(e.out, "also held, by other runs: %s\n", strings.Join(others, " "))
	}
}
