package gemini

import (
	"bytes"
	"encoding/json"
	"errors"

	"ringwall/internal/agent"
	"ringwall/internal/agent/jsonedit"
	"ringwall/internal/plan"
)

// settings looks at a settings file. Comments are good for the tool; a comma at
// the end is not, and ends its start.
func (l *linter) settings(text []byte) {
	const end = "Gemini CLI does not start where it stands"
	doc, err := jsonedit.Parse(text)
	var bad *jsonedit.SyntaxError
	switch {
	case errors.As(err, &bad):
		l.report(finding{line: bad.Line, problem: agent.Malformed, why: "this is no JSON (" + bad.Why + "): " + end})
	case !doc.Root.Is(jsonedit.Object):
		l.report(finding{line: doc.Root.Line, problem: agent.Malformed, why: "it holds no object: " + end})
	case doc.Loose > 0 && !json.Valid(withoutComments(doc.Bytes())):
		l.report(finding{line: doc.Loose, problem: agent.Malformed, why: "a comma with nothing behind it is no JSON: " + end})
	default:
		l.content(doc)
	}
}

func (l *linter) content(doc *jsonedit.Doc) {
	for _, d := range doc.Duplicates {
		l.report(finding{line: d.Line, entry: d.Path, problem: agent.Duplicate, why: "the name is there twice, and only the last one counts"})
	}
	for _, row := range settingRows() {
		if v := doc.Root.Get(row.path...); v != nil && (!l.managed || !row.owners) && row.bad(v) {
			l.report(finding{line: v.Line, entry: row.name() + ": " + v.Text(), problem: row.problem,
				why: row.why, better: row.better, layer: row.layer})
		}
	}
	l.allowlist("core", doc.Root.Get("tools", "core"))
	l.allowlist("allowed", doc.Root.Get("tools", "allowed"))
	l.excluded(doc.Root.Get("tools", "exclude"))
	l.servers(doc.Root.Get("mcpServers"))
	if !l.managed {
		l.hooks(doc.Root.Get("hooks"))
	}
}

// servers start a program each, before anybody is asked.
func (l *linter) servers(list *jsonedit.Value) {
	if !list.Is(jsonedit.Object) {
		return
	}
	for _, m := range list.Members {
		if v := m.Value.Get("trust"); v.Is(jsonedit.True) {
			l.report(finding{line: v.Line, entry: "mcpServers." + m.Name + ".trust: true", problem: agent.Bypasses, layer: plan.Isolation,
				why: "every tool of this server runs without a question", better: `"includeTools": ["the-one-you-need"]`})
		}
		if v := m.Value.Get("command"); v.Is(jsonedit.String) && !l.managed {
			l.report(finding{line: v.Line, entry: "mcpServers." + m.Name + ".command: " + v.Text(), problem: agent.Executes, layer: plan.Isolation,
				why: "this program starts with Gemini CLI, past every rule, wherever the folder is trusted"})
		}
	}
}

// hooks are programs at points of a session.
func (l *linter) hooks(v *jsonedit.Value) {
	if v == nil {
		return
	}
	if c := v.Get("command"); c.Is(jsonedit.String) {
		l.report(finding{line: c.Line, entry: "hooks: " + c.Text(), problem: agent.Executes, layer: plan.Isolation,
			why: "a hook runs past every rule, wherever the folder is trusted"})
	}
	for _, m := range v.Members {
		l.hooks(m.Value)
	}
	for _, e := range v.Elements {
		l.hooks(e)
	}
}

// withoutComments puts blanks in the place of comments, as the tool does.
func withoutComments(text []byte) []byte {
	out := append([]byte(nil), text...)
	for i := 0; i < len(out); i++ {
		switch {
		case out[i] == '"':
			i = endOfString(out, i)
		case out[i] == '/' && i+1 < len(out) && out[i+1] == '/':
			for ; i < len(out) && out[i] != '\n'; i++ {
				out[i] = ' '
			}
		case out[i] == '/' && i+1 < len(out) && out[i+1] == '*':
			i = blank(out, i)
		}
	}
	return out
}

// endOfString is the index of the quote that closes the one at i.
func endOfString(b []byte, i int) int {
	for i++; i < len(b) && b[i] != '"'; i++ {
		if b[i] == '\\' {
			i++
		}
	}
	return i
}

// blank takes out the block comment at i and gives the index of its end.
func blank(b []byte, i int) int {
	end := bytes.Index(b[i+2:], []byte("*/"))
	if end < 0 {
		return len(b)
	}
	end += i + 2 + len("*/")
	for ; i < end; i++ {
		b[i] = ' '
	}
	return end - 1
}
