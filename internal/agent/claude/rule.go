package claude

import (
	"slices"
	"strings"
)

// rule is one entry of a permission list: Tool, or Tool(specifier).
type rule struct {
	tool, spec string
	narrowed   bool // it has brackets
}

// parseRule splits an entry; ok is false where the tool would drop it.
func parseRule(entry string) (r rule, ok bool) {
	tool, rest, found := strings.Cut(entry, "(")
	if !found {
		return rule{tool: tool}, tool != "" && !strings.ContainsAny(tool, ") \t\r\n")
	}
	spec, closed := strings.CutSuffix(rest, ")")
	ok = closed && tool != "" && strings.TrimSpace(spec) != "" && !strings.ContainsAny(tool, ") \t\r\n")
	if spec == "*" && !strings.HasPrefix(tool, "mcp__") {
		return rule{tool: tool}, ok // the tool itself drops these brackets
	}
	return rule{tool: tool, spec: spec, narrowed: true}, ok
}

// normal is the rule in one spelling: "Bash(x:*)" is "Bash(x *)", and
// "Bash(*)" is "Bash".
func (r rule) normal() rule {
	if r.tool != "Bash" || !r.narrowed {
		return r
	}
	if before, is := strings.CutSuffix(r.spec, ":*"); is {
		r.spec = before + " *"
	}
	if r.spec = strings.TrimSpace(r.spec); r.spec == "*" {
		return rule{tool: r.tool}
	}
	return r
}

func (r rule) String() string {
	if r.narrowed {
		return r.tool + "(" + r.spec + ")"
	}
	return r.tool
}

// open splits a rule on Bash into its words, and tells whether more may follow.
func (r rule) open() (words []string, open bool) {
	n := r.normal()
	words = strings.Fields(n.spec)
	if !n.narrowed {
		return nil, true
	}
	if last := len(words) - 1; last >= 0 && words[last] == "*" {
		return words[:last], true
	}
	return words, false
}

// tools are the names that a rule may have: those of this version, and of some
// before it that settings still name.
func tools() []string {
	return []string{
		"Agent", "AskUserQuestion", "Bash", "BashOutput", "Cd", "CronCreate", "CronDelete", "CronList",
		"Edit", "EnterPlanMode", "EnterWorktree", "ExitPlanMode", "ExitWorktree", "Glob", "Grep", "KillBash",
		"KillShell", "LS", "LSP", "ListMcpResources", "ListMcpResourcesTool", "Monitor", "MultiEdit",
		"NotebookEdit", "NotebookRead", "PowerShell", "PushNotification", "Read", "ReadMcpResource",
		"ReadMcpResourceTool", "RemoteTrigger", "ReportFindings", "ScheduleWakeup", "SendMessage", "Skill",
		"SlashCommand", "Task", "TaskCreate", "TaskGet", "TaskList", "TaskOutput", "TaskStop", "TaskUpdate",
		"TeamCreate", "TeamDelete", "TodoRead", "TodoWrite", "ToolSearch", "WebFetch", "WebSearch", "Workflow",
		"Write",
	}
}

// known tells whether a rule can ever name a tool; near is a name that it may
// have meant.
func known(tool string) (near string, ok bool) {
	if slices.Contains(tools(), tool) || strings.HasPrefix(tool, "mcp__") {
		return "", true
	}
	for _, t := range tools() {
		if strings.EqualFold(t, tool) {
			near = t
		}
	}
	return near, false
}
