// Package claude describes Anthropic's Claude Code command line, as measured of
// version 2.1.197.
package claude

import (
	"encoding/json"
	"strconv"

	"ringwall/internal/agent"
)

// SettingsPath is where the rendered settings lie inside the sandbox.
const SettingsPath = "/run/ringwall/claude/settings.json"

// Agent is Claude Code.
type Agent struct{}

// Invocation implements agent.Agent. The prompt is always read from standard
// input. An empty list of setting sources is what keeps the project's own
// settings, hooks, servers and CLAUDE.md from being loaded; "--bare" and
// "--safe-mode" do not. The project's hooks come with its other settings, of
// which the managed file leaves the permissions out; of its servers the managed
// file lets those start that the owner lists.
func (Agent) Invocation(r agent.Request) []string {
	argv := r.Command
	if len(argv) == 0 {
		argv = []string{"claude"}
	}
	settings := r.SettingsPath
	if settings == "" {
		settings = SettingsPath
	}
	argv = append(argv[:len(argv):len(argv)],
		"-p", "--output-format", "stream-json", "--verbose",
		"--setting-sources", sources(r.Rules), "--strict-mcp-config", "--settings", settings,
		"--permission-mode", "dontAsk", "--no-session-persistence")
	if len(r.Rules.Servers) > 0 {
		argv = append(argv, "--mcp-config", projectServers)
	}
	if r.MaxTurns > 0 {
		argv = append(argv, "--max-turns", strconv.Itoa(r.MaxTurns))
	}
	if r.BudgetUSD > 0 {
		argv = append(argv, "--max-budget-usd", strconv.FormatFloat(r.BudgetUSD, 'f', -1, 64))
	}
	if r.Model != "" {
		argv = append(argv, "--model", r.Model)
	}
	return append(argv, r.ExtraArgs...)
}

func sources(r agent.Rules) string {
	if r.Hooks {
		return "project"
	}
	return ""
}

// Files implements agent.Agent. The managed file binds every other start of the
// tool inside too, whatever its arguments: one that the agent makes itself.
func (Agent) Files(r agent.Rules) map[string]string {
	return map[string]string{
		SettingsPath:    string(render(r, true)),
		managedSettings: string(renderManaged(r, "dontAsk")),
	}
}

// Home implements agent.Agent: onboarding is done and the project trusted, so
// that no dialog waits for a person who is not there.
func (Agent) Home(project string) map[string]string {
	type trust struct {
		Trusted   bool `json:"hasTrustDialogAccepted"`
		Onboarded bool `json:"hasCompletedProjectOnboarding"`
	}
	state := struct {
		AutoUpdates bool             `json:"autoUpdates"`
		Onboarded   bool             `json:"hasCompletedOnboarding"`
		Projects    map[string]trust `json:"projects"`
	}{Onboarded: true, Projects: map[string]trust{project: {true, true}}}
	return map[string]string{".claude.json": string(encode(state))}
}

// encode renders values of this package's own types, which cannot fail.
func encode(v any) []byte {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		panic(err)
	}
	return append(b, '\n')
}
