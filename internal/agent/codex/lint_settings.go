package codex

import (
	"slices"
	"strings"

	"ringwall/internal/agent"
)

const (
	layerIsolation = "isolation"
	layerNetwork   = "network"
)

// configRows are of config.toml, a person's, the project's or the machine's.
func configRows() []row {
	unsafe := agent.Finding{Problem: agent.Bypasses, Layer: layerIsolation,
		Why:    "commands run without Codex's sandbox: they write anywhere, and have the network",
		Better: `sandbox_mode = "workspace-write"`}
	profile := unsafe
	profile.Better = `default_permissions = ":workspace"`
	roots := agent.Finding{Problem: agent.TooBroad, Layer: layerIsolation,
		Why: "commands can write far outside the project, to files that other programs run"}
	plain := agent.Finding{Problem: agent.Redirects, Layer: layerNetwork,
		Why: "the key and all that is sent with it crosses the network unencrypted, and anybody on the way can answer"}
	return []row{
		{"sandbox_mode", is("danger-full-access"), unsafe},
		{"profiles.*.sandbox_mode", is("danger-full-access"), unsafe},
		{"default_permissions", is(":danger-full-access"), profile},
		{"sandbox_workspace_write.network_access", is("true"), agent.Finding{Problem: agent.TooBroad, Layer: layerNetwork,
			Why:    "every command reaches every host: no list of commands keeps what it reads from leaving",
			Better: "network_access = false"}},
		{"sandbox_workspace_write.writable_roots.*", func(s setting) bool { return broad(s.text) }, roots},
		{"permissions.*.filesystem.*", func(s setting) bool { return s.text == "write" && broad(s.key[3]) }, roots},
		{"approval_policy", is("untrusted"), agent.Finding{Problem: agent.Malformed,
			Why: "Codex no longer has this policy and does not start", Better: `approval_policy = "on-request"`}},
		{"openai_base_url", plainHTTP, plain},
		{"chatgpt_base_url", plainHTTP, plain},
		{"model_providers.*.base_url", plainHTTP, plain},
		{"shell_environment_policy.set.*", redirecting, agent.Finding{Problem: agent.Redirects, Layer: layerNetwork,
			Why: "every command sends its calls, and the key that goes with them, to this address"}},
	}
}

// redirecting tells a variable that says where a client's calls go.
func redirecting(s setting) bool {
	name := strings.ToUpper(s.key[2])
	return strings.HasSuffix(name, "_BASE_URL") || strings.HasSuffix(name, "_PROXY") && name != "NO_PROXY"
}

// requirementRows are of requirements.toml, where a value that Codex does not
// know stops it.
func requirementRows() []row {
	return []row{
		{"allowed_sandbox_modes.*", is("danger-full-access"), agent.Finding{Problem: agent.Bypasses, Layer: layerIsolation,
			Why:    "whoever starts Codex may switch its sandbox off",
			Better: `allowed_sandbox_modes = ["read-only", "workspace-write"]`}},
		{"allowed_approval_policies.*", is("untrusted"), agent.Finding{Problem: agent.Ineffective,
			Why: "Codex no longer has this policy and does not start with it", Better: `"on-request"`}},
		{"rules.prefix_rules.*.decision", func(s setting) bool {
			return !slices.Contains([]string{"prompt", "prompt-user", "forbidden"}, s.text)
		}, agent.Finding{Problem: agent.Malformed, Better: `decision = "forbidden"`,
			Why: "requirements can only ask or forbid: Codex does not start"}},
	}
}

// lintRequirements finds what shows only in all of them together.
func lintRequirements(all []setting) []agent.Finding {
	var out []agent.Finding
	first, readOnly := 0, false
	for _, s := range all {
		if !slices.Contains(requirementKeys(), s.key[0]) {
			out = append(out, agent.Finding{Line: s.line, Problem: agent.Ineffective, Entry: s.entry(),
				Why: "Codex does not know this key and goes on without it"})
		}
		if s.fits("allowed_sandbox_modes.*") {
			readOnly = readOnly || s.text == "read-only"
			first = max(first, s.line)
		}
	}
	if first > 0 && !readOnly {
		out = append(out, agent.Finding{Line: first, Problem: agent.Malformed, Entry: "allowed_sandbox_modes",
			Why: `Codex wants "read-only" in this list and does not start without it`, Better: `add "read-only"`})
	}
	return append(out, lintPrefixRules(all)...)
}

// requirementKeys are those that the program knows.
func requirementKeys() []string {
	return []string{
		"additional_developer_instructions", "allow_managed_hooks_only", "allow_remote_control",
		"allowed_approval_policies", "allowed_approvals_reviewers", "allowed_login_methods",
		"allowed_permission_profiles", "allowed_sandbox_modes", "allowed_web_search_modes",
		"cli_auth_credentials_store", "default_permissions", "enforce_residency", "experimental_network", "features",
		"hooks", "log_dir", "mcp_servers", "model_provider", "model_providers", "network", "otel", "rules", "sqlite_home",
	}
}

// lintPrefixRules finds rules that stand there twice.
func lintPrefixRules(all []setting) []agent.Finding {
	rules := map[string]string{} // by number
	lines := map[string]int{}
	var order []string
	for _, s := range all {
		if len(s.key) > 3 && s.fits("rules.prefix_rules.**") && s.key[3] != "justification" {
			n := s.key[2]
			if lines[n] == 0 {
				lines[n], order = s.line, append(order, n)
			}
			rules[n] += strings.Join(s.key[3:], ".") + "=" + s.text + " "
		}
	}
	seen := map[string]bool{}
	var out []agent.Finding
	for _, n := range order {
		if seen[rules[n]] {
			out = append(out, agent.Finding{Line: lines[n], Problem: agent.Duplicate, Entry: rules[n],
				Why: "the same rule stands above"})
		}
		seen[rules[n]] = true
	}
	return out
}
