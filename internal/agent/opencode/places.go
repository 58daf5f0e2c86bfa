package opencode

import "ringwall/internal/agent"

// instructions of the project are off by OPENCODE_DISABLE_PROJECT_CONFIG, but
// for those of the folders below it, which come along when a file there is
// read. The first name that is there is the one that counts.
func instructions() []agent.Instruction {
	return []agent.Instruction{
		{Where: agent.InProject, Path: "AGENTS.md", Nested: true},
		{Where: agent.InProject, Path: "CLAUDE.md", Nested: true},
		{Where: agent.InProject, Path: "CONTEXT.md", Nested: true},
		{Where: agent.InHome, Path: ".config/opencode/AGENTS.md"},
		{Where: agent.InHome, Path: ".claude/CLAUDE.md"},
	}
}

// guardrails are frozen even when absent, because this very tool would load
// them. What is in .opencode/plugin is imported at each start, whatever is
// switched off.
func guardrails() []agent.Path {
	const text = "instructions that opencode loads by itself"
	const config = "opencode's permissions, servers, agents and plugins"
	return []agent.Path{
		{Path: ".opencode", Dir: true, IfAbsent: true, Hidden: true, Reason: "opencode's plugins, tools and agents, which run at its start"},
		{Path: "opencode.json", IfAbsent: true, Reason: config},
		{Path: "opencode.jsonc", IfAbsent: true, Reason: config},
		{Path: "AGENTS.md", IfAbsent: true, Reason: text},
		{Path: "CLAUDE.md", IfAbsent: true, Reason: text},
	}
}

func userPaths() []agent.Path {
	return []agent.Path{
		{Path: ".config/opencode", Dir: true, Reason: "opencode's configuration, plugins, agents and instructions"},
		{Path: ".opencode", Dir: true, Reason: "opencode's configuration, plugins and agents"},
		{Path: ".local/share/opencode/auth.json", Reason: "keys and sign-ins of providers"},
		{Path: ".local/state/opencode", Dir: true, Reason: "the model that was used last"},
		{Path: ".cache/opencode", Dir: true, Reason: "plugins and language servers that opencode runs"},
		{Path: ".claude/CLAUDE.md", Reason: "instructions that opencode loads by itself"},
	}
}

// machine: a file that is no JSON, or has a wrong value, stops opencode. One
// that it may not read is passed over without a word.
func machine() []agent.MachineFile {
	const reason = "permissions above the project's, as far as it names them"
	return []agent.MachineFile{
		{Path: firstPath, Reason: reason, Opens: true},
		{Path: ConfigPath, Reason: reason, Opens: true},
	}
}

func state() []agent.State {
	return []agent.State{
		{Path: ".local/share/opencode", Reason: "sessions, keys, snapshots of the project, logs", Steers: true},
		{Path: ".local/state/opencode", Reason: "the model that was used last, locks", Steers: true},
		{Path: ".cache/opencode", Reason: "programs that were downloaded and are run", Steers: true},
	}
}

func endpoints() []agent.Endpoint {
	return []agent.Endpoint{
		{Host: "api.anthropic.com", Use: agent.UseAPI},
		{Host: "api.openai.com", Use: agent.UseAPI},
		{Host: "opencode.ai", Use: agent.UseAPI}, // its own service, with OPENCODE_API_KEY
		{Host: "console.opencode.ai", Use: agent.UseSignIn},
		{Host: "opncd.ai", Use: agent.UseTelemetry}, // sessions that are shared
		{Host: "models.opencode.ai", Use: agent.UseUpdate},
		{Host: "registry.npmjs.org", Use: agent.UseUpdate}, // plugins, and opencode itself
	}
}
