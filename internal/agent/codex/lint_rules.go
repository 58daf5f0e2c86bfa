package codex

import (
	"fmt"
	"slices"
	"strings"

	"ringwall/internal/agent"
	"ringwall/internal/agent/command"
)

// rule is one prefix_rule.
type rule struct {
	line     int
	pattern  [][]string // alternatives of each word
	decision string     // "allow", "prompt", "forbidden"
}

// maxPatterns bounds how many commands a rule is judged as.
const maxPatterns = 256

// lintRules looks at a rules file. Where two rules fit a command, Codex takes
// the stricter one, wherever it stands.
func lintRules(text []byte) []agent.Finding {
	if len(text) > maxFile {
		return []agent.Finding{{Problem: agent.Malformed, Why: "it is larger than a rules file can be"}}
	}
	calls, line, err := readCalls(text)
	var out []agent.Finding
	var rules []rule
	for _, c := range calls {
		if c.name == "host_executable" {
			continue // where a program lies; it allows nothing
		}
		r, wrong := ruleOf(c)
		if wrong != "" {
			out = append(out, agent.Finding{Line: c.line, Problem: agent.Malformed, Entry: c.name,
				Why: "Codex cannot read this rule and does not start: " + wrong})
			continue
		}
		out = append(out, judge(r)...)
		rules = append(rules, r)
	}
	if err != nil {
		out = append(out, agent.Finding{Line: line, Problem: agent.Malformed,
			Why: "what this and the lines after it allow cannot be told: " + err.Error()})
	}
	return append(out, against(rules)...)
}

// ruleOf reads the arguments of a call; it says what is wrong with them.
func ruleOf(c call) (rule, string) {
	r := rule{line: c.line, decision: "allow"}
	if c.name != "prefix_rule" {
		return r, fmt.Sprintf("%.40q is no function of rules", c.name)
	}
	for name := range c.args {
		if !slices.Contains([]string{"pattern", "decision", "justification", "match", "not_match"}, name) {
			return r, fmt.Sprintf("%.40q is no argument of prefix_rule", name)
		}
	}
	if d, given := c.args["decision"]; given && d != nil {
		r.decision, _ = d.(string)
	}
	if !slices.Contains([]string{"allow", "prompt", "forbidden"}, r.decision) {
		return r, `decision is "allow", "prompt" or "forbidden"`
	}
	elements, _ := c.args["pattern"].([]any)
	for _, e := range elements {
		words, ok := alternatives(e)
		if !ok {
			return r, "pattern is a list of words, or of lists of words"
		}
		r.pattern = append(r.pattern, words)
	}
	if len(r.pattern) == 0 {
		return r, "pattern is empty"
	}
	return r, unmatched(r, c.args["match"])
}

func alternatives(e any) ([]string, bool) {
	if w, ok := e.(string); ok {
		return []string{w}, true
	}
	list, _ := e.([]any)
	var out []string
	for _, v := range list {
		w, ok := v.(string)
		if !ok {
			return nil, false
		}
		out = append(out, w)
	}
	return out, len(out) > 0
}

// unmatched finds an example that the rule does not fit, which Codex takes for
// an error. An example with quotes is left to Codex.
func unmatched(r rule, examples any) string {
	list, _ := examples.([]any)
	for _, e := range list {
		words, ok := alternatives(e)
		if s, one := e.(string); one {
			words, ok = strings.Fields(s), !strings.ContainsAny(s, `'"\`)
		}
		if l, many := e.([]any); many && len(l) != len(words) {
			ok = false
		}
		if ok && !r.covers(words) {
			return fmt.Sprintf("the example %.60q does not match", strings.Join(words, " "))
		}
	}
	return ""
}

// covers tells whether the rule fits a command that begins with these words.
func (r rule) covers(words []string) bool {
	if len(words) < len(r.pattern) {
		return false
	}
	for i, p := range r.pattern {
		if !slices.Contains(p, words[i]) {
			return false
		}
	}
	return true
}

// commands are what the pattern stands for, the first maxPatterns of them.
func (r rule) commands() [][]string {
	out := [][]string{nil}
	for _, p := range r.pattern {
		var longer [][]string
		for _, before := range out {
			for _, w := range p {
				if len(longer) < maxPatterns {
					longer = append(longer, append(before[:len(before):len(before)], w))
				}
			}
		}
		out = longer
	}
	return out
}

// judge says what the commands of an allowed rule can do besides their work.
// Any words may follow a prefix. One finding a rule is enough.
func judge(r rule) []agent.Finding {
	if r.decision != "allow" {
		return nil
	}
	for _, words := range r.commands() {
		if d, bad := command.Judge(words, true); bad {
			f := agent.Finding{Line: r.line, Problem: d.Problem, Entry: r.String(), Layer: layerIsolation,
				Why: d.Why + "; an allowed command runs outside Codex's sandbox"}
			if better := strings.Fields(d.Better); len(better) > 0 {
				f.Better = rule{pattern: singles(better), decision: "allow"}.String()
			}
			return []agent.Finding{f}
		}
	}
	return nil
}

func singles(words []string) [][]string {
	out := make([][]string, len(words))
	for i, w := range words {
		out[i] = []string{w}
	}
	return out
}

// against finds what stands there twice, or is allowed in vain because a
// stricter rule fits too.
func against(rules []rule) []agent.Finding {
	var out []agent.Finding
	seen := map[string]int{}
	for _, r := range rules {
		text := r.String()
		if line, twice := seen[text]; twice {
			out = append(out, agent.Finding{Line: r.line, Problem: agent.Duplicate, Entry: text,
				Why: fmt.Sprintf("the same rule stands in line %d", line)})
			continue
		}
		seen[text] = r.line
		if o, found := stricter(rules, r); found {
			out = append(out, agent.Finding{Line: r.line, Problem: agent.Shadowed, Entry: text,
				Why: fmt.Sprintf("line %d has %q for it, and the stricter rule counts", o.line, o.decision)})
		}
	}
	return out
}

// stricter is the first rule that fits all that r does and decides more
// strictly.
func stricter(rules []rule, r rule) (rule, bool) {
	commands := r.commands()
	for _, o := range rules {
		spared := func(words []string) bool { return !o.covers(words) }
		if strict(o.decision) > strict(r.decision) && !slices.ContainsFunc(commands, spared) {
			return o, true
		}
	}
	return rule{}, false
}

func strict(decision string) int {
	return slices.Index([]string{"allow", "prompt", "forbidden"}, decision)
}

// String is the rule as it could stand in the file.
func (r rule) String() string {
	parts := make([]string, len(r.pattern))
	for i, p := range r.pattern {
		if parts[i] = list(p); len(p) == 1 {
			parts[i] = quote(p[0])
		}
	}
	return "prefix_rule(pattern=[" + strings.Join(parts, ", ") + "], decision=" + quote(r.decision) + ")"
}
