package claude

import (
	"fmt"
	"slices"
	"strings"
)

type settings struct {
	Permissions     permissions `json:"permissions"`
	AllMCPServers   bool        `json:"enableAllProjectMcpServers"`
	DisableAllHooks bool        `json:"disableAllHooks,omitempty"`
}

type permissions struct {
	Allow         []string `json:"allow"`
	Deny          []string `json:"deny"`
	DefaultMode   string   `json:"defaultMode"`
	DisableBypass string   `json:"disableBypassPermissionsMode"`
}

// validCommand tells what may stand in a rule "Bash(name:*)": words of plain
// characters, one space between two. A bracket, a comma, a star or a newline
// would end the rule or widen it.
func validCommand(name string) bool {
	words := strings.Split(name, " ")
	for i, w := range words {
		// "=" is for arguments, not for the command itself.
		if w == "" || strings.ContainsFunc(w, func(r rune) bool { return !plainRune(r) && (r != '=' || i == 0) }) {
			return false
		}
	}
	return len(name) <= 128
}

func plainRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_./+@-", r)
}

// Settings renders a settings file that allows the named commands, the file
// tools, and nothing else. It fails on a name that could not stand in a rule.
func Settings(allow []string) ([]byte, error) {
	for _, name := range allow {
		if !validCommand(name) {
			return nil, fmt.Errorf("tools.allow: %q is not a command: letters, digits and _./+@- only", name)
		}
	}
	return render(allow, false), nil
}

// render makes the file. strict also switches off every hook; it is for the
// sandbox, where a person's own hooks have no business.
func render(allow []string, strict bool) []byte {
	return encode(settings{
		Permissions: permissions{
			Allow:         allowRules(allow),
			Deny:          denyRules(allow),
			DefaultMode:   "dontAsk",
			DisableBypass: "disable",
		},
		DisableAllHooks: strict,
	})
}

func allowRules(allow []string) []string {
	rules := []string{"Edit", "Glob", "Grep", "NotebookEdit", "Read", "TodoWrite", "Write"}
	for _, name := range allow {
		if rule := "Bash(" + name + ":*)"; !slices.Contains(rules, rule) {
			rules = append(rules, rule)
		}
	}
	return rules
}

// denyRules are early refusals with a clear message, not a boundary: a path
// such as /usr/bin/curl walks past them, and the layers below hold. In this
// grammar deny beats allow, so what the owner allowed is left out.
func denyRules(allow []string) []string {
	var rules []string
	for _, name := range []string{
		"sudo", "su", "doas", "curl", "wget", "nc", "ssh", "scp", "rsync",
		"git push", "git config", "git remote add", "git remote set-url",
		"npm publish", "cargo publish", "gh", "rm -rf /", "rm -rf ~", "chmod 777",
	} {
		if !allowed(allow, name) {
			rules = append(rules, "Bash("+name+":*)")
		}
	}
	// Edit rules cover Write too; a rule on Write is accepted and never read.
	for _, path := range []string{
		".claude/**", ".git/config", ".git/hooks/**", ".mcp.json", "CLAUDE.md", "CLAUDE.local.md",
		"AGENTS.md", "CONSTITUTION.md", "AGENT_PLAYBOOK.md", "PROMPT.md", "ringwall.toml",
	} {
		rules = append(rules, "Edit("+path+")")
	}
	for _, path := range []string{".env", ".env.*", "*.pem", "*.key", "secrets/**", "~/.ssh/**", "~/.aws/**"} {
		rules = append(rules, "Read("+path+")")
	}
	// Named whole, these are not there at all. The service itself runs a search,
	// so no gateway sees what it carries out; the others outlive the task, or
	// lead out of the project's folder.
	return append(rules, "WebFetch", "WebSearch", "CronCreate", "CronDelete", "CronList", "ScheduleWakeup",
		"SendMessage", "Workflow", "EnterWorktree", "ExitWorktree")
}

// allowed tells whether the owner named the command itself. "git" does not
// name "git push": whoever wants that writes it.
func allowed(allow []string, name string) bool {
	return slices.ContainsFunc(allow, func(a string) bool { return strings.TrimSpace(a) == name })
}
