package copilot

import "ringwall/internal/agent"

// instructions were seen in the model's request one by one. Those of the
// project load although it is not trusted. 60 kB of one were loaded whole.
func instructions() []agent.Instruction {
	return []agent.Instruction{
		{Where: agent.InHome, Path: ".copilot/copilot-instructions.md"},
		{Where: agent.InHome, Path: ".copilot/instructions/**/*.instructions.md"},
		{Where: agent.InProject, Path: ".github/copilot-instructions.md"},
		{Where: agent.InProject, Path: ".github/instructions/**/*.instructions.md"},
		{Where: agent.InProject, Path: "AGENTS.md", Nested: true, Imports: imports},
		{Where: agent.InProject, Path: "CLAUDE.md", Imports: imports},
		{Where: agent.InProject, Path: "GEMINI.md", Imports: imports},
		{Where: agent.InProject, Path: ".claude/rules/**/*.md"},
	}
}

// imports is how deep "@path" was seen to be followed; no end was looked for.
const imports = 6

// guardrails are frozen even when absent, because this very tool would load
// them: what the agent wrote there would act at the next start.
func guardrails() []agent.Path {
	const text = "instructions that Copilot loads by itself"
	return []agent.Path{
		{Path: ".github/copilot", Dir: true, IfAbsent: true, Reason: "Copilot's settings, with hooks"},
		{Path: ".github/hooks", Dir: true, IfAbsent: true, Reason: "programs that Copilot runs"},
		{Path: ".github/skills", Dir: true, IfAbsent: true, Reason: "skills that Copilot offers its model, trusted or not"},
		{Path: ".github/agents", Dir: true, IfAbsent: true, Reason: "agents that Copilot offers its model"},
		{Path: ".github/instructions", Dir: true, IfAbsent: true, Reason: text},
		{Path: ".github/copilot-instructions.md", IfAbsent: true, Reason: text},
		{Path: ".github/mcp.json", IfAbsent: true, Reason: "servers that Copilot starts"},
		{Path: ".github/lsp.json", IfAbsent: true, Reason: "language servers that Copilot starts"},
		{Path: ".mcp.json", IfAbsent: true, Reason: "servers that Copilot starts"},
		{Path: ".claude", Dir: true, IfAbsent: true, Reason: "hooks, rules and skills that Copilot reads too"},
		{Path: ".agents", Dir: true, IfAbsent: true, Reason: "skills that Copilot offers its model, trusted or not"},
		{Path: "AGENTS.md", IfAbsent: true, Reason: text},
		{Path: "CLAUDE.md", IfAbsent: true, Reason: text},
		{Path: "GEMINI.md", IfAbsent: true, Reason: text},
	}
}

func userPaths() []agent.Path {
	return []agent.Path{
		{Path: ".copilot", Dir: true, Reason: "Copilot's settings, trusted folders, hooks, skills, servers and plugins"},
		{Path: ".cache/copilot", Dir: true, Reason: "the program itself, unpacked: what is changed here runs at the next start"},
	}
}

// machine: a file there that cannot be read, or holds one rule that is none,
// makes the tool ask for everything and run commands in a sandbox of its own,
// which without bubblewrap runs nothing.
func machine() []agent.MachineFile {
	return []agent.MachineFile{
		{Path: ManagedPath, Reason: "rules that neither settings nor arguments override"},
		{Path: "/etc/github-copilot/policy.d", Reason: "programs that are asked before each tool call"},
	}
}

// state is what a run was seen to write.
func state() []agent.State {
	return []agent.State{
		{Path: ".copilot", Reason: "settings, sessions and their index", Steers: true},
		{Path: ".copilot/session-state", Reason: "the history of each session", Steers: true},
		{Path: ".copilot/logs", Reason: "logs"},
		{Path: ".cache/copilot", Reason: "the program itself, unpacked: 235 MB", Steers: true},
	}
}

func endpoints() []agent.Endpoint {
	return []agent.Endpoint{
		{Host: "api.githubcopilot.com", Use: agent.UseAPI},
		{Host: "github.com", Use: agent.UseSignIn},
		{Host: "api.github.com", Use: agent.UseSignIn},
		{Host: "api.mcp.github.com", Use: agent.UseAPI},
	}
}
