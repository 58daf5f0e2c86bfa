package cursor

import (
	"encoding/json"
	"slices"
	"strings"

	"ringwall/internal/agent"
)

// Files implements agent.Agent. Where the project has rules of its own
// (.cursor/cli.json) they come on top; deny beats allow.
func (Agent) Files(r agent.Rules) map[string]string {
	type permissions struct {
		Allow []string `json:"allow"`
		Deny  []string `json:"deny"`
	}
	config := struct {
		Version     int             `json:"version"`
		Editor      map[string]bool `json:"editor"`
		Permissions permissions     `json:"permissions"`
	}{1, map[string]bool{"vimMode": false}, permissions{allowRules(r), denyRules(r)}}
	b, err := json.MarshalIndent(config, "", "  ")
	if err != nil {
		panic(err) // this function's own types cannot fail
	}
	return map[string]string{ConfigDir + "/cli-config.json": string(b) + "\n"}
}

func allowRules(r agent.Rules) []string {
	rules := []string{"Read(**)", "Write(**)"}
	for _, name := range valid(r.Allow) {
		rules = append(rules, shell(name)...)
	}
	for _, name := range valid(r.Servers) {
		rules = append(rules, "Mcp("+name+":*)")
	}
	return unique(rules)
}

// shell is a command in this grammar: its first word, and what may follow it
// after a colon. Without one, anything may.
func shell(name string) []string {
	base, args, more := strings.Cut(name, " ")
	if !more {
		return []string{"Shell(" + base + ")"}
	}
	return []string{"Shell(" + base + ":" + args + ")", "Shell(" + base + ":" + args + " *)"}
}

// denyRules are early refusals with a clear message, not a boundary. Deny beats
// allow, so what the owner allowed is left out, unless the owner denies it too.
func denyRules(r agent.Rules) []string {
	var rules []string
	for _, name := range []string{
		"sudo", "su", "doas", "curl", "wget", "nc", "ssh", "scp", "rsync",
		"git push", "git config", "git remote add", "git remote set-url", "npm publish", "cargo publish", "gh", "chmod 777",
	} {
		if !slices.Contains(r.Allow, name) {
			rules = append(rules, shell(name)...)
		}
	}
	for _, name := range valid(r.Deny) {
		rules = append(rules, shell(name)...)
	}
	for _, path := range []string{
		".cursor/**", ".cursorrules", ".claude/**", ".codex/**", ".agents/**", ".git/config", ".git/hooks/**", ".mcp.json",
		"AGENTS.md", "CLAUDE.md", "CONSTITUTION.md", "AGENT_PLAYBOOK.md", "PROMPT.md", "ringwall.toml",
	} {
		rules = append(rules, "Write("+path+")")
	}
	for _, path := range []string{".env*", "**/*.pem", "**/*.key", "secrets/**"} {
		rules = append(rules, "Read("+path+")")
	}
	return unique(rules)
}

// valid keeps the names that can stand in a rule: words of plain characters,
// one space between two. A bracket, a colon or a star would end the rule or
// widen it.
func valid(names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !plain(name) })
}

func plain(name string) bool {
	for i, w := range strings.Split(name, " ") {
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
