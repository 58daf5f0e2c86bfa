// Package cursor describes Cursor's command line by its documentation alone. It
// could not be run: it is no package that can be pinned, and its service speaks
// a protocol of its own, which no scripted model stands in for. What is rendered
// and read here follows what the documentation says, and was not seen to hold.
package cursor

import "ringwall/internal/agent"

// ConfigDir is where the rendered configuration lies inside. The documentation
// names CURSOR_CONFIG_DIR for the folder of cli-config.json.
const ConfigDir = "/run/ringwall/cursor"

// Agent is Cursor CLI.
type Agent struct{}

// Describe implements agent.Agent. The tool has a documented variable for its
// key and none for another address of its service, so the gateway has to open
// the TLS of its calls. What the service gives for the key is not known.
func (Agent) Describe() agent.Description {
	return agent.Description{
		Name:         "cursor",
		Title:        "Cursor CLI",
		Checked:      "documentation of 2026-06-26, not run",
		Executable:   "cursor-agent",
		Instructions: instructions(),
		Guardrails:   guardrails(),
		UserPaths: []agent.Path{
			{Path: ".cursor", Dir: true, Reason: "Cursor's permissions, sandbox, servers, hooks, skills, and its sign-in"},
			{Path: ".config/cursor", Dir: true, Reason: "the same, where XDG_CONFIG_HOME is set"},
		},
		Machine: []agent.MachineFile{
			{Path: "/etc/cursor/hooks.json", Reason: "hooks of the administrator; no rules", Opens: true},
		},
		State: []agent.State{
			{Path: ".cursor", Reason: "settings, sign-in and sessions", Steers: true},
			{Path: ".local/share/cursor-agent", Reason: "the program itself, by version", Steers: true},
		},
		KeyEnv:    "CURSOR_API_KEY",
		KeyShape:  "key_ringwall_placeholder_%s",
		APIHost:   "api2.cursor.sh",
		Header:    "authorization",
		Prefix:    "Bearer ",
		Endpoints: []agent.Endpoint{{Host: "api2.cursor.sh", Use: agent.UseAPI}},
		Env:       map[string]string{"CURSOR_CONFIG_DIR": ConfigDir},
		BypassFlags: []string{
			"--force", "-f", "--yolo", "--approve-mcps", "--sandbox=disabled",
		},
	}
}

func instructions() []agent.Instruction {
	return []agent.Instruction{
		{Where: agent.InProject, Path: ".cursor/rules/**/*.mdc", Nested: true},
		{Where: agent.InProject, Path: "AGENTS.md", Nested: true},
		{Where: agent.InProject, Path: "CLAUDE.md"},
		{Where: agent.InProject, Path: ".cursorrules"},
	}
}

// guardrails are frozen even when absent, because this very tool would load
// them.
func guardrails() []agent.Path {
	const text = "instructions that Cursor loads by itself"
	return []agent.Path{
		{Path: ".cursor", Dir: true, IfAbsent: true, Reason: "Cursor's permissions, sandbox, servers, hooks, rules and skills"},
		{Path: ".claude", Dir: true, IfAbsent: true, Reason: "hooks and skills that Cursor reads too"},
		{Path: ".codex", Dir: true, IfAbsent: true, Reason: "skills that Cursor reads too"},
		{Path: ".agents", Dir: true, IfAbsent: true, Reason: "skills that Cursor reads too"},
		{Path: "AGENTS.md", IfAbsent: true, Reason: text},
		{Path: "CLAUDE.md", IfAbsent: true, Reason: text},
		{Path: ".cursorrules", IfAbsent: true, Reason: text},
	}
}

// Invocation implements agent.Agent. --trust answers the question whether the
// folder is trusted; the other answer, --force, allows every command besides.
// With either the project's own hooks and servers load: they are frozen, and
// what they do the layers below hold.
func (Agent) Invocation(r agent.Request) []string {
	argv := r.Command
	if len(argv) == 0 {
		argv = []string{"cursor-agent"}
	}
	argv = append(argv[:len(argv):len(argv)], "-p", "--trust", "--output-format", "stream-json")
	if r.Model != "" {
		argv = append(argv, "--model", r.Model)
	}
	return append(argv, r.ExtraArgs...)
}

// Home implements agent.Agent: it is empty. There is no onboarding without a
// person.
func (Agent) Home(string) map[string]string { return nil }
