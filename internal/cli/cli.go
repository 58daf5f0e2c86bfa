// Package cli is the command line: it alone reads flags, prints for people and
// picks exit codes.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"ringwall/internal/evidence"
	"ringwall/internal/why"
)

// Exit codes, the same for every command. They are part of the contract.
const (
	exitDone        = 0
	exitFindings    = 1
	exitUsage       = 2
	exitLimit       = 3
	exitTampered    = 4
	exitUnavailable = 5
	exitNotStarted  = 125
	exitInterrupted = 130
)

// version is set by the linker.
var version = "unversioned"

// env is what a command gets from its caller, so that nothing below reaches for
// the process's own.
type env struct {
	in   *os.File
	out  io.Writer
	err  io.Writer
	vars []string
	dir  string // working directory
	// inside is what is known where this process runs in a sandbox; else nil.
	inside *why.World
	staged stager // of tests; nil: package stage
	flag   struct {
		json    bool
		project string
		accept  []string
	}
}

// Main runs the command line and returns the exit code.
func Main(args []string) int {
	if code, is := helper(args); is {
		return code
	}
	dir, err := os.Getwd()
	e := &env{in: os.Stdin, out: os.Stdout, err: os.Stderr, vars: os.Environ(), dir: dir}
	if err != nil {
		return e.fail(fmt.Errorf("find the working directory: %w", err))
	}
	if err := e.enter(); err != nil {
		return e.fail(err)
	}
	if code, done := e.refusedTool(args); done {
		return code
	}
	root := e.root(args[1:])
	root.SetArgs(args[1:])
	root.SetOut(e.out)
	root.SetErr(e.err)
	return e.fail(root.ExecuteContext(context.Background()))
}

// root is the command line for these arguments.
func (e *env) root(args []string) *cobra.Command {
	root := &cobra.Command{
		Use:   "ringwall",
		Short: "Five layers of defence around an unattended coding agent",
		Long: "ringwall runs a coding agent behind five layers of defence, in a loop that ends,\n" +
			"and tells what was stopped and by which layer.",
		SilenceErrors: true, SilenceUsage: true,
		Args: usageArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.PersistentFlags().StringVar(&e.flag.project, "project", "", "the project's folder (default: the nearest with a ringwall.toml)")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usage(err) })
	root.CompletionOptions.HiddenDefaultCmd = true
	if len(args) > 0 && args[0] == "run" && e.inside == nil {
		// It starts often, and has no use for the others.
		root.CompletionOptions.DisableDefaultCmd = true
		root.AddCommand(e.runCommand())
		return root
	}
	root.AddCommand(e.initCommand(), e.planCommand(), e.runCommand(), e.learnCommand(), e.loopCommand(), e.reportCommand(),
		e.reviewCommand(), e.rollbackCommand(), e.recoverCommand(), e.runsCommand(), e.pruneCommand(), e.scanCommand(), e.whyCommand(), e.trustCommand(), e.setupCommand(), e.doctorCommand(), e.versionCommand())
	if e.inside != nil {
		outsideOnly(root)
	}
	return root
}

// exitError is an error with an exit code of its own. A nil Err says nothing.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

func exit(code int, err error) error {
	if code == exitDone {
		return nil
	}
	return &exitError{code, err}
}

func usage(err error) error { return &exitError{exitUsage, err} }

// usageArgs gives a wrong number of arguments the code for wrong usage.
func usageArgs(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if err := check(c, args); err != nil {
			return usage(err)
		}
		return nil
	}
}

// hinted is an error with a way out.
type hinted struct {
	error
	hint string
}

func (h hinted) Hint() string  { return h.hint }
func (h hinted) Unwrap() error { return h.error }

func withHint(hint, format string, args ...any) error {
	return hinted{fmt.Errorf(format, args...), hint}
}

// fail prints an error as people read it, and returns its exit code.
func (e *env) fail(err error) int {
	if err == nil {
		return exitDone
	}
	code := exitFindings
	var ee *exitError
	if errors.As(err, &ee) {
		code = ee.code
		if ee.err == nil {
			return code
		}
		err = ee.err
	} else if strings.HasPrefix(err.Error(), "unknown command") {
		code = exitUsage
	}
	fmt.Fprintf(e.err, "error: %s\n", printableLines(err.Error()))
	var h interface{ Hint() string }
	if errors.As(err, &h) && h.Hint() != "" {
		fmt.Fprintf(e.err, "hint: %s\n", printableLines(h.Hint()))
	}
	return code
}

// printableLines escapes all but line ends: messages quote files and names that
// an agent may have made.
func printableLines(s string) string {
	lines := strings.Split(strings.TrimRight(s, "\n"), "\n")
	for i, l := range lines {
		lines[i] = evidence.Printable(strings.ReplaceAll(l, "\t", "    "))
	}
	return strings.Join(lines, "\n")
}

func (e *env) versionCommand() *cobra.Command {
	return &cobra.Command{Use: "version", Short: "Print the version", Args: usageArgs(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			fmt.Fprintln(e.out, "ringwall", version)
			return nil
		}}
}

// find walks up from the working directory to the folder of the policy.
func (e *env) find(name string) (string, error) {
	if e.flag.project != "" {
		return filepath.Abs(filepath.Join(e.base(), e.flag.project))
	}
	for dir := e.dir; ; dir = filepath.Dir(dir) {
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return e.dir, nil // where its absence is reported
		}
	}
}

// base is what a relative --project is relative to.
func (e *env) base() string {
	if filepath.IsAbs(e.flag.project) {
		return "/"
	}
	return e.dir
}
