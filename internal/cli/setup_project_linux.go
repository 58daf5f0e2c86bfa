package cli

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"ringwall/internal/evidence"
	"ringwall/internal/host"
	"ringwall/internal/layer/isolation"
	"ringwall/internal/policy"
	"ringwall/internal/setup"
)

func (e *env) setupProjectCommand() *cobra.Command {
	var f setupFlags
	c := &cobra.Command{
		Use:   "project",
		Short: "Share this project with the account that agents run under",
		Long: "Add an entry for the agents' account to the access control list of each file and\n" +
			"folder of the project. The files keep their owner. What you closed to all others in\n" +
			"an open folder stays closed.",
		Args: usageArgs(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error { return e.setupProject(f) },
	}
	c.Flags().BoolVar(&f.undo, "undo", false, "take the entries away again")
	return f.addTo(e, c)
}

func (e *env) setupProject(f setupFlags) error {
	h, err := host.Basics(e.vars)
	if err != nil {
		return err
	}
	if h.IsRoot() {
		return usage(withHint("run it as the project's owner", "root's agents need no entry: they see the project through a mapped mount"))
	}
	dir, err := e.find(policy.FileName)
	if err != nil {
		return err
	}
	dir = realPath(dir)
	if f.undo {
		return e.unshare(h, f, ofProject(h, dir))
	}
	if h.Account == nil {
		return usage(withHint("sudo ringwall setup user", "no account was set up for your agents"))
	}
	return e.share(h, f, setup.Shared{Path: dir, UID: h.Account.UID})
}

// ofProject are the entries of a project: those on record, and today's account
// in any case.
func ofProject(h host.Facts, dir string) []setup.Shared {
	var out []setup.Shared
	all, _ := setup.ReadShared(sharedFile(h))
	for _, s := range all {
		if s.Path == dir {
			out = append(out, s)
		}
	}
	if len(out) == 0 && h.Account != nil {
		out = append(out, setup.Shared{Path: dir, UID: h.Account.UID})
	}
	return out
}

func sharedFile(h host.Facts) string { return filepath.Join(h.StateDir, setup.SharedFile) }

func (e *env) share(h host.Facts, f setupFlags, s setup.Shared) error {
	if err := os.MkdirAll(h.StateDir, 0o700); err != nil {
		return err
	}
	if !f.dryRun { // on record first: what a crash leaves is found
		if err := setup.NoteShared(sharedFile(h), s, true); err != nil {
			return err
		}
	}
	tally, err := walkOf(s, f).Grant()
	if err != nil {
		return err
	}
	return e.tellShared("shared with "+h.Account.Name, s, f, tally)
}

func walkOf(s setup.Shared, f setupFlags) setup.Share {
	mask := unix.Umask(0)
	unix.Umask(mask)
	return setup.Share{Dir: s.Path, UID: s.UID, Umask: uint32(mask), DryRun: f.dryRun}
}

// unshare takes back what is on record for each of these.
func (e *env) unshare(h host.Facts, f setupFlags, all []setup.Shared) error {
	for _, s := range all {
		tally, err := walkOf(s, f).Revoke()
		if os.IsNotExist(err) {
			tally, err = setup.Tally{}, nil // the project is gone, and its lists with it
		}
		if err != nil {
			return err
		}
		if err := e.tellShared("no longer shared with user "+fmt.Sprint(s.UID), s, f, tally); err != nil {
			return err
		}
		if f.dryRun {
			continue
		}
		if err := setup.NoteShared(sharedFile(h), s, false); err != nil {
			return err
		}
	}
	return nil
}

func (e *env) unshareAll(f setupFlags) error {
	h, err := host.Basics(e.vars)
	if err != nil {
		return err
	}
	all, err := setup.ReadShared(sharedFile(h))
	if err != nil {
		return err
	}
	if len(all) == 0 {
		if record, err := host.ReadSetup(host.SetupFile); err == nil && len(record.Accounts)+len(record.Managed) > 0 {
			return usage(withHint("sudo ringwall setup undo", "only root can take back accounts and managed files; you share no project"))
		}
		if e.flag.json {
			return e.printJSON([]sharedJSON{})
		}
		fmt.Fprintln(e.out, "nothing to do")
		return nil
	}
	return e.unshare(h, f, all)
}

// sharedJSON is what a program reads, one for each project.
type sharedJSON struct {
	setup.Shared
	setup.Tally
	DryRun bool `json:"dry_run"`
}

func (e *env) tellShared(did string, s setup.Shared, f setupFlags, t setup.Tally) error {
	if e.flag.json {
		return e.printJSON(sharedJSON{s, t, f.dryRun})
	}
	done := "changed"
	if f.dryRun {
		did, done = "would be "+did, "to change"
	}
	out := table{e.out, 12}
	out.row("project", evidence.Printable(s.Path))
	out.row("result", did)
	out.row("files", fmt.Sprintf("%d %s, %d as they should be", t.Changed, done, t.Same))
	for i, name := range t.Left {
		label := ""
		if i == 0 {
			label = "left closed"
		}
		out.row(label, evidence.Printable(name))
	}
	if more := t.LeftAll - len(t.Left); more > 0 {
		out.row("", fmt.Sprintf("and %d more", more))
	}
	return nil
}

// shareAgain gives an account that may work in the project what was made there
// since: a file's maker can leave the default list without effect. One look at
// each file is little beside an iteration; a single command goes without.
func (w *work) shareAgain() error {
	user, _ := w.plan.Find("isolation.user")
	if u := user.Want.User; u == nil || u.Form != isolation.FormAccount {
		return nil
	}
	_, err := walkOf(setup.Shared{Path: w.plan.Project, UID: w.host.Account.UID}, setupFlags{}).Grant()
	return err
}
