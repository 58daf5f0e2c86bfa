package codex

import "ringwall/internal/agent"

// docLimit is project_doc_max_bytes, over all files of the project together.
const docLimit = 32 << 10

// instructions: in each folder from the repository's top to where Codex starts
// the first of the two that has any text, whether the project is trusted or
// not. No import is followed.
func instructions() []agent.Instruction {
	return []agent.Instruction{
		{Where: agent.InHome, Path: ".codex/AGENTS.override.md"},
		{Where: agent.InHome, Path: ".codex/AGENTS.md"},
		{Where: agent.InProject, Path: "AGENTS.override.md", Limit: docLimit, Nested: true},
		{Where: agent.InProject, Path: "AGENTS.md", Limit: docLimit, Nested: true},
	}
}

// guardrails are frozen even when absent: AGENTS.override.md takes the place of
// AGENTS.md, and skills in .agents are loaded in a project that nobody trusts.
func guardrails() []agent.Path {
	const text = "instructions that Codex loads by itself"
	return []agent.Path{
		{Path: "AGENTS.md", IfAbsent: true, Reason: text},
		{Path: "AGENTS.override.md", IfAbsent: true, Reason: text},
		{Path: ".codex", Dir: true, IfAbsent: true, Reason: "Codex's settings, rules, hooks, servers and agents"},
		{Path: ".agents", Dir: true, IfAbsent: true, Reason: "skills that Codex loads, trusted or not"},
	}
}

func userPaths() []agent.Path {
	return []agent.Path{
		{Path: ".codex/config.toml", Reason: "trusted projects, sandbox, servers, the service's address"},
		{Path: ".codex/*.config.toml", Reason: "profiles: settings above config.toml"},
		{Path: ".codex/hooks.json", Reason: "programs that Codex runs"},
		{Path: ".codex/rules", Dir: true, Reason: "commands that run without asking"},
		{Path: ".codex/skills", Dir: true, Reason: "instructions and programs"},
		{Path: ".codex/plugins", Dir: true, Reason: "programs that Codex loads"},
		{Path: ".codex/AGENTS.md", Reason: "instructions of every project"},
		{Path: ".codex/AGENTS.override.md", Reason: "instructions of every project"},
		{Path: ".codex/auth.json", Reason: "the sign-in or key"},
	}
}

// machine: each of them stops Codex where it is broken or unreadable.
func machine() []agent.MachineFile {
	return []agent.MachineFile{
		{Path: requirementsPath, Reason: "what no user's or project's settings can undo"},
		{Path: "/etc/codex/config.toml", Reason: "settings below the user's own"},
		{Path: "/etc/codex/managed_config.toml", Reason: "the older form of both"},
	}
}

func state() []agent.State {
	return []agent.State{
		{Path: ".codex/sessions", Reason: "transcripts, by which a session is resumed; none with --ephemeral"},
		{Path: ".codex", Reason: "databases; settings, rules and skills beside them", Steers: true},
	}
}

// endpoints were seen through a proxy that writes down every CONNECT. With
// analytics and plugins off, and another provider, Codex talks to that alone.
func endpoints() []agent.Endpoint {
	return []agent.Endpoint{
		{Host: "api.openai.com", Use: agent.UseAPI},
		{Host: "chatgpt.com", Use: agent.UseSignIn},
		{Host: "auth.openai.com", Use: agent.UseSignIn},
		{Host: "ab.chatgpt.com", Use: agent.UseTelemetry},
		{Host: "api.github.com", Use: agent.UseUpdate},
		{Host: "github.com", Use: agent.UseUpdate},
	}
}
