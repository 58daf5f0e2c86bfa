package cli

import "ringwall/internal/plan"

// workspaceOf is a plan's workspace; the zero value where it has none.
func workspaceOf(p plan.Plan) plan.Workspace {
	for _, c := range p.Controls {
		if w := c.Want.Workspace; w != nil {
			return *w
		}
	}
	return plan.Workspace{}
}

// workspaceWords says in what the agent works, and when it counts.
func workspaceWords(w plan.Workspace) string {
	switch {
	case w.Mode == plan.ModeDirect:
		return "change the project itself, at once (workspace.mode = \"direct\")"
	case w.Form == plan.FormCopy:
		return "change the project; its changes are applied after each iteration. It works in a copy: " + w.Because
	}
	return "change the project; its changes are applied after each iteration"
}
