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

// Describe implements agent.Agent.
func (Agent) Describe() agent.Description {
	return agent.Description{
		Name:       "claude",
		Title:      "Claude Code",
		Checked:    "2.1.197",
		Executable: "claude",
		Guardrails: guardrails(),
		KeyEnv:     "ANTHROPIC_API_KEY",
		BaseURLEnv: "ANTHROPIC_BASE_URL",
		KeyShape:   "sk-ant-api03-ringwall-placeholder-%s-AA",
		APIHost:    "api.anthropic.com",
		Header:     "x-api-key",
		Env:        env(),
		BypassFlags: []string{
			"--dangerously-skip-permissions", "--allow-dangerously-skip-permissions",
			"--permission-mode=bypassPermissions", "IS_SANDBOX=",
		},
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
		{Path: ".mcp.json", IfAbsent: true, Reason: "servers that Claude Code starts"},
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

// Invocation implements agent.Agent. The prompt is always read from standard
// input. An empty list of setting sources is what keeps the project's own
// settings, hooks, servers and CLAUDE.md from being loaded; "--bare" and
// "--safe-mode" do not.
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
		"--setting-sources", "", "--strict-mcp-config", "--settings", settings,
		"--permission-mode", "dontAsk", "--no-session-persistence")
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

// Files implements agent.Agent. An entry of allow that Settings would refuse is
// left out: less is allowed, never more.
func (Agent) Files(r agent.Rules) map[string]string {
	good := make([]string, 0, len(r.Allow))
	for _, name := range r.Allow {
		if validCommand(name) {
			good = append(good, name)
		}
	}
	return map[string]string{SettingsPath: string(render(good, true))}
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
