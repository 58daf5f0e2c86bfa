package claude

import "ringwall/internal/agent"

// Describe implements agent.Agent.
func (Agent) Describe() agent.Description {
	return agent.Description{
		Name:         "claude",
		Title:        "Claude Code",
		Checked:      "2.1.197",
		Instructions: instructions(),
		Guardrails:   guardrails(),
		UserPaths:    userPaths(),
		Machine:      machine(),
		State:        state(),
		Executable:   "claude",
		KeyEnv:       "ANTHROPIC_API_KEY",
		BaseURLEnv:   "ANTHROPIC_BASE_URL",
		KeyShape:     "sk-ant-api03-ringwall-placeholder-%s-AA",
		APIHost:      "api.anthropic.com",
		Header:       "x-api-key",
		Endpoints:    endpoints(),
		Env:          env(),
		BypassFlags: []string{
			"--dangerously-skip-permissions", "--allow-dangerously-skip-permissions",
			"--permission-mode=bypassPermissions", "IS_SANDBOX=",
		},
	}
}

// instructions are in the order in which they are loaded; what comes later is
// nearer to the model's attention. AGENTS.md is not among them: a project
// imports it, or links it.
func instructions() []agent.Instruction {
	const hops = 4 // of "@path"
	return []agent.Instruction{
		{Where: agent.OnMachine, Path: managedFolder + "/CLAUDE.md", Imports: hops},
		{Where: agent.InHome, Path: ".claude/CLAUDE.md", Imports: hops},
		{Where: agent.InHome, Path: ".claude/rules/**/*.md", Imports: hops},
		{Where: agent.InProject, Path: "CLAUDE.md", Nested: true, Imports: hops},
		{Where: agent.InProject, Path: ".claude/CLAUDE.md", Nested: true, Imports: hops},
		{Where: agent.InProject, Path: ".claude/rules/**/*.md", Nested: true, Imports: hops},
		{Where: agent.InProject, Path: "CLAUDE.local.md", Nested: true, Imports: hops},
		// The tool writes it by itself, and loads it in the next session.
		{Where: agent.InHome, Path: ".claude/projects/*/memory/MEMORY.md", Limit: 25 << 10},
	}
}

// guardrails are frozen even when absent, because this very tool would load
// them: a tool that has none of its own files must not be given any.
func guardrails() []agent.Path {
	const text = "instructions that Claude Code loads by itself"
	return []agent.Path{
		{Path: ".claude", Dir: true, IfAbsent: true, Reason: "Claude Code's settings, hooks, skills and agents"},
		{Path: "CLAUDE.md", IfAbsent: true, Reason: text},
		{Path: "CLAUDE.local.md", IfAbsent: true, Reason: text},
		{Path: projectServers, IfAbsent: true, Reason: "servers that Claude Code starts"},
	}
}

func userPaths() []agent.Path {
	return []agent.Path{
		{Path: ".claude.json", Reason: "which projects are trusted, and servers that Claude Code starts"},
		{Path: ".claude", Dir: true, Reason: "Claude Code's settings, hooks, skills, memory and sign-in"},
	}
}

// machine: none of these is missed when it cannot be read, so whoever writes
// one has to see that it is in force.
func machine() []agent.MachineFile {
	return []agent.MachineFile{
		{Path: managedSettings, Reason: "settings that nothing overrides", Opens: true},
		{Path: managedFolder + "/managed-settings.d", Reason: "more of them, in the order of their names", Opens: true},
		{Path: managedServers, Reason: "the only servers that are started", Opens: true},
		{Path: managedFolder + "/CLAUDE.md", Reason: "instructions that come before all others", Opens: true},
	}
}

// state: without a folder to write, every call of Bash fails and the exit code
// is still 0.
func state() []agent.State {
	return []agent.State{
		{Path: ".claude.json", Reason: "onboarding, and which projects are trusted", Steers: true},
		{Path: ".claude/projects", Reason: "the history of sessions, and the memory that the next one loads", Steers: true},
		{Path: ".claude/shell-snapshots", Reason: "what each call of Bash sources first", Steers: true},
		{Path: ".claude/todos", Reason: "the lists of tasks of past sessions"},
	}
}

// endpoints: with a key and a base address, and env set, the tool talks to the
// base address and to nothing else.
func endpoints() []agent.Endpoint {
	return []agent.Endpoint{
		{Host: "api.anthropic.com", Use: agent.UseAPI},
		{Host: "mcp-proxy.anthropic.com", Use: agent.UseAPI},
		{Host: "claude.ai", Use: agent.UseSignIn},
		{Host: "claude.com", Use: agent.UseSignIn},
		{Host: "platform.claude.com", Use: agent.UseSignIn},
		{Host: "http-intake.logs.us5.datadoghq.com", Use: agent.UseTelemetry},
		{Host: "browser-intake-us5-datadoghq.com", Use: agent.UseTelemetry},
		{Host: "downloads.claude.ai", Use: agent.UseUpdate},
		{Host: "storage.googleapis.com", Use: agent.UseUpdate},
		{Host: "raw.githubusercontent.com", Use: agent.UseUpdate},
	}
}

// env switches off everything that is not the work: telemetry, error reports,
// self-update, and the memory files that one session writes and the next one
// loads.
func env() map[string]string {
	return map[string]string{
		"CLAUDE_CODE_DISABLE_AUTO_MEMORY":          "1",
		"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
		"DISABLE_AUTOUPDATER":                      "1",
		"DISABLE_BUG_COMMAND":                      "1",
		"DISABLE_ERROR_REPORTING":                  "1",
		"DISABLE_TELEMETRY":                        "1",
	}
}
