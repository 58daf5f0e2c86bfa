package gemini

import (
	"strings"
	"testing"

	"ringwall/internal/agent"
)

// shellRule is a rule on commands; more stands on its line 5.
func shellRule(decision, more string) string {
	return "[[rule]]\ntoolName = \"run_shell_command\"\ndecision = \"" + decision + "\"\npriority = 10\n" + more + "\n"
}

// TestLintRules: for each rule of the grammar one that is flagged, and a near
// one that is not.
func TestLintRules(t *testing.T) {
	const narrow = `commandPrefix = "git status"`
	for _, c := range []struct{ bad, want, near string }{
		{shellRule("allow", ""), "2 too-broad", shellRule("deny", "")},
		{shellRule("allow", `commandPrefix = "make"`), "5 executes", shellRule("allow", `commandPrefix = "make test"`)},
		{shellRule("allow", `commandPrefix = ["git status", "python"]`), "5 executes", shellRule("allow", `commandPrefix = ["git status", "ls"]`)},
		{shellRule("allow", `commandPrefix = "rm -rf"`), "5 destroys", shellRule("deny", `commandPrefix = "rm -rf"`)},
		{shellRule("allow", `commandPrefix = "git status*"`), "5 ineffective", shellRule("allow", narrow)},
		{shellRule("allow", `commandprefix = "git status"`), "2 too-broad, 5 too-broad", shellRule("allow", narrow)},
		{shellRule("deny", `because = "x"`), "5 ineffective", shellRule("deny", `denyMessage = "x"`)},
		{shellRule("allow", `commandRegex = "git status|git log"`), "5 too-broad", shellRule("allow", `commandRegex = "git (?:status|log)"`)},
		{shellRule("allow", `commandRegex = ".*"`), "5 too-broad", shellRule("allow", `commandRegex = "git status.*"`)},
		{shellRule("allow", `argsPattern = '"command":"git status'`), "5 too-broad", shellRule("allow", `argsPattern = '\x00"command":"git status'`)},
		{shellRule("allow", `argsPattern = '\x00"command":"make[\s"]'`), "5 executes", shellRule("allow", `argsPattern = '\x00"command":"make test[\s"]'`)},
		{shellRule("allow", `commandRegex = 'python.*'`), "5 executes", shellRule("allow", `commandRegex = 'python -m pytest.*'`)},
		{shellRule("allow", "argsPattern = 'x'\n"+narrow), "2 malformed", shellRule("allow", narrow)},
		{strings.Replace(shellRule("allow", narrow), `"run_shell_command"`, `["run_shell_command", "glob"]`, 1), "5 malformed", shellRule("allow", narrow)},
		{strings.Replace(shellRule("deny", ""), "run_shell_command", "Bash", 1), "2 ineffective", strings.Replace(shellRule("deny", ""), "run_shell_command", "mcp_*", 1)},
		{strings.Replace(shellRule("allow", ""), "run_shell_command", "*", 1), "2 too-broad", strings.Replace(shellRule("ask_user", ""), "run_shell_command", "*", 1)},
		{strings.Replace(shellRule("allow", ""), "run_shell_command", "mcp_*", 1), "2 too-broad", strings.Replace(shellRule("allow", ""), "run_shell_command", "mcp_docs_search", 1)},
		{"[[rule]]\ntoolName = \"*\"\nmcpName = \"*\"\ndecision = \"allow\"\npriority = 1", "2 too-broad",
			"[[rule]]\ntoolName = \"*\"\nmcpName = \"*\"\ndecision = \"allow\"\npriority = 1\ntoolAnnotations = { readOnlyHint = true }"},
		{strings.Replace(shellRule("deny", ""), "run_shell_command", "Read", 1), "2 ineffective", strings.Replace(shellRule("deny", ""), "run_shell_command", "my-agent", 1)},
		{"[[rules]]\na = 1\n", "1 ineffective", "[[safety_checker]]\na = 1\n"},
		{shellRule("allow", narrow) + shellRule("allow", narrow), "7 duplicate", shellRule("allow", narrow) + shellRule("deny", `commandPrefix = "git status -x"`)},
		{shellRule("allow", narrow) + "[[rule]]\ntoolName = \"*\"\ndecision = \"deny\"\npriority = 11\n", "2 shadowed",
			shellRule("allow", narrow) + "[[rule]]\ntoolName = \"*\"\ndecision = \"deny\"\npriority = 0\n"},
	} {
		if got := problems(rulesFile, c.bad); got != c.want {
			t.Errorf("%q, want %q:\n%s", got, c.want, c.bad)
		}
		if got := problems(rulesFile, c.near); got != "" {
			t.Errorf("%q:\n%s", got, c.near)
		}
	}
}

// TestLintDropsTheWholeFile: one rule that does not fit the form takes all
// others with it, so that nothing else is said of them.
func TestLintDropsTheWholeFile(t *testing.T) {
	broad := shellRule("allow", "")
	for text, want := range map[string]string{
		"[[rule\n": "1 malformed",
		broad + "[[rule]]\ntoolName = \"glob\"\ndecision = \"maybe\"\npriority = 1\n":  "8 malformed",
		broad + "[[rule]]\ntoolName = \"glob\"\ndecision = \"allow\"\n":                "6 malformed",
		broad + "[[rule]]\ntoolName = \"glob\"\ndecision = \"allow\"\npriority = 1000": "9 malformed",
		broad + "[[rule]]\ndecision = \"allow\"\npriority = 1":                         "6 malformed",
		shellRule("allow", "interactive = 1"):                                          "5 malformed",
		shellRule("allow", "commandPrefix = 1"):                                        "5 malformed",
		"rule = 1\n":                                                                   "1 malformed",
		"rule = [1]\n":                                                                 "1 malformed",
		"\n\na = [1,\n":                                                                "3 malformed",
	} {
		if got := problems(rulesFile, text); got != want {
			t.Errorf("%q, want %q:\n%s", got, want, text)
		}
	}
}

// TestFindingsSayWhatToDo reads three of them whole.
func TestFindingsSayWhatToDo(t *testing.T) {
	for _, c := range []struct{ file, text, better, layer string }{
		{rulesFile, shellRule("allow", `commandPrefix = "npm run"`), `commandPrefix = ["npm test"]`, "isolation"},
		{rulesFile, shellRule("allow", `commandRegex = "a|b"`), `commandRegex = '(?:a|b)'`, "isolation"},
		{projectFile, `{"tools": {"core": ["Bash(git diff:*)"]}}`, "run_shell_command(git diff)", ""},
		{projectFile, `{"telemetry": {"otlpEndpoint": "x"}}`, "", "network"},
	} {
		got := Agent{}.Lint(c.file, []byte(c.text))
		if len(got) != 1 || got[0].Better != c.better || got[0].Layer != c.layer || got[0].File != c.file {
			t.Errorf("%s: %+v", c.text, got)
		}
	}
	var _ agent.Linter = Agent{}
	var _ agent.ManagedWriter = Agent{}
}
