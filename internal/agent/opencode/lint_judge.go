package opencode

import (
	"fmt"
	"strings"

	"ringwall/internal/agent"
	"ringwall/internal/agent/command"
)

// judge looks at the rules of one place. before are those that come ahead of
// them: the top's, for an agent's.
func (l *linter) judge(rules, before []rule) {
	if len(rules) > maxRules { // the last that fits decides: what is left out may be the worst
		l.add(rules[maxRules].line, agent.Malformed, "", fmt.Sprintf("there are more than %d rules: those from here on were not looked at", maxRules), "", "")
	}
	rules, before = rules[:min(len(rules), maxRules)], before[:min(len(before), maxRules)]
	l.takesBack(rules, before)
	for i, r := range rules {
		if l.ineffective(r) || l.shadowed(r, rules[i+1:]) {
			continue
		}
		if r.action == allow {
			l.allowed(r)
		}
		if r.firstOfOne && r.tool == "bash" {
			l.unnamed(r, rules, before)
		}
	}
}

// ineffective are names and patterns that are read and never fit.
func (l *linter) ineffective(r rule) bool {
	why, better := "", ""
	switch {
	case r.tool == "write" || r.tool == "patch" || r.tool == "apply_patch" || r.tool == "multiedit":
		why, better = "every tool that changes files asks for \"edit\"; this name is never looked up", `"edit"`
	case r.tool != strings.ToLower(r.tool) && !strings.Contains(r.tool, "_"):
		why, better = "names of tools are in small letters; this one is never looked up", fmt.Sprintf("%q", strings.ToLower(r.tool))
	case r.tool == "bash" && strings.HasSuffix(r.pattern, ":*"):
		why, better = "a colon means nothing in this grammar, so that no command fits",
			fmt.Sprintf("%q: %q", strings.TrimSuffix(r.pattern, ":*")+" *", r.action)
	default:
		return false
	}
	l.add(r.line, agent.Ineffective, r.entry(), why, better, "")
	return true
}

// shadowed is a rule that a later one decides otherwise in every case.
func (l *linter) shadowed(r rule, later []rule) bool {
	for _, x := range later {
		if x.covers(r) {
			if x.action != r.action {
				l.add(r.line, agent.Shadowed, r.entry(),
					fmt.Sprintf("the last rule that fits decides, and line %d fits all of this: %s", x.line, x.action), "", "")
			}
			return true
		}
	}
	return false
}

// takesBack finds what the top refuses by name and an agent's own rules, all of
// them, allow again.
func (l *linter) takesBack(rules, top []rule) {
	for _, t := range top {
		if t.action == allow || t.pattern == "*" {
			continue
		}
		for i := len(rules) - 1; i >= 0; i-- {
			if !rules[i].covers(t) {
				continue
			}
			if rules[i].action == allow {
				l.add(t.line, agent.Shadowed, t.entry(),
					fmt.Sprintf("an agent's own rules come after these, and line %d allows all of this", rules[i].line), "", "")
			}
			break
		}
	}
}

// allowed looks at what a rule lets through.
func (l *linter) allowed(r rule) {
	switch {
	case r.tool == "*" && r.pattern == "*":
		l.add(r.line, agent.TooBroad, r.entry(), "every tool with any argument, servers' tools included", `"*": "deny"`, layerIsolation)
	case r.tool == "bash":
		l.bash(r)
	case r.tool == "external_directory" && r.pattern == "*":
		l.add(r.line, agent.TooBroad, r.entry(), "files anywhere on the machine, and not the project's only",
			`"external_directory": {"*": "deny", "/tmp/*": "allow"}`, layerIsolation)
	case r.tool == "read" && r.patterns && (match(".env", r.pattern) || match("a/.env", r.pattern)) && r.pattern != "*" && r.pattern != "**":
		l.add(r.line, agent.TooBroad, r.entry(), "secrets that opencode keeps from being read by itself", "", layerIsolation)
	case r.tool == "edit" && r.pattern != "*" && steers(r.pattern):
		l.add(r.line, agent.Widens, r.entry(), "what it writes there changes its own permissions at the next start", "", layerIsolation)
	}
}

// bash judges the commands that a pattern lets run.
func (l *linter) bash(r rule) {
	open := strings.HasSuffix(r.pattern, "*")
	words := strings.Fields(strings.TrimSuffix(r.pattern, " *"))
	if strings.HasPrefix(r.pattern, "*") {
		words = nil
	}
	d, bad := command.Judge(words, open)
	if !bad {
		return
	}
	better := ""
	if d.Better != "" {
		better = fmt.Sprintf("%q: %q", d.Better+" *", allow)
	}
	if len(words) == 0 && r.tool == "bash" {
		better = `"bash": {"*": "deny", "git status *": "allow"}`
	}
	layer := layerIsolation
	if d.Problem == agent.Redirects {
		layer = layerNetwork
	}
	l.add(r.line, d.Problem, r.entry(), d.Why, better, layer)
}

// unnamed is a list of commands that does not say what holds for all others:
// they are allowed, unless a rule before it says something else.
func (l *linter) unnamed(first rule, rules, before []rule) {
	for _, r := range append(before[:len(before):len(before)], rules...) {
		if r.pattern == "*" && match("bash", r.tool) {
			return
		}
	}
	l.add(first.line, agent.TooBroad, first.where+first.tool, "a command that no rule names is allowed: that is opencode's default",
		`"*": "deny" as the first of them`, layerIsolation)
}

// steers tells whether a pattern names opencode's own configuration.
func steers(pattern string) bool {
	for _, name := range []string{"opencode.json", "opencode.jsonc", ".opencode/opencode.json", ".opencode/plugin/x.js", ".opencode/agent/x.md"} {
		if match(name, pattern) {
			return true
		}
	}
	return false
}
