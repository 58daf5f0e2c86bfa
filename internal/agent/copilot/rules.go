package copilot

import (
	"slices"
	"strings"

	"ringwall/internal/agent"
)

// Arguments implements agent.Arguer. What is not allowed here is refused,
// because nobody is there to be asked; that a read-only command of its own list
// runs all the same cannot be changed.
//
// Here a rule of two words holds for git, gh, go, npm, cargo and the like; for
// any other program one word only, so that "ringwall why" stays refused. A
// redirection is not seen as writing. Servers and hooks of the project stay off
// whatever the owner lists: an argument can only load all of them.
func (Agent) Arguments(r agent.Rules) []string {
	allow := valid(r.Allow)
	rules := []string{"write"}
	for _, name := range allow {
		rules = append(rules, "shell("+name+":*)")
	}
	return []string{
		"--allow-tool=" + strings.Join(unique(rules), ","),
		"--deny-tool=" + strings.Join(refusals(allow, valid(r.Deny), "shell", "write", "read"), ","),
	}
}

// refusals are early refusals with a clear message, not a boundary:
// /usr/bin/curl walks past them. Deny beats allow, so what the owner allowed is
// left out, unless the owner denies it too. The three words are the tool's
// names for running, writing and reading.
func refusals(allow, deny []string, run, write, read string) []string {
	var rules []string
	for _, name := range []string{
		"sudo", "su", "doas", "curl", "wget", "nc", "ssh", "scp", "rsync",
		"git push", "git config", "git remote add", "git remote set-url",
		"npm publish", "cargo publish", "gh", "rm -rf /", "rm -rf ~", "chmod 777",
	} {
		if !slices.Contains(allow, name) {
			rules = append(rules, run+"("+name+":*)")
		}
	}
	for _, name := range deny {
		rules = append(rules, run+"("+name+":*)")
	}
	for _, path := range steering() {
		rules = append(rules, write+"("+path+")")
	}
	for _, path := range []string{".env", ".env.*", "*.pem", "*.key", "secrets/**", "~/.ssh/**", "~/.aws/**"} {
		rules = append(rules, read+"("+path+")")
	}
	return unique(rules)
}

// steering are the files that steer this tool or the run. Layer 3 freezes them;
// a rule says no sooner.
func steering() []string {
	return []string{
		".github/copilot/**", ".github/hooks/**", ".github/skills/**", ".github/agents/**", ".github/instructions/**",
		".github/copilot-instructions.md", ".github/mcp.json", ".claude/**", ".agents/**", ".mcp.json", "~/.copilot/**",
		"~/.cache/copilot/**", ".git/config", ".git/hooks/**", "AGENTS.md", "CLAUDE.md", "GEMINI.md",
		"CONSTITUTION.md", "AGENT_PLAYBOOK.md", "PROMPT.md", "ringwall.toml",
	}
}

// valid keeps the names that can stand in a rule: words of plain characters,
// one space between two. A bracket, a comma or a star would end the rule or
// widen it.
func valid(names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !plain(name) })
}

func plain(name string) bool {
	for i, w := range strings.Split(name, " ") {
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

func unique(rules []string) []string {
	var out []string
	for _, r := range rules {
		if !slices.Contains(out, r) {
			out = append(out, r)
		}
	}
	return out
}
