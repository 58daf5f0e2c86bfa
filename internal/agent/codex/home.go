package codex

// Home implements agent.Agent: a Codex that asks nobody, tells nobody, and does
// not trust the project, so that its settings, rules, hooks and servers are not
// loaded. AGENTS.md is loaded all the same.
//
// Commands get the whole environment: what they need of it cannot be told from
// its names, and there are only placeholders in it. A shell that is not a login
// shell keeps the PATH.
func (Agent) Home(project string) map[string]string {
	return map[string]string{".codex/config.toml": `check_for_update_on_startup = false
allow_login_shell = false
cli_auth_credentials_store = "file"

[analytics]
enabled = false

[feedback]
enabled = false

[history]
persistence = "none"

[shell_environment_policy]
inherit = "all"

[skills.bundled]
enabled = false

[projects.` + quote(project) + `]
trust_level = "untrusted"
`}
}
