// Package gemini describes Google's Gemini CLI, as measured of version 0.61.0.
package gemini

import (
	"ringwall/internal/agent"
)

// PolicyPath is where the rendered rules lie inside the sandbox. The tool gets
// it as an argument: its own folder for an administrator's rules, and its own
// file for an administrator's settings, are skipped unless root owns them, and
// inside everything belongs to the agent's user.
const PolicyPath = "/run/ringwall/gemini/policy.toml"

// DefaultModel is what runs where nobody names a model: the tool's own default.
// Left to itself the tool asks a second model first which one to take.
const DefaultModel = "gemini-2.5-pro"

// Agent is Gemini CLI.
type Agent struct{}

// Describe implements agent.Agent.
func (Agent) Describe() agent.Description {
	return agent.Description{
		Name:         "gemini",
		Title:        "Gemini CLI",
		Checked:      "0.61.0",
		Instructions: instructions(),
		Guardrails:   guardrails(),
		UserPaths:    userPaths(),
		Machine:      machine(),
		State:        state(),
		Executable:   "gemini",
		KeyEnv:       "GEMINI_API_KEY",
		BaseURLEnv:   "GOOGLE_GEMINI_BASE_URL",
		KeyShape:     "AIzaSy-ringwall-placeholder-%s",
		APIHost:      "generativelanguage.googleapis.com",
		Header:       "x-goog-api-key",
		Endpoints:    endpoints(),
		Env:          env(),
		BypassFlags: []string{
			"--yolo", "-y", "--approval-mode=yolo", "--raw-output", "--accept-raw-output-risk",
			"GEMINI_CLI_TRUST_WORKSPACE=",
		},
	}
}

// env switches off what is not the work, and pins what would otherwise be taken
// from elsewhere. That the folder is not trusted holds while the settings are
// read, also against a list of trusted folders that the agent wrote into its
// home. The system's settings are named although nothing lies there inside: a
// project's ".env" cannot name others then.
func env() map[string]string {
	return map[string]string{
		"GEMINI_CLI_NO_RELAUNCH":          "true", // it would start itself a second time
		"GEMINI_CLI_SYSTEM_SETTINGS_PATH": systemSettings,
		"GEMINI_CLI_TRUST_WORKSPACE":      "false",
		"GEMINI_MODEL":                    DefaultModel,
		"GEMINI_SANDBOX":                  "false", // a container is not to be had in here
		"GEMINI_TELEMETRY_ENABLED":        "false",
	}
}

// Invocation implements agent.Agent. The prompt is always read from standard
// input. "--skip-trust" lets the tool start in a folder that nobody trusts, and
// leaves that folder's settings, hooks, servers and ".env" alone, where the
// variable GEMINI_CLI_TRUST_WORKSPACE would load them: the argument is read after
// the settings. There is no argument for the number of
// turns, nor for a budget.
func (Agent) Invocation(r agent.Request) []string {
	argv := r.Command
	if len(argv) == 0 {
		argv = []string{"gemini"}
	}
	policy := r.SettingsPath
	if policy == "" {
		policy = PolicyPath
	}
	argv = append(argv[:len(argv):len(argv)],
		"--output-format", "stream-json", "--skip-trust", "--approval-mode", "default", "--admin-policy", policy)
	if r.Model != "" {
		argv = append(argv, "--model", r.Model)
	}
	return append(argv, r.ExtraArgs...)
}

// Files implements agent.Agent. Servers and hooks of the project stay off
// whatever the rules say: the tool loads them of a trusted folder only, and
// with them that folder's own permissions.
func (Agent) Files(r agent.Rules) map[string]string {
	return map[string]string{PolicyPath: policyText(r, true)}
}

// Home implements agent.Agent: the way to sign in is chosen, and everything
// that runs or reports unasked is off.
func (Agent) Home(string) map[string]string {
	return map[string]string{".gemini/settings.json": string(encode(homeSettings()))}
}

// Managed implements agent.ManagedWriter. The rules have no last one that
// denies the rest: a person at the keyboard is asked.
func (Agent) Managed(r agent.Rules) map[string]string {
	return map[string]string{
		systemSettings:                    string(encode(managedSettings(r))),
		systemPolicies + "/ringwall.toml": policyText(r, false),
	}
}
