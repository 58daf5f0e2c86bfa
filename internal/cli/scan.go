package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"ringwall/internal/agent/catalog"
	"ringwall/internal/evidence"
	"ringwall/internal/policy"
)

func (e *env) scanCommand() *cobra.Command {
	var home, machine bool
	c := &cobra.Command{
		Use:   "scan [PATH]",
		Short: "Look for what is wrong in the files that steer agents",
		Long: "Look at the permission files of every known agent and at the instruction files\n" +
			"below PATH (default: the project), and tell what they let through, hide or say\n" +
			"twice. Nothing is changed, and nothing that is read is believed.\n\n" +
			"The exit code is 0 where nothing was found, 1 where something was or a file could\n" +
			"not be read, and 2 for wrong usage. Advice does not count.",
		Args: usageArgs(cobra.MaximumNArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error { return e.scan(args, home, machine) },
	}
	c.Flags().BoolVar(&home, "home", false, "your own files too: ~/.claude, ~/.codex ...")
	c.Flags().BoolVar(&machine, "machine", false, "the machine's files too, in /etc")
	c.Flags().BoolVar(&e.flag.json, "json", false, "as JSON")
	return c
}

func (e *env) scan(args []string, home, machine bool) error {
	dir, err := e.scanFolder(args)
	if err != nil {
		return err
	}
	s := scanner{agents: catalog.All()}
	if home {
		if s.home = e.variable("HOME"); !filepath.IsAbs(s.home) {
			return usage(withHint("set HOME", "it is not known where your home folder is"))
		}
	}
	if machine {
		s.machine = "/"
	}
	found, err := s.scan(dir)
	if err != nil {
		return fmt.Errorf("scan %s: %w", dir, err)
	}
	if e.flag.json {
		err = e.printJSON(found)
	} else {
		e.showScan(found)
	}
	if err == nil && len(found.Findings) > 0 {
		err = exit(exitFindings, nil)
	}
	return err
}

func (e *env) scanFolder(args []string) (string, error) {
	if len(args) == 0 {
		return e.find(policy.FileName)
	}
	dir := args[0]
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(e.dir, dir)
	}
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", usage(fmt.Errorf("there is no folder %q", args[0]))
	case err != nil:
		return "", usage(err)
	case !info.IsDir():
		return "", usage(withHint("name the folder that it is in", "%q is no folder", args[0]))
	}
	return dir, nil
}

// showScan tells the findings by file, then the advice, then what an allowlist
// is worth.
func (e *env) showScan(s scanned) {
	permissions := 0
	for _, f := range s.Files {
		if f.Kind == kindPermissions {
			permissions++
		}
	}
	showFindings(table{e.out, 20}, s.Findings, false)
	if len(s.Advice) > 0 {
		fmt.Fprintln(e.out, "Advice: these rules ask for what a layer enforces; they may stay")
		fmt.Fprintln(e.out)
		showFindings(table{e.out, 20}, s.Advice, true)
	}
	t := table{e.out, 0}
	t.row("", fmt.Sprintf("%s of permissions and %d of instructions read: %s.",
		plural(permissions, "file"), len(s.Files)-permissions, plural(len(s.Findings), "finding")))
	if permissions > 0 {
		t.row("", "An allowlist is not a boundary: a command is a text, and many programs start others. What leaks "+
			"through it meets the layers below: isolation (files, privileges), network (hosts, keys) and infrastructure "+
			"(memory, time, cost).")
	}
}

func showFindings(t table, all []scanFinding, advice bool) {
	file := ""
	for i, f := range all {
		if f.File != file || i == 0 {
			if i > 0 {
				fmt.Fprintln(t.w)
			}
			file = f.File
			fmt.Fprintln(t.w, evidence.Printable(file))
		}
		where := "     "
		if f.Line > 0 {
			where = fmt.Sprintf("%5d", f.Line)
		}
		label := where + "  " + f.Problem
		if f.Entry != "" {
			t.row(label, entryText(f.Entry))
			label = ""
		}
		t.row(label, f.Why)
		if f.Better != "" {
			t.row("", "better: "+f.Better)
		}
		if f.Layer != "" && !advice {
			t.row("", "caught by: "+f.Layer)
		}
	}
	if len(all) > 0 {
		fmt.Fprintln(t.w)
	}
}

// entryText is an entry that fits a line, whatever it holds.
func entryText(s string) string {
	s = evidence.Printable(s)
	const most = 57
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "..."
	}
	return strings.TrimSpace(s)
}
