package gemini

import (
	"slices"
	"strings"

	"ringwall/internal/agent"
	"ringwall/internal/agent/command"
	"ringwall/internal/agent/jsonedit"
	"ringwall/internal/plan"
)

// allowlist looks at tools.core or tools.allowed.
func (l *linter) allowlist(name string, list *jsonedit.Value) {
	if list == nil {
		return
	}
	if !list.Is(jsonedit.Array) {
		l.report(finding{line: list.Line, entry: "tools." + name, problem: agent.Malformed, why: "it takes a list of texts"})
		return
	}
	var seen []string
	for _, v := range list.Elements[:min(len(list.Elements), maxEntries)] {
		if !v.Is(jsonedit.String) {
			l.report(finding{line: v.Line, entry: v.Text(), problem: agent.Malformed, why: "an entry is a text"})
			continue
		}
		l.again(v, seen)
		seen = append(seen, v.Text())
		l.tool(v, name == "core")
	}
	if n := len(list.Elements); n > maxEntries {
		l.tooMany(list.Elements[maxEntries].Line)
	}
}

// again finds an entry that an earlier one makes superfluous.
func (l *linter) again(v *jsonedit.Value, seen []string) {
	tool, spec, _ := split(v.Text())
	for _, s := range seen {
		if s == v.Text() {
			l.report(finding{line: v.Line, entry: v.Text(), problem: agent.Duplicate, why: "it stands in the list already"})
			return
		}
	}
	for _, s := range seen {
		before, words, _ := split(s)
		if before == tool && (words == "" || strings.HasPrefix(spec+" ", words+" ")) {
			l.report(finding{line: v.Line, entry: v.Text(), problem: agent.Shadowed, why: s + " allows it already"})
			return
		}
	}
}

// split takes an entry apart as the tool does: "tool(spec)".
func split(entry string) (tool, spec string, narrowed bool) {
	tool, spec, narrowed = strings.Cut(entry, "(")
	if !narrowed || !strings.HasSuffix(spec, ")") || strings.ContainsFunc(tool, notName) {
		return strings.TrimSpace(entry), "", false
	}
	if tool == "ShellTool" {
		tool = shell
	}
	return tool, strings.TrimSuffix(spec, ")"), true
}

func notName(r rune) bool { return !plainRune(r) || strings.ContainsRune("./+@", r) }

// classes are names of tools that an entry may have instead: those of the
// program's own classes.
func classes() []string {
	return []string{"ShellTool", "EditTool", "WriteFileTool", "ReadFileTool", "ReadManyFilesTool", "GlobTool", "GrepTool",
		"RipGrepTool", "LSTool", "WebFetchTool", "WebSearchTool", "WriteTodosTool", "MemoryTool", "AskUserTool"}
}

// tool looks at one entry. core tells that the list names the tools that are
// there at all.
func (l *linter) tool(v *jsonedit.Value, core bool) {
	tool, spec, narrowed := split(v.Text())
	f := finding{line: v.Line, entry: v.Text()}
	switch {
	case tool == "*" && core:
		f.problem, f.why = agent.Ineffective, "a star stands for no tool here, and without a tool's name none is left"
	case tool == "*":
		f.problem, f.why, f.layer = agent.TooBroad, "every tool runs without a question", plan.Isolation
	case strings.HasPrefix(tool, "mcp_") && strings.HasSuffix(tool, "*"):
		f.problem, f.why, f.layer = agent.TooBroad, "every tool of a server runs without a question, those that it gets later too", plan.Isolation
	case tool == shell || tool == "ShellTool":
		l.shell(f, spec, narrowed)
		return
	case !knownTool(tool) && !slices.Contains(classes(), tool):
		f.problem, f.why, f.better = agent.Ineffective, "no tool has this name", renamed(tool, spec)
	case narrowed:
		f.problem, f.why, f.better, f.layer = agent.TooBroad, "what is in brackets is read of "+shell+" only: all of "+tool+" is allowed", tool, plan.Isolation
	default:
		return
	}
	l.report(f)
}

// shell looks at an entry on commands, which any words may follow.
func (l *linter) shell(f finding, spec string, narrowed bool) {
	words := strings.Fields(spec)
	switch {
	case !narrowed:
		f.problem, f.why, f.better, f.layer = agent.TooBroad, "every command runs", shell+"(git status)", plan.Isolation
	case len(words) == 0:
		f.problem, f.why, f.better = agent.Ineffective, "it names no command", shell+"(git status)"
	case strings.ContainsRune(spec, '*'):
		f.problem, f.why = agent.Ineffective, "a star stands for itself here: an entry is what a command begins with"
		f.better = shell + "(" + strings.TrimRight(strings.TrimSuffix(spec[:strings.IndexByte(spec, '*')], ":"), " ") + ")"
	default:
		d, bad := command.Judge(words, true)
		if !bad {
			return
		}
		f.problem, f.why, f.layer = d.Problem, d.Why, catches(d.Problem)
		if d.Better != "" {
			f.better = shell + "(" + d.Better + ")"
		}
	}
	l.report(f)
}

// renamed is an entry of another tool's grammar in this one's.
func renamed(tool, spec string) string {
	name := map[string]string{
		"bash": shell, "shell": shell, "read": "read_file", "edit": "replace", "write": "write_file",
		"glob": "glob", "grep": "grep_search", "ls": "list_directory", "webfetch": "web_fetch",
	}[strings.ToLower(tool)]
	if name != shell || spec == "" {
		return name
	}
	return shell + "(" + strings.TrimRight(strings.TrimSuffix(spec, "*"), ": ") + ")"
}

// excluded looks at tools.exclude, which takes whole tools only.
func (l *linter) excluded(list *jsonedit.Value) {
	for _, v := range list.Strings() {
		tool, spec, narrowed := split(v.Text())
		switch {
		case narrowed:
			l.report(finding{line: v.Line, entry: v.Text(), problem: agent.Ineffective, better: denyRule(spec), layer: plan.Isolation,
				why: "only whole tools can be excluded: nothing is refused by this; a rule of a policy file can"})
		case !knownTool(tool) && !slices.Contains(classes(), tool):
			l.report(finding{line: v.Line, entry: v.Text(), problem: agent.Ineffective, better: renamed(tool, ""), why: "no tool has this name"})
		}
	}
}

func denyRule(spec string) string {
	return `[[rule]] toolName = "` + shell + `" commandPrefix = ` + strings.Trim(list([]string{spec}), "[]") + ` decision = "deny" priority = 900`
}
