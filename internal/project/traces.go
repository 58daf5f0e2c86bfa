package project

import (
	"slices"

	"ringwall/internal/agent"
)

// trace is what shows that a tool is used here.
type trace struct {
	agent string
	paths []string
}

var traces = []trace{
	{"claude", []string{".claude", "CLAUDE.md", "CLAUDE.local.md", ".mcp.json"}},
	{"codex", []string{".codex", "AGENTS.override.md"}},
	{"gemini", []string{".gemini", "GEMINI.md"}},
	{"qwen", []string{".qwen", "QWEN.md"}},
	{"cursor", []string{".cursor", ".cursorrules"}},
	{"opencode", []string{".opencode", "opencode.json", "opencode.jsonc"}},
	{"copilot", []string{".github/copilot-instructions.md", ".github/copilot"}},
	{"aider", []string{".aider.conf.yml"}},
	{"amp", []string{".amp"}},
	{"cline", []string{".clinerules", ".cline"}},
	{"roo", []string{".roo", ".roomodes"}},
	{"windsurf", []string{".windsurf", ".windsurfrules"}},
	{"goose", []string{".goosehints"}},
}

// agents names the tools whose files are in the project, known to package agent
// or not.
func (in *inspector) agents() []string {
	var out []string
	for _, t := range traces {
		if slices.ContainsFunc(t.paths, in.exists) {
			out = append(out, t.agent)
		}
	}
	return out
}

// agentTraces are the files by which agents knows them, by the tool's name.
func (in *inspector) agentTraces() map[string][]string {
	out := map[string][]string{}
	for _, t := range traces {
		for _, p := range t.paths {
			if in.exists(p) {
				out[t.agent] = append(out[t.agent], p)
			}
		}
	}
	return out
}

// AgentDescription is the chosen tool's description; ok is false where none was
// chosen.
func (f Facts) AgentDescription() (d agent.Description, ok bool) {
	if f.Agent == nil {
		return agent.Description{}, false
	}
	return f.Agent.Describe(), true
}
