package gemini

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"ringwall/internal/agent"
	"ringwall/internal/plan"
)

const (
	maxEntry = 200     // bytes of an entry that a finding shows
	maxFile  = 1 << 20 // bytes of a settings file that is read
	// maxPolicy bounds a file of rules. The parser's time grows with the square
	// of the number of tables: a megabyte of them took it 50 seconds.
	maxPolicy  = 64 << 10
	maxEntries = 500 // of one list, or rules of one file: each is held against all before it
)

// PermissionFiles implements agent.Linter. The tool reads every other "*.toml"
// beside a policy too, and Lint knows them by that ending. Those of a project
// are not listed: this version does not read them.
func (Agent) PermissionFiles() []agent.Located {
	return []agent.Located{
		{Where: agent.InProject, Path: ".gemini/settings.json"},
		{Where: agent.InHome, Path: ".gemini/settings.json"},
		{Where: agent.InHome, Path: ".gemini/policies/auto-saved.toml"},
		{Where: agent.OnMachine, Path: systemSettings},
		{Where: agent.OnMachine, Path: systemDefaults},
		{Where: agent.OnMachine, Path: systemPolicies + "/ringwall.toml"},
	}
}

// Lint implements agent.Linter. Findings come in the order of the file.
func (Agent) Lint(name string, text []byte) []agent.Finding {
	l := &linter{file: name, managed: path.IsAbs(name)}
	look, most := l.settings, maxFile
	if strings.HasSuffix(name, ".toml") {
		look, most = l.policy, maxPolicy
	}
	if len(text) > most {
		l.report(finding{problem: agent.Malformed, why: fmt.Sprintf("it is over %d bytes, and was not looked at", most)})
	} else {
		look(text)
	}
	slices.SortStableFunc(l.found, func(a, b agent.Finding) int { return cmp.Compare(a.Line, b.Line) })
	return l.found
}

type linter struct {
	file    string
	managed bool // an administrator's file: what it starts is its owner's will
	found   []agent.Finding
}

// finding is a problem before it has its place.
type finding struct {
	line                        int
	entry, problem, why, better string
	layer                       plan.LayerID
}

func (l *linter) report(f finding) {
	l.found = agent.AddFinding(l.found, agent.Finding{
		File: l.file, Line: f.line, Problem: f.problem, Entry: agent.Head(f.entry, maxEntry),
		Why: f.why, Better: f.better, Layer: string(f.layer),
	})
}

func (l *linter) tooMany(line int) {
	l.report(finding{line: line, problem: agent.Malformed, why: fmt.Sprintf("there are more than %d: those from here on were not looked at", maxEntries)})
}

// catches is the layer that holds against what an entry lets through.
func catches(problem string) plan.LayerID {
	if problem == agent.Redirects {
		return plan.Network
	}
	return plan.Isolation
}

// tools are the names that the tool's own tools have in version 0.61.0.
func tools() []string {
	return append(fileTools(), shell, "activate_skill", "ask_user", "codebase_investigator", "cli_help",
		"complete_task", "enter_plan_mode", "exit_plan_mode", "generalist", "get_internal_docs", "google_web_search",
		"invoke_agent", "list_background_processes", "list_mcp_resources", "read_background_output", "read_many_files",
		"read_mcp_resource", "save_memory", "tracker_add_dependency", "tracker_create_task", "tracker_get_task",
		"tracker_list_tasks", "tracker_update_task", "tracker_visualize", "update_topic", "web_fetch")
}

const shell = "run_shell_command"

// knownTool tells whether a name, or a pattern, can be that of a tool. An agent
// that somebody made is a tool too, so that any plain name may be one; those of
// other programs' grammars are not.
func knownTool(name string) bool {
	if slices.Contains(tools(), name) {
		return true
	}
	odd := strings.ContainsFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && !strings.ContainsRune("_-*", r)
	})
	return name != "" && !odd && renamed(name, "") == ""
}
