package claude

import (
	"fmt"
	"slices"
	"strings"

	"ringwall/internal/agent"
)

type settings struct {
	Permissions     permissions `json:"permissions"`
	AllMCPServers   bool        `json:"enableAllProjectMcpServers"`
	Servers         []string    `json:"enabledMcpjsonServers,omitempty"`
	DisableAllHooks bool        `json:"disableAllHooks,omitempty"`
	*managedOnly
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
	return render(agent.Rules{Allow: allow}, false), nil
}

// render makes the file for agent.Rules. strict also switches off every hook,
// unless the owner wants those of the project; it is for the sandbox, where a
// person's own hooks have no business.
func render(r agent.Rules, strict bool) []byte {
	return encode(settings{
		Permissions: permissions{
			Allow:         allowRules(r),
			Deny:          denyRules(r),
			DefaultMode:   "dontAsk",
			DisableBypass: "disable",
		},
		Servers:         r.Servers,
		DisableAllHooks: strict && !r.Hooks,
	})
}

// allowRules leave out what Settings would refuse: less is allowed, never more.
func allowRules(r agent.Rules) []string {
	rules := []string{"Edit", "Glob", "Grep", "NotebookEdit", "Read", "TodoWrite", "Write"}
	for _, name := range r.Allow {
		if validCommand(name) {
			rules = append(rules, "Bash("+name+":*)")
		}
	}
	for _, name := range r.Servers {
		rules = append(rules, serverRule(name))
	}
	return unique(rules)
}

// serverRule is the rule for all tools of a server. In a tool's name stand
// letters, digits, "_" and "-" only; the tool makes "_" of the rest.
func serverRule(name string) string {
	return "mcp__" + strings.Map(func(r rune) rune {
		if plainRune(r) && !strings.ContainsRune("./+@", r) {
			return r
		}
		return '_'
	}, name)
}

// forbidden is the rule for what the owner denies. Where the words could not
// stand in a rule, it denies what they begin with, and in the end everything:
// more is denied, never less.
func forbidden(entry string) string {
	for words := strings.Fields(entry); len(words) > 0; words = words[:len(words)-1] {
		if name := strings.Join(words, " "); validCommand(name) {
			return "Bash(" + name + ":*)"
		}
	}
	return "Bash"
}

func unique(rules []string) []string {
	var out []string
	for _, r := range rules {
		if !slices.Contains(out, r) {
			out = append(out, r)
		}
	}
	return out
}

// denyRules are early refusals with a clear message, not a boundary: a path
// such as /usr/bin/curl walks past them, and the layers below hold. In this
// grammar deny beats allow, so what the owner allowed is left out.
func denyRules(r agent.Rules) []string {
	var rules []string
	for _, entry := range r.Deny {
		rules = append(rules, forbidden(entry))
	}
	for _, name := range []string{
		"sudo", "su", "doas", "curl", "wget", "nc", "ssh", "scp", "rsync",
		"git push", "git config", "git remote add", "git remote set-url",
		"npm publish", "cargo publish", "gh", "rm -rf /", "rm -rf ~", "chmod 777",
	} {
		if !allowed(r.Allow, name) {
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
	return unique(append(rules, "WebFetch", "WebSearch", "CronCreate", "CronDelete", "CronList", "ScheduleWakeup",
		"SendMessage", "Workflow", "EnterWorktree", "ExitWorktree"))
}

// allowed tells whether the owner named the command itself. "git" does not
// name "git push": whoever wants that writes it.
func allowed(allow []string, name string) bool {
	return slices.ContainsFunc(allow, func(a string) bool { return strings.TrimSpace(a) == name })
}
