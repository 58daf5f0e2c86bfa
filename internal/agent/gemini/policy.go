package gemini

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"ringwall/internal/agent"
)

// fileTools are what the model needs beside commands. All that is not named
// here or allowed as a command is not there: the searches and fetches that the
// service itself carries out, where no gateway sees them, other agents, skills.
func fileTools() []string {
	return []string{"glob", "grep_search", "list_directory", "read_file", "replace", "write_file", "write_todos"}
}

// policyText renders rules for the tool's policy engine, in which the highest
// priority decides. closed adds a last rule that denies everything else.
//
// A file that the tool cannot read is as good as none, and the tool goes on. It
// then has its own rules for a start without a person, under which nothing
// writes or runs: less is allowed, never more.
func policyText(r agent.Rules, closed bool) string {
	var b strings.Builder
	b.WriteString("# Written by ringwall. The highest priority decides.\n")
	for _, name := range commands(r.Allow) {
		// A commandPrefix would do, and would be found in any argument that holds
		// an object with a command: {"command":"id","x":{"command":"git "}}. The
		// zero byte stands only before the arguments themselves.
		fmt.Fprintf(&b, "\n[[rule]]\ntoolName = \"run_shell_command\"\nargsPattern = '\\x00\"command\":\"%s[\\s\"]'\n"+
			"allowRedirection = true\ndecision = \"allow\"\npriority = 100\n", pattern(name))
	}
	rule(&b, fileTools(), "allow", 100, "")
	denied(&b, r)
	steering(&b)
	if closed {
		rule(&b, []string{"*"}, "deny", 0, "")
	}
	return b.String()
}

func rule(b *strings.Builder, tools []string, decision string, priority int, more string) {
	fmt.Fprintf(b, "\n[[rule]]\ntoolName = %s\n%sdecision = %q\npriority = %d\n", list(tools), more, decision, priority)
}

// denied refuses commands early and with a message. It is no boundary: a path
// such as /usr/bin/curl walks past it, and the layers below hold.
func denied(b *strings.Builder, r agent.Rules) {
	names := slices.Clone(r.Deny)
	for _, name := range []string{
		"sudo", "su", "doas", "curl", "wget", "nc", "ssh", "scp", "rsync",
		"git push", "git config", "git remote add", "git remote set-url",
		"npm publish", "cargo publish", "gh", "rm -rf /", "rm -rf ~", "chmod 777",
	} {
		if !slices.Contains(r.Allow, name) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	fmt.Fprintf(b, "\n[[rule]]\ntoolName = \"run_shell_command\"\ncommandPrefix = %s\ndecision = \"deny\"\npriority = 900\n"+
		"denyMessage = \"Not allowed here. Ask: ringwall why\"\n", list(names))
}

// steering refuses edits of what steers the next start, and a look at secrets.
func steering(b *strings.Builder) {
	const write = `\.gemini/|\.agents/|\.git/config"|\.git/hooks/|GEMINI\.md"|AGENTS\.md"|CLAUDE\.md"|` +
		`CONSTITUTION\.md"|AGENT_PLAYBOOK\.md"|PROMPT\.md"|ringwall\.toml"|\.mcp\.json"`
	const read = `\.env"|\.env\.[^"/]*"|[^"/]*\.pem"|[^"/]*\.key"|secrets/|\.ssh/|\.aws/`
	rule(b, []string{"replace", "write_file"}, "deny", 900, onFile(write)+"denyMessage = \"It steers an agent, and is its owner's to change.\"\n")
	rule(b, []string{"read_file"}, "deny", 900, onFile(read)+"denyMessage = \"It holds secrets.\"\n")
}

// onFile is a condition on the file of a call. The tool refuses a repeated group,
// so that an empty alternative stands for "or not at all".
func onFile(alternatives string) string {
	return `argsPattern = '\x00"file_path":"(?:|[^"]*/)(?:` + alternatives + ")'\n"
}

// commands are those that can stand in a rule, each once.
func commands(allow []string) []string {
	var out []string
	for _, name := range allow {
		if validCommand(name) && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// validCommand tells what may stand in a rule: words of plain characters, one
// space between two.
func validCommand(name string) bool {
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

// pattern is a valid command as a regular expression.
func pattern(name string) string {
	return strings.NewReplacer(".", `\.`, "+", `\+`).Replace(name)
}

// list is a TOML list of texts. JSON's form of a text is one of TOML's too.
func list(texts []string) string {
	quoted := make([]string, len(texts))
	for i, t := range texts {
		q, err := json.Marshal(t)
		if err != nil {
			panic(err)
		}
		quoted[i] = string(q)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}
