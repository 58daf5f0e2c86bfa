package codex

import (
	"encoding/json"
	"slices"
	"strings"

	"ringwall/internal/agent"
)

// requirementsPath is the file that no other setting undoes, trusted projects
// and the command line included. Codex does not start where it is broken.
const requirementsPath = "/etc/codex/requirements.toml"

// Files implements agent.Agent.
//
// Codex has no list of allowed commands that holds without a person to ask: all
// that is not forbidden runs. So what Rules allow is what is taken off the list
// of what is forbidden. Rules.Servers and Rules.Hooks have no effect: Codex
// starts those of a trusted project only, and trust would load the project's
// settings with them.
func (Agent) Files(r agent.Rules) map[string]string {
	return map[string]string{requirementsPath: requirements(modes{
		approvals: []string{"never"},
		sandboxes: []string{"read-only", "danger-full-access"}, // Codex wants read-only in every list
		searches:  []string{"disabled"},
	}, r)}
}

// Managed implements agent.ManagedWriter: for Codex as people start it on this
// machine, with its own sandbox and never without. Inside, Files take its place.
func (Agent) Managed(r agent.Rules) map[string]string {
	return map[string]string{requirementsPath: requirements(modes{
		approvals: []string{"on-request", "never"},
		sandboxes: []string{"read-only", "workspace-write"},
		searches:  []string{"disabled", "cached"},
	}, r)}
}

// modes are the values that a setting may have.
type modes struct {
	approvals, sandboxes, searches []string
}

// requirements renders the file. An empty table of servers allows none.
func requirements(m modes, r agent.Rules) string {
	var b strings.Builder
	b.WriteString("# Written by ringwall, which writes it anew: a change here is lost.\n")
	b.WriteString("allowed_approval_policies = " + list(m.approvals) + "\n")
	b.WriteString("allowed_sandbox_modes = " + list(m.sandboxes) + "\n")
	b.WriteString("allowed_web_search_modes = " + list(m.searches) + "\n")
	b.WriteString("allow_managed_hooks_only = true\nallow_remote_control = false\n\n[mcp_servers]\n\n[features]\n")
	for _, name := range featuresOff() {
		b.WriteString(name + " = false\n")
	}
	for _, words := range forbidden(r) {
		b.WriteString("\n[[rules.prefix_rules]]\npattern = [")
		for i, w := range words {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString("{ token = " + quote(w) + " }")
		}
		b.WriteString("]\ndecision = \"forbidden\"\njustification = " +
			quote("not allowed in this project; ringwall why "+words[0]+" tells more") + "\n")
	}
	return b.String()
}

// quote makes a basic string of TOML: JSON's escapes are a part of TOML's.
func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string has a form in JSON
	}
	return strings.ReplaceAll(string(b), "\x7f", `\u007f`)
}

func list(values []string) string {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = quote(v)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// featuresOff reach beyond the project, load code or text from elsewhere, run a
// file that the agent could write (a snapshot of the shell), or wait for ever.
func featuresOff() []string {
	return []string{
		"apps", "browser_use", "computer_use", "goals", "image_generation", "in_app_updates", "memories",
		"multi_agent", "plugins", "remote_plugin", "shell_snapshot", "skill_mcp_dependency_install", "tool_suggest",
		"unbounded_connection_retries",
	}
}

// forbidden are the owner's refusals, and what nobody needs unattended unless
// the owner named it. Of rules that fit, Codex takes the strictest.
func forbidden(r agent.Rules) [][]string {
	var out [][]string
	add := func(entry string) {
		words := strings.Fields(entry)
		known := slices.ContainsFunc(out, func(o []string) bool { return slices.Equal(o, words) })
		if plain(words) && !known {
			out = append(out, words)
		}
	}
	for _, entry := range r.Deny {
		add(entry)
	}
	for _, entry := range []string{
		"sudo", "su", "doas", "curl", "wget", "nc", "ssh", "scp", "rsync",
		"git push", "git config", "git remote add", "git remote set-url",
		"npm publish", "cargo publish", "gh", "rm -rf /", "rm -rf ~", "chmod 777",
	} {
		if !slices.ContainsFunc(r.Allow, func(a string) bool { return strings.TrimSpace(a) == entry }) {
			add(entry)
		}
	}
	return out
}

// plain tells what may stand in a rule.
func plain(words []string) bool {
	text := strings.Join(words, " ")
	return text != "" && len(text) <= 128 && !strings.ContainsFunc(text, func(r rune) bool {
		return r < ' ' || r > '~'
	})
}
