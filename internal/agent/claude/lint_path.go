package claude

import (
	"slices"
	"strings"

	"ringwall/internal/agent"
	"ringwall/internal/plan"
)

// path looks at a rule on files.
func (l *linter) path(e entry) bool {
	if rooted(e.spec) {
		l.entry(e, finding{problem: agent.Ineffective, better: e.tool + "(/" + e.spec + ")",
			why: "a path with one slash in front begins at the folder of these settings; two begin at the root"})
		return false
	}
	if e.list != "allow" {
		return true
	}
	switch {
	case boundless(e.spec):
		l.entry(e, finding{problem: agent.TooBroad, layer: plan.Isolation, better: e.tool + "(./**)",
			why: "it reaches all that the account may touch, far beyond the project"})
	case e.tool == "Edit" && steers(e.spec):
		l.entry(e, finding{problem: agent.Widens, layer: plan.Isolation, why: "what is written there steers the next start: settings, hooks, servers or instructions"})
	}
	return true
}

// rooted tells a path that means the machine's root and does not say so. Names
// that projects have at their top too ("/lib", "/bin", "/dev") are left alone.
func rooted(spec string) bool {
	if !strings.HasPrefix(spec, "/") || strings.HasPrefix(spec, "//") {
		return false
	}
	top, _, _ := strings.Cut(spec[1:], "/")
	return slices.Contains([]string{
		"etc", "usr", "var", "home", "root", "tmp", "opt", "proc", "sys", "Users", "Volumes", "System", "private",
	}, top)
}

// boundless tells a pattern that has no folder in front, but for the root, the
// home folder, or one above the project.
func boundless(spec string) bool {
	for _, top := range []string{"//", "~/", "//home/", "//Users/"} {
		if rest, is := strings.CutPrefix(spec, top); is && strings.Trim(rest, "*/") == "" {
			return true
		}
	}
	return spec == "~" || spec == ".." || strings.HasPrefix(spec, "../")
}

// steers tells a path that decides what the tool does next. Claude Code asks
// before it writes to most of them, whatever the rule says; not so for
// instructions.
func steers(spec string) bool {
	for _, part := range strings.Split(spec, "/") {
		switch part {
		case ".claude", ".mcp.json", ".claude.json", "CLAUDE.md", "CLAUDE.local.md", ".git":
			return true
		}
	}
	return false
}

// outside tells a folder that is not below the project.
func outside(dir string) bool {
	clean := strings.ReplaceAll(dir, "\\", "/")
	return strings.HasPrefix(clean, "/") || strings.HasPrefix(clean, "~") ||
		slices.Contains(strings.Split(clean, "/"), "..") || strings.Contains(clean, ":/")
}
