package gemini

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"ringwall/internal/agent"
	"ringwall/internal/plan"
)

// policy looks at a file of rules.
func (l *linter) policy(text []byte) {
	file, line, err := readTOML(text)
	if err != nil {
		l.report(finding{line: line, problem: agent.Malformed, layer: plan.Isolation,
			why: "this is no policy (" + err.Error() + "): Gemini CLI goes on without the file, what it denies included"})
		return
	}
	for _, name := range slices.Sorted(maps.Keys(file.other)) {
		l.report(finding{line: file.other[name], entry: name, problem: agent.Ineffective, better: "[[rule]]",
			why: "a policy has [[rule]] and [[safety_checker]]: nothing else is read"})
	}
	if len(file.rules) > maxEntries {
		l.tooMany(file.rules[maxEntries].lineOf(""))
		file.rules = file.rules[:maxEntries]
	}
	broken := false
	for _, r := range file.rules {
		broken = l.shape(r) || broken
	}
	if broken {
		return // none of its rules is in force
	}
	for i, r := range file.rules {
		l.unknown(r)
		l.names(r)
		l.overlap(r, file.rules[:i])
		if r.text("decision") == "allow" {
			l.allows(r)
		}
	}
}

// shape finds what makes the tool drop the whole file.
func (l *linter) shape(r tomlRule) (broken bool) {
	const drops = ": Gemini CLI goes on without the whole file, what it denies included"
	bad := func(key, why string) {
		broken = true
		l.report(finding{line: r.lineOf(key), entry: r.entry(key), problem: agent.Malformed, why: why + drops, layer: plan.Isolation})
	}
	if _, good := r.texts("toolName"); !good || !r.has("toolName") {
		bad("toolName", "a rule needs a toolName, a text or a list of them")
	}
	if !slices.Contains([]string{"allow", "deny", "ask_user"}, r.text("decision")) {
		bad("decision", `a rule needs a decision: "allow", "deny" or "ask_user"`)
	}
	if n, is := r.values["priority"].(int64); !is || n < 0 || n > 999 {
		bad("priority", "a rule needs a priority, a whole number from 0 to 999")
	}
	for _, key := range []string{"commandPrefix", "modes"} {
		if _, good := r.texts(key); !good {
			bad(key, key+" takes texts")
		}
	}
	for _, key := range []string{"interactive", "allowRedirection"} {
		if _, is := r.values[key].(bool); r.has(key) && !is {
			bad(key, key+" is true or false")
		}
	}
	return broken
}

// entry shows a key of the rule; without the key, the rule's tool.
func (r tomlRule) entry(key string) string {
	if !r.has(key) {
		key = "toolName"
	}
	return strings.TrimSpace(fmt.Sprintf("%s = %v", key, r.values[key]))
}

func ruleKeys() []string {
	return []string{"name", "toolName", "subagent", "mcpName", "argsPattern", "commandPrefix", "commandRegex", "decision",
		"priority", "modes", "interactive", "toolAnnotations", "allowRedirection", "allow_redirection", "denyMessage", "deny_message"}
}

// unknown finds keys that are not read. One that was to narrow an allow rule
// leaves it wide.
func (l *linter) unknown(r tomlRule) {
	for _, key := range slices.Sorted(maps.Keys(r.values)) {
		if slices.Contains(ruleKeys(), key) {
			continue
		}
		f := finding{line: r.lineOf(key), entry: r.entry(key), problem: agent.Ineffective, why: "a rule has no such key: it is not read"}
		for _, known := range ruleKeys() {
			if strings.EqualFold(strings.ReplaceAll(key, "_", ""), known) {
				f.better = known
			}
		}
		if r.text("decision") == "allow" {
			f.problem, f.layer = agent.TooBroad, plan.Isolation
			f.why += ", and the rule allows what it was to leave out"
		}
		l.report(f)
	}
}

// names finds tools that are not there, and conditions that do not fit.
func (l *linter) names(r tomlRule) {
	all, _ := r.texts("toolName")
	for _, name := range all {
		if !knownTool(name) && !r.has("mcpName") && !r.has("subagent") {
			l.report(finding{line: r.lineOf("toolName"), entry: "toolName = " + name, problem: agent.Ineffective,
				why: "no tool has this name", better: renamed(name, "")})
		}
	}
	for _, key := range []string{"commandPrefix", "commandRegex"} {
		if r.has(key) && r.text("toolName") != shell {
			l.report(finding{line: r.lineOf(key), entry: r.entry(key), problem: agent.Malformed, better: `toolName = "` + shell + `"`,
				why: key + " is for " + shell + " alone; Gemini CLI complains, and applies the rule all the same"})
		}
	}
	if r.has("commandPrefix") && r.has("commandRegex") || r.has("argsPattern") && (r.has("commandPrefix") || r.has("commandRegex")) {
		l.report(finding{line: r.lineOf("toolName"), entry: r.entry("toolName"), problem: agent.Malformed,
			why: "a rule takes one of commandPrefix, commandRegex and argsPattern"})
	}
}
