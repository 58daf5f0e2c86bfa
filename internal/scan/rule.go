package scan

import (
	"fmt"
	"path"
	"strings"
)

// said is one rule of a file, as far as its form tells.
type said struct {
	file, text string
	line       line
	never      bool
	firm       bool // "always", "must": meant everywhere, not only in its section
}

var (
	bullet    = lazy(`^\s*(?:[-*+]|\d+[.)])?\s*(?:\[[ xX]\]\s*)?`)
	forbids   = lazy(`(?i)^(?:you\s+)?(?:never|do\s+not|don't|must\s+not|must\s+never|may\s+not)\s+(?:ever\s+)?(.+)$`)
	demands   = lazy(`(?i)^(?:you\s+)?(?:always|must(?:\s+always)?)\s+(.+)$`)
	condition = lazy(`(?i)\b(?:if|unless|when|except|without|until|before|after|only|while|instead|where|unasked)\b`)
)

// contradictions finds two rules of which one forbids in the same words what
// the other asks for, in files of the same folder. Rules with a condition are
// left out, and a bare "Do X" counts in its own section only: elsewhere it may
// be about something else.
func contradictions(texts []Text) []Finding {
	byKey := map[string][]said{}
	var out []Finding
	for _, t := range texts {
		for _, l := range linesOf(visible(string(t.Content))) {
			s, key := ruleOf(t.Name, l)
			if key == "" {
				continue
			}
			key = path.Dir(t.Name) + "\x00" + key
			if o, found := opposite(byKey[key], s); found {
				out = append(out, Finding{File: t.Name, Line: l.n, Problem: Contradicts, Entry: excerpt(s.text),
					Why:    fmt.Sprintf("%s:%d says the opposite: %s", o.file, o.line.n, excerpt(o.text)),
					Better: "keep one of them, or say when each holds"})
			}
			if len(byKey[key]) < 8 {
				byKey[key] = append(byKey[key], s)
			}
		}
	}
	return out
}

func opposite(before []said, s said) (said, bool) {
	for _, o := range before {
		same := o.file == s.file && o.line.section == s.line.section
		if o.never != s.never && (same || o.firm && s.firm) {
			return o, true
		}
	}
	return said{}, false
}

// ruleOf reads a line as a rule; the key is what it is about, "" for none.
func ruleOf(file string, l line) (said, string) {
	text := strings.Trim(bullet().ReplaceAllString(l.text, ""), "*_ \t")
	if l.fenced || len(text) > 200 || strings.HasPrefix(text, "#") {
		return said{}, ""
	}
	s := said{file: file, text: text, line: l, firm: true}
	rest := text
	if m := forbids().FindStringSubmatch(text); m != nil {
		s.never, rest = true, m[1]
	} else if m := demands().FindStringSubmatch(text); m != nil {
		rest = m[1]
	} else {
		s.firm = false
	}
	if i := strings.IndexAny(rest, ".;:(!"); i >= 0 && strings.TrimSpace(rest[i:]) != "" && rest[i] != '.' {
		return said{}, "" // more is said
	}
	if condition().MatchString(rest) {
		return said{}, ""
	}
	return s, key(rest)
}

// key is what a rule is about, without what changes nothing.
func key(s string) string {
	var out []string
	for _, w := range strings.Fields(strings.ToLower(s)) {
		switch w = strings.Trim(w, "\"'*_,.!"); w {
		case "", "the", "a", "an", "any", "your", "all", "please":
		default:
			out = append(out, w)
		}
	}
	if len(out) < 2 {
		return ""
	}
	return strings.Join(out, " ")
}
