package claude

import (
	"slices"
	"strings"

	"ringwall/internal/agent"
	"ringwall/internal/agent/jsonedit"
	"ringwall/internal/plan"
)

// entry is one rule where it stands.
type entry struct {
	rule
	list  string // allow, ask or deny
	twin  bool   // the list has the same path for the tool that counts
	value *jsonedit.Value
}

func (l *linter) permissions(p *jsonedit.Value) {
	var all []entry
	for _, list := range []string{"allow", "ask", "deny"} {
		all = append(all, l.list(list, p.Get(list))...)
	}
	l.overlaps(all)
	l.mode(p.Get("defaultMode"))
	if v := p.Get("disableBypassPermissionsMode"); v != nil && v.Text() != "disable" {
		l.report(finding{line: v.Line, entry: v.Text(), problem: agent.Ineffective,
			why: `only the text "disable" keeps the bypass off`, better: `"disable"`})
	}
	for _, v := range p.Get("additionalDirectories").Strings() {
		if outside(v.Text()) {
			l.report(finding{line: v.Line, entry: v.Text(), problem: agent.TooBroad, layer: plan.Isolation,
				why: "the file tools reach this folder, which is not of the project"})
		}
	}
}

func (l *linter) list(list string, v *jsonedit.Value) []entry {
	var out []entry
	if !v.Is(jsonedit.Array) {
		return nil
	}
	said := map[string]bool{}
	for _, e := range v.Strings() {
		said[e.Text()] = true
	}
	for _, e := range v.Elements {
		if !e.Is(jsonedit.String) {
			l.report(finding{line: e.Line, entry: e.Text(), problem: agent.Malformed, layer: held(list), why: "a rule is a text: " + l.lost(list)})
			continue
		}
		r, ok := parseRule(e.Text())
		if !ok {
			l.report(finding{line: e.Line, entry: e.Text(), problem: agent.Malformed, layer: held(list),
				why: "a rule is Tool or Tool(what it may touch): " + l.lost(list)})
			continue
		}
		x := entry{rule: r, list: list, value: e, twin: said[ruledBy(r.tool)+"("+r.spec+")"]}
		if l.rule(x) {
			out = append(out, x)
		}
	}
	return out
}

// lost is what an entry without effect means for its list.
func (l *linter) lost(list string) string {
	if list == "deny" {
		return "it is dropped and protects nothing"
	}
	return "it is dropped"
}

// held is the layer that has to do what a denial without effect does not.
func held(list string) plan.LayerID {
	if list == "deny" {
		return plan.Isolation
	}
	return ""
}

func (l *linter) entry(e entry, f finding) {
	f.line, f.entry = e.value.Line, e.value.Text()
	if f.problem == agent.Ineffective {
		f.layer = held(e.list)
	}
	l.report(f)
}

// rule looks at one rule by itself, and tells whether it has an effect.
func (l *linter) rule(e entry) bool {
	if strings.Contains(e.tool, "*") {
		return l.glob(e)
	}
	if near, ok := known(e.tool); !ok {
		l.entry(e, finding{problem: agent.Ineffective, why: "there is no tool of this name: the rule does nothing", better: respelled(e.rule, near)})
		return false
	}
	switch {
	case strings.HasPrefix(e.tool, "mcp__"):
		return l.server(e)
	case e.tool == "Bash":
		return l.bash(e)
	case e.tool == "WebFetch":
		return l.fetch(e)
	case slices.Contains([]string{"Read", "Edit"}, e.tool) && e.narrowed:
		return l.path(e)
	case ruledBy(e.tool) != "" && e.narrowed && e.twin:
		return false // nothing is lost: the rule that counts stands beside it
	case ruledBy(e.tool) != "" && e.narrowed:
		l.entry(e, finding{problem: agent.Ineffective,
			why:    "rules with a path on " + e.tool + " are taken and never looked at; those on " + ruledBy(e.tool) + " count for it",
			better: ruledBy(e.tool) + "(" + e.spec + ")"})
		return false
	}
	return true
}

// ruledBy is the tool whose path rules count for another one.
func ruledBy(tool string) string {
	switch tool {
	case "Write", "MultiEdit", "NotebookEdit":
		return "Edit"
	case "Glob", "Grep", "LS", "NotebookRead":
		return "Read"
	}
	return ""
}

func respelled(r rule, tool string) string {
	if tool == "" {
		return ""
	}
	r.tool = tool
	return r.String()
}

// glob looks at a star in a tool's name. In allow it counts only behind a
// server's name in full.
func (l *linter) glob(e entry) bool {
	server, rest, isServer := strings.Cut(strings.TrimPrefix(e.tool, "mcp__"), "__")
	literal := strings.HasPrefix(e.tool, "mcp__") && isServer && rest != "" && !strings.Contains(server, "*")
	if e.list != "allow" || literal {
		return true
	}
	l.entry(e, finding{problem: agent.Ineffective, why: "a star in a tool's name allows nothing, but for the tools of one server: mcp__server__*"})
	return false
}

func (l *linter) server(e entry) bool {
	if e.narrowed {
		l.entry(e, finding{problem: agent.Ineffective, why: "a rule on a server's tool has no brackets", better: e.tool})
		return false
	}
	return true
}

func (l *linter) mode(v *jsonedit.Value) {
	switch {
	case !v.Is(jsonedit.String):
	case v.Text() == "bypassPermissions":
		l.report(finding{line: v.Line, entry: v.Text(), problem: agent.Bypasses, layer: plan.Isolation, better: "dontAsk",
			why: "every tool runs without a question, and Claude Code takes this from a project that nobody trusted"})
	case !slices.Contains([]string{"default", "manual", "acceptEdits", "plan", "auto", "dontAsk", "delegate"}, v.Text()):
		l.report(finding{line: v.Line, entry: v.Text(), problem: agent.Malformed, better: "dontAsk",
			why: "there is no such mode: " + l.dropped("permissions")})
	}
}
