package gemini

import "ringwall/internal/agent"

// Where an administrator's files lie on Linux.
const (
	systemSettings = "/etc/gemini-cli/settings.json"
	systemDefaults = "/etc/gemini-cli/system-defaults.json"
	systemPolicies = "/etc/gemini-cli/policies"
)

// instructions are loaded of a folder that is not trusted too. A project's
// settings could give them other names, which needs trust.
func instructions() []agent.Instruction {
	return []agent.Instruction{
		{Where: agent.InHome, Path: ".gemini/GEMINI.md", Imports: 5},
		{Where: agent.InProject, Path: "GEMINI.md", Nested: true, Imports: 5},
	}
}

// guardrails are frozen even when absent, because this very tool would load
// them.
func guardrails() []agent.Path {
	return []agent.Path{
		{Path: ".gemini", Dir: true, IfAbsent: true, Reason: "Gemini CLI's settings, hooks, commands, extensions and skills"},
		{Path: ".agents", Dir: true, IfAbsent: true, Reason: "skills that Gemini CLI offers its model"},
		{Path: "GEMINI.md", IfAbsent: true, Reason: "instructions that Gemini CLI loads by itself"},
	}
}

// userPaths are those of ~/.gemini that the next start acts by.
func userPaths() []agent.Path {
	return []agent.Path{
		{Path: ".gemini/settings.json", Reason: "permissions, hooks, servers and sign-in"},
		{Path: ".gemini/trustedFolders.json", Reason: "projects whose settings, hooks and servers are loaded"},
		{Path: ".gemini/policies", Dir: true, Reason: "rules of what runs unasked"},
		{Path: ".gemini/extensions", Dir: true, Reason: "servers, commands and hooks that are loaded everywhere"},
		{Path: ".gemini/commands", Dir: true, Reason: "prompts, which can start programs"},
		{Path: ".gemini/skills", Dir: true, Reason: "skills that are offered to the model"},
		{Path: ".gemini/agents", Dir: true, Reason: "agents that the model can hand work to"},
		{Path: ".gemini/GEMINI.md", Reason: "instructions for every project"},
		{Path: ".gemini/.env", Reason: "variables, which can send the calls and the key elsewhere"},
	}
}

// machine lists what an administrator has. Version 0.61.0 says one line on
// standard error, and goes on, where root does not own a file of these, a folder
// on the way to it, or where others can write there.
func machine() []agent.MachineFile {
	return []agent.MachineFile{
		{Path: systemSettings, Reason: "settings that win over the user's and the project's", Opens: true},
		{Path: systemDefaults, Reason: "settings below the user's", Opens: true},
		{Path: systemPolicies, Reason: "rules that win over all others", Opens: true},
		{Path: systemPolicies + "/ringwall.toml", Reason: "ringwall's among them", Opens: true},
	}
}

func state() []agent.State {
	return []agent.State{
		{Path: ".gemini/tmp", Reason: "sessions, a log of the prompts, and the project's private memory", Steers: true},
		{Path: ".gemini/history", Reason: "what files were before an edit"},
		{Path: ".gemini/projects.json", Reason: "short names of the projects"},
		{Path: ".gemini/oauth_creds.json", Reason: "the sign-in"},
	}
}

func endpoints() []agent.Endpoint {
	return []agent.Endpoint{
		{Host: "generativelanguage.googleapis.com", Use: agent.UseAPI},
		{Host: "cloudcode-pa.googleapis.com", Use: agent.UseSignIn},
		{Host: "oauth2.googleapis.com", Use: agent.UseSignIn},
		{Host: "play.googleapis.com", Use: agent.UseTelemetry},
		{Host: "registry.npmjs.org", Use: agent.UseUpdate},
	}
}
