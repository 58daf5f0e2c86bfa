// Package opencode describes the opencode command line, as measured of version
// 1.18.33.
package opencode

import "ringwall/internal/agent"

// ConfigPath is where an administrator's configuration lies. Of the files in
// its folder opencode reads this one last, so that it has the last word.
const ConfigPath = "/etc/opencode/opencode.jsonc"

// firstPath is the one that it reads before.
const firstPath = "/etc/opencode/opencode.json"

// Agent is opencode.
type Agent struct{}

// Describe implements agent.Agent.
//
// opencode works with any provider. The default is Anthropic's API and key: a
// policy that names no more than that host gets them. One that names OpenAI's
// host gets OPENAI_API_KEY and OPENAI_BASE_URL, which opencode reads just as
// well; it takes the first of the two providers that has a key. Another
// provider's key goes in where its address is opened (intercept). Its model is
// named in the policy, as any other is that is not opencode's own choice:
// [env] set = { OPENCODE_MODEL = "mistral/mistral-large-latest" }.
func (Agent) Describe() agent.Description {
	return agent.Description{
		Name:         "opencode",
		Title:        "opencode",
		Checked:      "1.18.33",
		Executable:   "opencode",
		Instructions: instructions(),
		Guardrails:   guardrails(),
		UserPaths:    userPaths(),
		Machine:      machine(),
		State:        state(),
		KeyEnv:       "ANTHROPIC_API_KEY",
		BaseURLEnv:   "ANTHROPIC_BASE_URL",
		KeyShape:     "sk-ant-api03-ringwall-placeholder-%s-AA",
		APIHost:      "api.anthropic.com",
		Header:       "x-api-key",
		Endpoints:    endpoints(),
		Env:          env(),
		BypassFlags:  bypassFlags(),
	}
}

// env switches off what is not the work, and what the project would bring in.
// The two addresses are the services' own; where the gateway answers in their
// place it sets them again. They are set so that the rendered configuration can
// name them in any case.
func env() map[string]string {
	return map[string]string{
		"ANTHROPIC_BASE_URL":               "https://api.anthropic.com",
		"OPENAI_BASE_URL":                  "https://api.openai.com/v1",
		"OPENCODE_DISABLE_AUTOUPDATE":      "1",
		"OPENCODE_DISABLE_CLAUDE_CODE":     "1", // nor what a person wrote for Claude Code
		"OPENCODE_DISABLE_EXTERNAL_SKILLS": "1",
		"OPENCODE_DISABLE_LSP_DOWNLOAD":    "1",
		"OPENCODE_DISABLE_MODELS_FETCH":    "1", // a list of models and prices is built in
		"OPENCODE_DISABLE_PROJECT_CONFIG":  "1",
		"OPENCODE_DISABLE_SHARE":           "1",
	}
}

// bypassFlags approve what would be asked, or replace or outrank the
// configuration. OPENCODE_PERMISSION is laid over the machine's own file, and
// what the layers below that file add and it does not name stays in force. The
// last one is set by env; another value in the policy would undo that.
func bypassFlags() []string {
	return []string{
		"--auto", "--yolo", "--dangerously-skip-permissions",
		"OPENCODE_PERMISSION=", "OPENCODE_CONFIG=", "OPENCODE_CONFIG_CONTENT=", "OPENCODE_CONFIG_DIR=",
		"OPENCODE_TEST_MANAGED_CONFIG_DIR=", "OPENCODE_DISABLE_PROJECT_CONFIG=",
	}
}

// Invocation implements agent.Agent. The prompt is always read from standard
// input. The agent is named because a project could make another one the
// default; "--pure" leaves plugins out, except those at the top of .opencode,
// which is why that folder is a guardrail. There is no argument for a number of
// turns or a budget: the loop counts.
func (Agent) Invocation(r agent.Request) []string {
	argv := r.Command
	if len(argv) == 0 {
		argv = []string{"opencode"}
	}
	argv = append(argv[:len(argv):len(argv)], "run", "--format", "json", "--pure", "--agent", agentName)
	if r.Model != "" {
		argv = append(argv, "--model", r.Model)
	}
	return append(argv, r.ExtraArgs...)
}

// Home implements agent.Agent. opencode asks nothing at its first start and
// knows no trust of a folder; what it would load from here is the agent's to
// write, so there is nothing.
func (Agent) Home(string) map[string]string { return nil }
