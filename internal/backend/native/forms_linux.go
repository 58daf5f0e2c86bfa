package native

import (
	"path/filepath"

	"ringwall/internal/plan"
)

// workspace is the plan's; a plan without one has an overlay.
func (r *run) workspace() plan.Workspace {
	for _, c := range r.plan.Controls {
		if w := c.Want.Workspace; w != nil {
			return *w
		}
	}
	return plan.Workspace{Path: r.plan.Project, Mode: plan.ModeStaged}
}

// overlaid tells whether the workspace is an overlay.
func (r *run) overlaid() bool {
	w := r.workspace()
	return w.Mode != plan.ModeDirect && w.Form == ""
}

// before is what that folder took when the run began.
func (r *run) before() Usage {
	switch w := r.workspace(); {
	case w.Mode == plan.ModeDirect:
		return r.native.ProjectHas
	case w.Form == plan.FormCopy:
		return r.native.TreeHas
	}
	return Usage{}
}

// writes is the folder in which what the agent writes to the workspace ends.
func (r *run) writes() string {
	switch w := r.workspace(); {
	case w.Mode == plan.ModeDirect:
		return r.plan.Project
	case w.Form == plan.FormCopy:
		return r.native.Tree
	case r.native.Above:
		return filepath.Join(r.native.IterDir, "check", "upper")
	}
	return filepath.Join(r.native.IterDir, "upper")
}
