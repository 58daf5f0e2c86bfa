package claude

import (
	"errors"
	"fmt"

	"ringwall/internal/agent"
	"ringwall/internal/agent/jsonedit"
)

// ProjectFiles implements agent.ProjectWriter: the allowlist that holds when a
// person starts Claude Code in the project by hand.
func (Agent) ProjectFiles(r agent.Rules) map[string]string {
	return map[string]string{localSettings: string(render(r, false))}
}

// Merge implements agent.ProjectWriter. What a person allowed is not denied by
// ringwall's own list, and what a person denied is not allowed: their word
// stands. The owner's denials are added in any case. It refuses a text that
// Claude Code would drop, because nobody would notice.
func (Agent) Merge(name string, old []byte, r agent.Rules) ([]byte, error) {
	if name != localSettings {
		return nil, fmt.Errorf("%s is not a file that ringwall adds to", name)
	}
	doc, err := jsonedit.Parse(old)
	if err != nil {
		return nil, err
	}
	if doc.Loose > 0 {
		return nil, &jsonedit.SyntaxError{Line: doc.Loose, Why: "a comment or a comma at the end is no JSON, and Claude Code drops the whole file"}
	}
	allow, deny := additions(doc.Root.Get("permissions"), r)
	err = errors.Join(
		doc.AddStrings([]string{"permissions", "allow"}, allow...),
		doc.AddStrings([]string{"permissions", "deny"}, deny...),
		doc.SetMissing([]string{"permissions", "defaultMode"}, "dontAsk"),
		doc.SetMissing([]string{"permissions", "disableBypassPermissionsMode"}, "disable"),
		doc.SetMissing([]string{"enableAllProjectMcpServers"}, false),
		doc.AddStrings([]string{"enabledMcpjsonServers"}, r.Servers...),
	)
	if err != nil {
		return nil, err
	}
	return doc.Bytes(), nil
}

// additions are the rules that a file lacks.
func additions(p *jsonedit.Value, r agent.Rules) (allow, deny []string) {
	theirs, denied := written(p.Get("allow")), written(p.Get("deny"))
	refused := append(written(p.Get("ask")), denied...)
	for _, entry := range r.Deny {
		if mine := forbidden(entry); !anyOver(denied, mine) {
			deny = append(deny, mine)
		}
	}
	for _, mine := range denyRules(agent.Rules{Allow: r.Allow}) {
		if !anyUnder(mine, theirs) && !anyOver(refused, mine) {
			deny = append(deny, mine)
		}
	}
	for _, mine := range allowRules(r) {
		if !anyOver(refused, mine) && !anyOver(theirs, mine) {
			allow = append(allow, mine)
		}
	}
	return allow, unique(deny)
}

// written are the rules of a list that have an effect.
func written(list *jsonedit.Value) []rule {
	var out []rule
	for _, v := range list.Strings() {
		if r, ok := parseRule(v.Text()); ok {
			out = append(out, r.normal())
		}
	}
	return out
}

// anyUnder tells whether a rule would decide one of a list.
func anyUnder(text string, list []rule) bool {
	r, _ := parseRule(text)
	for _, e := range list {
		if covers(r.normal(), e) {
			return true
		}
	}
	return false
}

// anyOver tells whether one of a list decides a rule already.
func anyOver(list []rule, text string) bool {
	r, _ := parseRule(text)
	for _, e := range list {
		if covers(e, r.normal()) {
			return true
		}
	}
	return false
}
