// Package copilot describes the GitHub Copilot command line, as measured of
// version 1.0.102 with a model provider of the owner's. GitHub's own service
// was not spoken to.
package copilot

import (
	"encoding/json"

	"ringwall/internal/agent"
)

// Agent is GitHub Copilot CLI.
type Agent struct{}

// Describe implements agent.Agent. The key is that of a model provider of the
// owner's: GitHub's own token goes to two hosts in one variable, which no
// placeholder can stand for. The provider must be one that speaks OpenAI's
// Chat Completions; its usual host stands in APIHost.
func (Agent) Describe() agent.Description {
	return agent.Description{
		Name:         "copilot",
		Title:        "GitHub Copilot CLI",
		Checked:      "1.0.102",
		Executable:   "copilot",
		Instructions: instructions(),
		Guardrails:   guardrails(),
		UserPaths:    userPaths(),
		Machine:      machine(),
		State:        state(),
		KeyEnv:       "COPILOT_PROVIDER_API_KEY",
		BaseURLEnv:   "COPILOT_PROVIDER_BASE_URL",
		KeyShape:     "sk-ringwall-copilot-placeholder-%s",
		APIHost:      "api.openai.com",
		Header:       "authorization",
		Prefix:       "Bearer ",
		Endpoints:    endpoints(),
		Env:          env(),
		BypassFlags:  bypassFlags(),
	}
}

// env keeps the tool to its model provider: no sign-in, telemetry, web tools,
// update. An owner who uses GitHub's service sets COPILOT_OFFLINE to "false".
func env() map[string]string {
	return map[string]string{"COPILOT_OFFLINE": "true", "COPILOT_AUTO_UPDATE": "false"}
}

// bypassFlags hold the flags that allow everything, those that trust the
// project, which then runs its hooks and servers, and the variables that do
// the same. Version 1.0.102 tells of the last two only in its program.
func bypassFlags() []string {
	return []string{
		"--yolo", "--allow-all", "--allow-all-tools", "--allow-all-paths", "--allow-all-urls", "--trust-folder",
		"--assisted-approval", "COPILOT_ALLOW_ALL=", "COPILOT_ASSISTED_APPROVAL=",
		"GITHUB_COPILOT_PROMPT_MODE_REPO_HOOKS=", "GITHUB_COPILOT_PROMPT_MODE_WORKSPACE_MCP=",
	}
}

// Invocation implements agent.Agent. A prompt on standard input starts a
// session without a person. There is no limit of turns or money to pass on.
func (a Agent) Invocation(r agent.Request) []string {
	argv := r.Command
	if len(argv) == 0 {
		argv = []string{"copilot"}
	}
	argv = append(argv[:len(argv):len(argv)],
		"--output-format", "json", "--no-color", "--no-ask-user", "--no-auto-update", "--no-remote",
		"--disable-builtin-mcps", "--disable-client-telemetry")
	argv = append(argv, a.Arguments(r.Rules)...)
	if r.Model != "" {
		argv = append(argv, "--model", r.Model)
	}
	return append(argv, r.ExtraArgs...)
}

// Files implements agent.Agent: there are none. The one file that binds the
// tool is the administrator's, and it takes that only from root; inside nothing
// belongs to root. With one of another owner it allows nothing at all.
func (Agent) Files(agent.Rules) map[string]string { return nil }

// Home implements agent.Agent. The project is not trusted: nothing asks for it
// without a person, and trust would load its hooks and servers.
func (Agent) Home(string) map[string]string {
	settings := struct {
		AutoUpdate bool   `json:"autoUpdate"`
		Banner     string `json:"banner"`
		Memory     bool   `json:"memory"`
		Tips       bool   `json:"showTipsOnStartup"`
	}{Banner: "never"}
	return map[string]string{".copilot/settings.json": string(encode(settings))}
}

// encode renders values of this package's own types, which cannot fail.
func encode(v any) []byte {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		panic(err)
	}
	return append(b, '\n')
}
