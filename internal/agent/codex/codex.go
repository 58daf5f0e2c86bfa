// Package codex describes OpenAI's Codex command line, as measured of version
// 0.169.0.
package codex

import (
	"ringwall/internal/agent"
)

// Agent is the Codex CLI.
type Agent struct{}

// Describe implements agent.Agent.
//
// Codex itself reads no variable for the address of its service: Invocation
// tells it. OPENAI_BASE_URL is set all the same, for it is what the gateway's
// address is known by, and what other clients inside read.
func (Agent) Describe() agent.Description {
	return agent.Description{
		Name:         "codex",
		Title:        "OpenAI Codex",
		Checked:      "0.169.0",
		Executable:   "codex",
		Instructions: instructions(),
		Guardrails:   guardrails(),
		UserPaths:    userPaths(),
		Machine:      machine(),
		State:        state(),
		KeyEnv:       "OPENAI_API_KEY",
		BaseURLEnv:   "OPENAI_BASE_URL",
		KeyShape:     "sk-proj-ringwall-placeholder-%s",
		APIHost:      "api.openai.com",
		Header:       "Authorization",
		Prefix:       "Bearer ",
		Endpoints:    endpoints(),
		// What it says on standard error of a refused call is said at this level.
		Env: map[string]string{"RUST_LOG": "error"},
		BypassFlags: []string{
			"--dangerously-bypass-approvals-and-sandbox", "--yolo", "--dangerously-bypass-hook-trust",
			"--sandbox=danger-full-access", "-s=danger-full-access", "--approve-for-me", "--trust",
			"-c=sandbox_mode=danger-full-access", "-c=sandbox_mode=\"danger-full-access\"",
		},
	}
}

// Invocation implements agent.Agent. The prompt is always read from standard
// input.
//
// Codex runs without its own sandbox: layer 3 allows nobody inside to make a
// namespace (unshare, clone with its flags, mount), which that sandbox is made
// of; with it every command fails, and Codex still exits with 0. Its bypass flag
// is not needed for that, and not given: with it the settings would not say what
// mode it runs in. What holds in place of its sandbox are layers 3 to 5; the
// rules of requirements.toml hold in this mode too.
//
// It trusts no setting that it does not know: one that a later version renamed
// stops the start.
func (Agent) Invocation(r agent.Request) []string {
	argv := r.Command
	if len(argv) == 0 {
		argv = []string{"codex"}
	}
	argv = append(argv[:len(argv):len(argv)],
		"exec", "--json", "--strict-config", "--ephemeral", "--skip-git-repo-check",
		"-s", "danger-full-access", "-c", `approval_policy="never"`, "-c", `web_search="disabled"`)
	argv = append(argv, provider(r.BaseURL)...)
	if r.Model != "" {
		argv = append(argv, "-m", r.Model)
	}
	argv = append(argv, r.ExtraArgs...)
	return append(argv, "-") // the prompt, from standard input
}

// provider sends the calls to the gateway. The built-in provider takes another
// address too, and then tries a WebSocket first, seven times, and wants a
// sign-in. Without an address Codex's own provider stays, which a sign-in needs.
func provider(baseURL string) []string {
	if baseURL == "" {
		return nil
	}
	const p = "model_providers.ringwall."
	return []string{
		"-c", `model_provider="ringwall"`,
		"-c", p + `name="OpenAI through ringwall"`,
		"-c", p + "base_url=" + quote(baseURL),
		"-c", p + `env_key="OPENAI_API_KEY"`,
		"-c", p + `wire_api="responses"`,
	}
}
