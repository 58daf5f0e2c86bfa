package cli

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"ringwall/internal/evidence"
	"ringwall/internal/host"
	"ringwall/internal/policy"
	"ringwall/internal/report"
)

func (e *env) reportCommand() *cobra.Command {
	var page string
	c := &cobra.Command{
		Use:   "report [RUN]",
		Short: "Tell what happened, what was stopped, and by which layer",
		Long:  "Tell about a run: the project's latest, or the one that is named.",
		Args:  usageArgs(cobra.MaximumNArgs(1)),
		RunE:  func(_ *cobra.Command, args []string) error { return e.report(args, page) },
	}
	c.Flags().BoolVar(&e.flag.json, "json", false, "as JSON (schema/report.schema.json)")
	c.Flags().StringVar(&page, "html", "", "write one self-contained page to this file")
	return c
}

func (e *env) report(args []string, page string) error {
	h, err := host.Basics(e.vars)
	if err != nil {
		return err
	}
	run, err := e.pick(h.StateDir, args)
	if err != nil {
		return err
	}
	f, err := os.Open(filepath.Join(h.StateDir, "runs", run, "journal.jsonl"))
	if err != nil {
		return withHint("ringwall report without a name shows the latest run", "there is no run %q", run)
	}
	defer f.Close()
	r, err := report.Load(f)
	if err != nil {
		return err
	}
	if err := e.render(r, page); err != nil {
		return err
	}
	if !r.Journal.Intact {
		return exit(exitTampered, errors.New("the journal is damaged; what is shown stands before the damage"))
	}
	return nil
}

func (e *env) render(r report.Run, page string) error {
	switch {
	case page != "":
		return e.writePage(page, r)
	case e.flag.json:
		return report.JSON(e.out, r)
	}
	return report.Text(e.out, r, e.colour())
}

func (e *env) writePage(path string, r report.Run) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := report.HTML(f, r); err != nil {
		f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	fmt.Fprintf(e.out, "wrote %s\n", path)
	return nil
}

// colour is for terminals, and for nobody who said no.
func (e *env) colour() bool {
	for _, kv := range e.vars {
		if name, value, _ := strings.Cut(kv, "="); name == "NO_COLOR" && value != "" || kv == "TERM=dumb" {
			return false
		}
	}
	f, ok := e.out.(interface {
		io.Writer
		Fd() uintptr
	})
	return ok && term.IsTerminal(int(f.Fd()))
}

// pick names the run: the argument, or the latest of this project.
func (e *env) pick(state string, args []string) (string, error) {
	if len(args) == 1 {
		if args[0] != filepath.Base(args[0]) {
			return "", usage(fmt.Errorf("%q is not the name of a run", args[0]))
		}
		return args[0], nil
	}
	dir, err := e.find(policy.FileName)
	if err != nil {
		return "", err
	}
	for _, name := range []string{activeMark, latestMark} {
		if run, err := marked(filepath.Join(placeOf(state, realPath(dir)), name)); err == nil {
			return filepath.Base(run), nil
		}
	}
	return "", withHint("ringwall loop, or ringwall run -- COMMAND", "nothing was run yet in %s", evidence.Printable(dir))
}

// placeOf is where the state directory keeps what belongs to a project.
func placeOf(state, project string) string {
	sum := sha256.Sum256([]byte(project))
	return filepath.Join(state, "projects", hex.EncodeToString(sum[:8]))
}
