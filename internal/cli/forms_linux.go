package cli

import (
	"context"
	"errors"
	"os/signal"
	"path/filepath"

	"golang.org/x/sys/unix"

	"ringwall/internal/backend"
	"ringwall/internal/backend/native"
	"ringwall/internal/plan"
	"ringwall/internal/stage"
)

// forms is what the workspace is made of where it is not an overlay.
type forms struct {
	copy   *stage.Copy
	direct *stage.Direct
	checks plan.Workspace // what a check works in, whose changes are dropped
}

// planAgain makes the plan anew where settling an earlier run changed what it is
// of: a guardrail that was there when the project was looked at is not any more.
func (s *session) planAgain(kind string, command, accept []string, code int) error {
	w := s.work
	if !s.changed {
		return nil
	}
	if err := w.inspect(w.project.Path); err != nil {
		return err
	}
	if err := w.compile(kind, command, accept); err != nil {
		return err
	}
	if kind == "run" {
		w.dropMissingCredentials()
	}
	return w.refuseIfMissing(code)
}

// forms makes what the plan asks for. Checks in direct mode need a workspace of
// their own, as a staged run would have it.
func (s *session) forms() (forms, error) {
	w := workspaceOf(s.work.plan)
	var f forms
	owner, err := ownerOf(s.work.plan.Project)
	if err != nil {
		return f, err
	}
	if w.Mode == plan.ModeDirect {
		f.direct = &stage.Direct{}
		w.Mode = plan.ModeStaged
		if h := s.work.host; !h.Overlay.OK || h.NoOverlay != "" {
			w.Form = plan.FormCopy
		}
	}
	f.checks = w
	if w.Form == plan.FormCopy {
		f.copy = stage.NewCopy(s.treeOptions(owner))
		s.copy = f.copy
	}
	return f, nil
}

// treeOptions: started by root, the copy of what is the project owner's belongs
// to the account that works in it.
func (s *session) treeOptions(owner [2]int) stage.TreeOptions {
	o := stage.TreeOptions{Project: s.work.plan.Project, ProjectID: s.id, Dir: s.dir, Progress: s.copying}
	if h := s.work.host; h.IsRoot() && h.Account != nil {
		o.From, o.To = owner, [2]int{h.Account.UID, h.Account.GID}
	}
	return o
}

// tell gives a backend the trees and what they take.
func (f forms) tell(n *native.Native) {
	if f.copy != nil {
		n.Tree, n.TreeHas = f.copy.Path(), native.Usage(f.copy.Usage())
	}
	if f.direct != nil {
		n.ProjectHas = native.Usage(f.direct.Usage())
	}
}

// prepareForms also copies the project, before a single command: while the
// keyboard's signals still are ringwall's own.
func (s *session) prepareForms() (forms, error) {
	f, err := s.forms()
	if err != nil || f.copy == nil || f.direct != nil {
		return f, err
	}
	ctx, stop := signal.NotifyContext(context.Background(), heard(unix.SIGINT, unix.SIGTERM)...)
	defer stop()
	if err := f.copy.Update(ctx); errors.Is(err, context.Canceled) {
		return f, exit(exitInterrupted, errors.New("interrupted while the project was copied; nothing was started"))
	} else if err != nil {
		return f, &backend.StartError{Control: "isolation.workspace", Err: err}
	}
	return f, nil
}

// trees are the folders in which the agent of an interrupted run may have
// written.
func trees(p plan.Plan, runDir string) []string {
	switch w := workspaceOf(p); {
	case w.Mode == plan.ModeDirect:
		return append(uppers(runDir), p.Project, filepath.Join(runDir, "copy"))
	case w.Form == plan.FormCopy:
		return append(uppers(runDir), filepath.Join(runDir, "copy"))
	}
	return uppers(runDir)
}

func uppers(runDir string) []string {
	var out []string
	for _, it := range staged(runDir) {
		out = append(out, filepath.Join(it, "upper"))
	}
	return out
}
