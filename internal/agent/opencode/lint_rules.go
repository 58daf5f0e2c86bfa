package opencode

import (
	"fmt"
	"net/url"
	"strings"

	"ringwall/internal/agent"
	"ringwall/internal/agent/jsonedit"
)

// rule is one line of a permission, as opencode flattens it.
type rule struct {
	where      string // before the tool: "agent.build.permission."; empty at the top
	tool       string // or "*"
	pattern    string
	action     string
	line       int
	patterns   bool // it stands in an object of patterns
	firstOfOne bool // and is the first of its tool
}

// entry is the rule as a person finds it in the file.
func (r rule) entry() string {
	if r.patterns {
		return fmt.Sprintf("%s%s: %q: %q", r.where, r.tool, r.pattern, r.action)
	}
	return fmt.Sprintf("%s%q: %q", r.where, r.tool, r.action)
}

// read flattens a permission, in order, and says what opencode would not start
// with.
func (l *linter) read(where string, v *jsonedit.Value) []rule {
	switch {
	case v == nil:
		return nil
	case v.Is(jsonedit.String):
		return l.one(nil, rule{where: where, tool: "*", pattern: "*", line: v.Line}, v)
	case !v.Is(jsonedit.Object):
		l.malformed(v.Line, where+"permission", "a permission is a word or an object")
		return nil
	}
	var out []rule
	for _, m := range v.Members {
		if m.Value.Is(jsonedit.Object) {
			out = l.object(out, where, m)
			continue
		}
		out = l.one(out, rule{where: where, tool: m.Name, pattern: "*", line: m.Line}, m.Value)
	}
	return out
}

// object reads the patterns of one tool.
func (l *linter) object(out []rule, where string, m jsonedit.Member) []rule {
	if wordOnly(m.Name) {
		l.malformed(m.Line, where+m.Name, m.Name+" takes one word and no patterns")
		return out
	}
	for i, p := range m.Value.Members {
		out = l.one(out, rule{where: where, tool: m.Name, pattern: p.Name, line: p.Line, patterns: true, firstOfOne: i == 0}, p.Value)
	}
	return out
}

// one takes a rule whose action is one of the three words.
func (l *linter) one(out []rule, r rule, v *jsonedit.Value) []rule {
	r.action = v.Text()
	if !v.Is(jsonedit.String) || r.action != allow && r.action != ask && r.action != deny {
		l.malformed(r.line, r.where+r.tool, `an action is "allow", "ask" or "deny"`)
		return out
	}
	return append(out, r)
}

func (l *linter) malformed(line int, entry, why string) {
	l.add(line, agent.Malformed, entry, why+"; opencode does not start while this stands here", "", "")
}

// wordOnly are the tools whose rule has no patterns.
func wordOnly(tool string) bool {
	switch tool {
	case "todowrite", "question", "webfetch", "websearch", "doom_loop":
		return true
	}
	return false
}

// match is opencode's own matching: "*" stands for anything, "?" for one
// character, and a pattern that ends in " *" fits without arguments too.
func match(text, pattern string) bool {
	if head, found := strings.CutSuffix(pattern, " *"); found && glob(text, head) {
		return true
	}
	return glob(text, pattern)
}

// glob goes back to the last star only, so that it takes no more than the
// product of both lengths.
func glob(text, pattern string) bool {
	t, p, star, from := 0, 0, -1, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, from = p, t
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[t]):
			p, t = p+1, t+1
		case star >= 0:
			from++
			p, t = star+1, from
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// covers tells whether a later rule decides all that an earlier one fits.
func (r rule) covers(earlier rule) bool {
	return match(earlier.tool, r.tool) && match(earlier.pattern, r.pattern)
}

// elsewhere tells whether an address leads to another host. What is not written
// out is not known.
func elsewhere(text, host string) bool {
	if strings.Contains(text, "{env:") || strings.Contains(text, "{file:") || strings.Contains(text, "${") {
		return false
	}
	u, err := url.Parse(text)
	return err != nil || u.Scheme != "https" || !strings.EqualFold(u.Hostname(), host)
}
