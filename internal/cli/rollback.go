package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"ringwall/internal/evidence"
	"ringwall/internal/review"
	"ringwall/internal/stage"
)

// rollbackFlags are those of `ringwall rollback`.
type rollbackFlags struct {
	to          int
	dryRun, yes bool
}

func (e *env) rollbackCommand() *cobra.Command {
	var f rollbackFlags
	c := &cobra.Command{
		Use:   "rollback RUN --to ITERATION",
		Short: "Put the project back to what it was after an iteration",
		Long: "Take back what the iterations after the named one changed, the last first; 0 is the\n" +
			"state before the first. What somebody changed since stays, and is named. What was\n" +
			"held is not touched: that is for ringwall review.",
		Example: "  ringwall rollback RUN --to 0 --dry-run\n  ringwall rollback RUN --to 2",
		Args:    usageArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			if !c.Flags().Changed("to") {
				return usage(withHint("--to 0 is the state before the first iteration", "it is not said what to go back to"))
			}
			return e.rollback(args[0], f)
		},
	}
	c.Flags().IntVar(&f.to, "to", 0, "the last iteration that is to stay; 0: none")
	c.Flags().BoolVar(&f.dryRun, "dry-run", false, "only show what would be done")
	c.Flags().BoolVar(&f.yes, "yes", false, "do not ask")
	return c
}

func (e *env) rollback(run string, f rollbackFlags) error {
	a, err := e.archive()
	if err != nil {
		return err
	}
	if !a.has(run) {
		return usage(withHint("ringwall runs lists them", "there is no run %q", run))
	}
	s, err := a.subject(run)
	if err != nil {
		return err
	}
	back, err := s.after(f.to)
	if err != nil {
		return usage(err)
	}
	if len(back) == 0 {
		fmt.Fprintf(e.out, "nothing to do: nothing after iteration %d of run %s is in the project\n", f.to, evidence.Printable(run))
		return nil
	}
	lines := append(s.steps(back), a.later(s)...)
	if f.dryRun {
		return e.confirm(lines, "", true)
	}
	if err := e.confirm(lines, "Roll back?", f.yes); err != nil {
		return err
	}
	return e.rollBack(s, back)
}

// after are the iterations that come after number n and are in the project, the
// last first.
func (s *subject) after(n int) ([]iteration, error) {
	last := 0
	var out []iteration
	for _, it := range slices.Backward(s.its) {
		last = max(last, it.n)
		if it.n > n && it.State == stateOpen {
			return nil, withHint("ringwall recover", "iteration %d of run %s is at work, or was cut short", it.n, s.run.Run)
		}
		if it.n > n && it.State == stateApplied && len(it.Applied) > 0 {
			out = append(out, it)
		}
	}
	if n < 0 || n > last {
		return nil, withHint("ringwall review --list "+s.run.Run+" shows them", "run %s has no iteration %d: it has %d", s.run.Run, n, last)
	}
	return out, nil
}

// steps tells what taking iterations back does.
func (s *subject) steps(back []iteration) []string {
	out := []string{"in " + s.run.Project + ":"}
	for _, it := range back {
		out = append(out, fmt.Sprintf("take back iteration %d, %s:", it.n, plural(len(it.Applied), "change")))
		for i, e := range it.Applied {
			if i == 20 {
				out = append(out, fmt.Sprintf("    and %d more", len(it.Applied)-i))
				break
			}
			out = append(out, "    "+undoing(string(e.Action))+" "+e.Path.String())
		}
	}
	return append(out, "What somebody changed since stays as it is, and is named.")
}

// undoing is what is done about a change.
func undoing(action string) string {
	switch action {
	case "added":
		return "remove"
	case "deleted":
		return "bring back"
	case "mode":
		return "old mode of"
	case "renamed":
		return "rename back"
	}
	return "old content of"
}

// later names the project's runs that came after this one and whose changes are
// in the project: they are not taken back with it.
func (a archive) later(s *subject) []string {
	names, err := a.of(s.plan.Project)
	if err != nil {
		return nil
	}
	var after []string
	for _, name := range names {
		its, err := a.iterations(name)
		applied := func(it iteration) bool { return it.State == stateApplied && len(it.Applied) > 0 }
		if a.compare(name, s.run.Run) > 0 && err == nil && slices.ContainsFunc(its, applied) {
			after = append(after, evidence.Printable(name))
		}
	}
	if len(after) == 0 {
		return nil
	}
	return []string{"Later runs changed the project too, and are not taken back: " + strings.Join(after, " ") +
		". What they changed again stays; to have all of it back, begin with the last of them."}
}

// rollBack takes iterations back, the last first. What stayed is counted; an
// error ends it, since what comes before rests under it.
func (e *env) rollBack(s *subject, back []iteration) error {
	j, done, err := s.decide()
	if err != nil {
		return err
	}
	defer done()
	stayed := 0
	for _, it := range back {
		n, err := e.rollBackOne(s, it, j)
		if err != nil {
			return withHint("ringwall review --list "+s.run.Run+" shows where it stands",
				"take back iteration %d: %w", it.n, err)
		}
		stayed += n
	}
	if stayed > 0 {
		return exit(exitFindings, errors.New("not all was taken back: "+plural(stayed, "change")+" stayed, as named above"))
	}
	return nil
}

func (e *env) rollBackOne(s *subject, it iteration, j *evidence.Journal) (stayed int, err error) {
	o, err := optionsFor(s.plan, s.run.Run, it.kept)
	if err != nil {
		return 0, err
	}
	rec := forIteration{j, it.n}
	var changes []evidence.Change
	for _, entry := range it.Applied {
		c := changeOf(it.n, entry, review.Applied)
		changes = append(changes, evidence.Change{Name: c.Path, Action: c.Action, Class: c.Class, Size: c.Size})
	}
	if err := rec.Record(evidence.Event{Reviewed: &evidence.Reviewed{Decision: "rollback", Changes: changes}}); err != nil {
		return 0, err
	}
	res, err := s.archive.stage.rollback(context.Background(), o, rec)
	if err != nil {
		return 0, err
	}
	fmt.Fprintf(e.out, "iteration %d: took back %s\n", it.n, plural(res.Applied, "change"))
	e.tellConflicts(res.Held)
	if slices.ContainsFunc(res.Held, func(h stage.Held) bool { return h.Action != stage.Added }) {
		fmt.Fprintf(e.out, "  what stood there before is kept below %s\n", res.HeldDir)
	}
	return len(res.Held), nil
}
