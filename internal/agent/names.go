package agent

// GuardrailNames are the names that count as guardrails at any depth of the
// project when an iteration's changes are checked, so that a nested CLAUDE.md
// or a nested repository's hook is caught too. Each is one or more path
// elements, the last of which may hold "*"; a path is guarded when a run of its
// elements equals a name, or lies below one: ".claude" guards
// "sub/.claude/settings.json".
func GuardrailNames() []string {
	rows := CommonGuardrails()
	out := make([]string, 0, len(rows))
	for _, p := range rows {
		out = append(out, p.Path)
	}
	return out
}

// TopNames are those of GuardrailNames that do nothing in an installed package.
// Packages bring them along: a third of npm's have a CI definition.
func TopNames() []string {
	var out []string
	for _, p := range CommonGuardrails() {
		if p.Top {
			out = append(out, p.Path)
		}
	}
	return out
}
