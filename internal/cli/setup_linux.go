package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"ringwall/internal/setup"
)

// setupFlags are those of every setup command.
type setupFlags struct {
	owner  string
	undo   bool
	dryRun bool
}

func (e *env) setupCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "setup", Short: "Prepare this machine, once, for the strongest form of identity",
		Long: "Prepare this machine, once, so that agents run under an account of their own without\n" +
			"root at run time. Each step says what it changes before it does, and can be undone.",
		Args: usageArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(e.setupUserCommand(), e.setupProjectCommand(), e.setupManagedCommand(), e.setupUndoCommand())
	return c
}

// addTo puts the flags that all have on a command.
func (f *setupFlags) addTo(e *env, c *cobra.Command) *cobra.Command {
	c.Flags().BoolVar(&f.dryRun, "dry-run", false, "only show the steps")
	c.Flags().BoolVar(&e.flag.json, "json", false, "as JSON")
	return c
}

func (e *env) setupUserCommand() *cobra.Command {
	var f setupFlags
	c := &cobra.Command{
		Use:   "user [NAME]",
		Short: "Make an account for agents, and let its owner use its number (as root)",
		Long: "Make the system account NAME (default: " + setup.DefaultName + ") and let one user, the owner, run\n" +
			"agents under it. Needs root once; the runs do not.",
		Args: usageArgs(cobra.MaximumNArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error { return e.setupUser(args, f) },
	}
	c.Flags().StringVar(&f.owner, "owner", "", "who starts the agents (default: who called sudo)")
	c.Flags().BoolVar(&f.undo, "undo", false, "take it back")
	return f.addTo(e, c)
}

func (e *env) setupUndoCommand() *cobra.Command {
	var f setupFlags
	c := &cobra.Command{
		Use:   "undo",
		Short: "Take back all that setup did: as root accounts and managed files, as a user shared projects",
		Args:  usageArgs(cobra.NoArgs),
		RunE:  func(*cobra.Command, []string) error { return e.setupUndo(f) },
	}
	return f.addTo(e, c)
}

// accountOf is the account that a command means, by name or by default.
func accountOf(args []string) string {
	if len(args) > 0 {
		return args[0]
	}
	return setup.DefaultName
}

func (e *env) setupUser(args []string, f setupFlags) error {
	name := accountOf(args)
	if err := needRoot("sudo ringwall setup user", f); err != nil {
		return err
	}
	if f.undo {
		steps, err := setup.Undo(setup.Options{Name: name})
		return e.carryOut(steps, f, err)
	}
	if f.owner == "" {
		f.owner = e.variable("SUDO_USER")
	}
	if f.owner == "" || f.owner == "root" {
		return usage(withHint("ringwall setup user --owner USER", "it is not known who starts the agents"))
	}
	steps, err := setup.User(setup.Options{Name: name, Owner: f.owner})
	if err := e.carryOut(steps, f, err); err != nil {
		return err
	}
	if !f.dryRun && !e.flag.json {
		fmt.Fprintf(e.out, "next, as %s, in each project that agents work in: ringwall setup project\n", f.owner)
	}
	return nil
}

// needRoot refuses to begin what root alone can do.
func needRoot(command string, f setupFlags) error {
	if os.Geteuid() == 0 || f.dryRun {
		return nil
	}
	return usage(withHint(command, "only root can change the accounts of this machine"))
}

func (e *env) setupUndo(f setupFlags) error {
	if os.Geteuid() != 0 {
		return e.unshareAll(f)
	}
	steps, err := setup.Undo(setup.Options{})
	if len(steps) > 0 && err == nil && !e.flag.json {
		fmt.Fprintln(e.err, "note: what is shared with an account keeps its number in access control lists;"+
			"\nits owner takes it back, before or after this, with: ringwall setup undo")
	}
	return e.carryOut(steps, f, err)
}

// carryOut shows each step before it is done. Nothing is begun if not all could
// be planned.
func (e *env) carryOut(steps []setup.Step, f setupFlags, err error) error {
	var way *setup.Refusal
	switch {
	case errors.As(err, &way), errors.Is(err, fs.ErrPermission):
		return usage(err)
	case err != nil:
		return err
	case e.flag.json:
		return e.carryOutJSON(steps, f)
	case len(steps) == 0:
		fmt.Fprintln(e.out, "nothing to do")
		return nil
	}
	for i, s := range steps {
		e.showStep(i+1, s, f.dryRun)
		if f.dryRun {
			continue
		}
		if err := s.Do(); err != nil {
			return fmt.Errorf("%s: %w", s.What, err)
		}
		fmt.Fprintln(e.out, "   done")
	}
	return nil
}

func (e *env) showStep(n int, s setup.Step, dry bool) {
	t := table{e.out, 8}
	table{e.out, 3}.row(fmt.Sprintf("%d.", n), s.What)
	t.row("   why", s.Why)
	t.row("   how", s.How)
	if s.Undo != "" {
		t.row("   undo", s.Undo)
	}
	if s.Content != "" && dry {
		fmt.Fprintf(e.out, "\n%s\n", indented(s.Content))
	}
}

// stepsDone is what a program reads.
type stepsDone struct {
	Steps  []setup.Step `json:"steps"`
	Done   int          `json:"done"` // how many of them
	DryRun bool         `json:"dry_run"`
	Error  string       `json:"error,omitempty"`
}

func (e *env) carryOutJSON(steps []setup.Step, f setupFlags) error {
	out := stepsDone{Steps: steps, DryRun: f.dryRun}
	if steps == nil {
		out.Steps = []setup.Step{}
	}
	var failed error
	for _, s := range steps {
		if f.dryRun || failed != nil {
			break
		}
		if failed = s.Do(); failed != nil {
			out.Error = failed.Error()
			break
		}
		out.Done++
	}
	return errors.Join(failed, e.printJSON(out))
}
