package gemini

import (
	"fmt"
	"slices"
	"strings"

	"ringwall/internal/agent"
	"ringwall/internal/agent/command"
	"ringwall/internal/plan"
)

// allows looks at what a rule lets run without a question.
func (l *linter) allows(r tomlRule) {
	names, _ := r.texts("toolName")
	for _, name := range names {
		f := finding{line: r.lineOf("toolName"), entry: "toolName = " + name, problem: agent.TooBroad, layer: plan.Isolation}
		switch {
		case name == "*" && !r.narrowed():
			f.why = "every tool runs without a question"
		case strings.HasPrefix(name, "mcp_") && strings.HasSuffix(name, "*") && !r.narrowed(), r.text("mcpName") == "*" && name == "*" && !r.narrowed():
			f.why = "every tool of a server runs without a question, those that it gets later too"
		case name == shell:
			l.commands(r)
			continue
		default:
			continue
		}
		l.report(f)
	}
}

// narrowed tells whether a rule has a condition beside its tool.
func (r tomlRule) narrowed() bool {
	return slices.ContainsFunc([]string{"argsPattern", "commandPrefix", "commandRegex", "toolAnnotations", "subagent"}, r.has)
}

// commands looks at a rule that lets commands run.
func (l *linter) commands(r tomlRule) {
	prefixes, _ := r.texts("commandPrefix")
	for _, p := range prefixes {
		d, bad := command.Judge(strings.Fields(p), true)
		switch {
		case strings.ContainsRune(p, '*'):
			l.report(finding{line: r.lineOf("commandPrefix"), entry: "commandPrefix = " + p, problem: agent.Ineffective,
				why: "a star stands for itself here", better: "commandPrefix = " + list([]string{strings.TrimRight(strings.TrimSuffix(p, "*"), ": ")})})
		case bad:
			f := finding{line: r.lineOf("commandPrefix"), entry: "commandPrefix = " + p, problem: d.Problem, why: d.Why, layer: catches(d.Problem)}
			if d.Better != "" {
				f.better = "commandPrefix = " + list([]string{d.Better})
			}
			l.report(f)
		}
	}
	switch {
	case !r.narrowed():
		l.report(finding{line: r.lineOf("toolName"), entry: "toolName = " + shell, problem: agent.TooBroad, layer: plan.Isolation,
			why: "every command runs", better: `commandPrefix = ["git status"]`})
	case r.has("commandRegex"):
		l.expression(r, "commandRegex")
	case r.has("argsPattern"):
		l.expression(r, "argsPattern")
	}
}

// expression looks at a regular expression, which is looked for anywhere in the
// text of a call's arguments.
func (l *linter) expression(r tomlRule, key string) {
	e := r.text(key)
	f := finding{line: r.lineOf(key), entry: r.entry(key), problem: agent.TooBroad, layer: plan.Isolation}
	switch {
	case strings.HasPrefix(e, ".*") || strings.HasPrefix(e, `"command":".*`) || e == "":
		f.why = "it fits every command"
	case topLevelBar(e):
		f.why = "what stands after | is looked for anywhere in the call, in its description too"
		f.better = key + " = '(?:" + e + ")'"
	case key == "argsPattern" && strings.Contains(e, `"command":"`) && !strings.HasPrefix(e, `\x00`) && !strings.HasPrefix(e, `\0`) && !strings.HasPrefix(e, `\u0000`):
		f.why = `it is found inside an argument that nobody reads too ({"command":"id","x":{"command":"git"}})`
		f.better = key + ` = '\x00` + e[strings.Index(e, `"command":"`):] + "'"
	default:
		words, plain := literal(e)
		d, bad := command.Judge(words, true)
		if !plain || !bad {
			return
		}
		f.problem, f.why, f.layer = d.Problem, d.Why, catches(d.Problem)
	}
	l.report(f)
}

// literal is the beginning of a command for which an expression stands, where
// it stands for no other.
func literal(e string) (words []string, plain bool) {
	if _, after, found := strings.Cut(e, `"command":"`); found {
		e = after
	}
	for _, end := range []string{`[\s"]`, `(?:[\s"]|\\")`, `.*`, `\b`} {
		e = strings.TrimSuffix(e, end)
	}
	e = strings.NewReplacer(`\.`, ".", `\+`, "+", `\-`, "-", `\s`, " ").Replace(e)
	return strings.Fields(e), !strings.ContainsAny(e, `\()[]{}|*?^$"`)
}

// topLevelBar tells whether an expression is a choice as a whole.
func topLevelBar(e string) bool {
	depth, class := 0, false
	for i := 0; i < len(e); i++ {
		switch c := e[i]; {
		case c == '\\':
			i++
		case class:
			class = c != ']'
		case c == '[':
			class = true
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == '|' && depth == 0:
			return true
		}
	}
	return false
}

// overlap finds rules that an earlier one of the file makes superfluous, and
// those that a higher one for everything decides before.
func (l *linter) overlap(r tomlRule, before []tomlRule) {
	for _, b := range before {
		switch {
		case b.condition() == r.condition() && b.values["decision"] == r.values["decision"]:
			l.report(finding{line: r.lineOf("toolName"), entry: r.entry("toolName"), problem: agent.Duplicate,
				why: fmt.Sprintf("the rule of line %d says the same", b.lineOf("toolName"))})
			return
		case b.covers(r):
			l.shadow(r, b)
			return
		case r.covers(b):
			l.shadow(b, r)
			return
		}
	}
}

func (l *linter) shadow(r, by tomlRule) {
	l.report(finding{line: r.lineOf("toolName"), entry: r.entry("toolName"), problem: agent.Shadowed,
		why: fmt.Sprintf("the rule of line %d has a higher priority and decides before it", by.lineOf("toolName"))})
}

// condition is all of a rule but its decision and priority, as a text.
func (r tomlRule) condition() string {
	var b strings.Builder
	for _, key := range ruleKeys() {
		if v, is := r.values[key]; is && !slices.Contains([]string{"name", "decision", "priority", "denyMessage", "deny_message"}, key) {
			fmt.Fprintf(&b, "%s=%q;", key, fmt.Sprint(v))
		}
	}
	return b.String()
}

// covers tells whether a rule decides all that another one could.
func (r tomlRule) covers(other tomlRule) bool {
	mine, _ := r.values["priority"].(int64)
	its, _ := other.values["priority"].(int64)
	if mine <= its || r.narrowed() || r.has("modes") || r.has("interactive") || r.has("mcpName") {
		return false
	}
	tools, _ := r.texts("toolName")
	if slices.Contains(tools, "*") {
		return true
	}
	theirs, _ := other.texts("toolName")
	return len(theirs) > 0 && !slices.ContainsFunc(theirs, func(t string) bool { return !slices.Contains(tools, t) })
}
