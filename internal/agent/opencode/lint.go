package opencode

import (
	"errors"
	"fmt"

	"ringwall/internal/agent"
	"ringwall/internal/agent/jsonedit"
)

const (
	maxRules = 500 // that are compared with each other
	maxEntry = 120 // bytes of an entry that a finding repeats
)

// The layers that catch what a rule lets through.
const (
	layerIsolation = "isolation"
	layerNetwork   = "network"
)

// PermissionFiles implements agent.Linter.
func (Agent) PermissionFiles() []agent.Located {
	var out []agent.Located
	for _, name := range []string{"opencode.json", "opencode.jsonc", ".opencode/opencode.json", ".opencode/opencode.jsonc"} {
		out = append(out, agent.Located{Where: agent.InProject, Path: name})
	}
	for _, name := range []string{"config.json", "opencode.json", "opencode.jsonc"} {
		out = append(out, agent.Located{Where: agent.InHome, Path: ".config/opencode/" + name})
	}
	return append(out, agent.Located{Where: agent.OnMachine, Path: firstPath}, agent.Located{Where: agent.OnMachine, Path: ConfigPath})
}

// Lint implements agent.Linter. A file without permissions has no finding, for
// another one may hold them; that opencode allows all where none does is said
// where a file begins to restrict and does not go through with it.
func (Agent) Lint(name string, text []byte) []agent.Finding {
	l := &linter{file: name}
	doc, err := jsonedit.Parse(text)
	if err != nil {
		l.broken(err)
		return l.out
	}
	if !doc.Root.Is(jsonedit.Object) {
		l.add(doc.Root.Line, agent.Malformed, "", "the file is no object: opencode does not start while it is there", "", "")
		return l.out
	}
	l.duplicates(doc)
	top := l.read("", doc.Root.Get("permission"))
	l.judge(top, nil)
	l.agents(doc.Root, top)
	l.providers(doc.Root.Get("provider"))
	l.share(doc.Root.Get("share"))
	l.starts(doc.Root)
	return l.out
}

// linter collects the findings of one file.
type linter struct {
	file string
	out  []agent.Finding
}

func (l *linter) add(line int, problem, entry, why, better, layer string) {
	l.out = agent.AddFinding(l.out, agent.Finding{
		File: l.file, Line: line, Problem: problem, Entry: agent.Head(entry, maxEntry), Why: why,
		Better: agent.Head(better, maxEntry), Layer: layer,
	})
}

// broken is a text that is no JSON.
func (l *linter) broken(err error) {
	line, why := 1, err.Error()
	if syntax := (*jsonedit.SyntaxError)(nil); errors.As(err, &syntax) {
		line, why = syntax.Line, syntax.Why
	}
	l.add(line, agent.Malformed, "", agent.Head("opencode does not start while this file is there: "+why, 300), "", "")
}

func (l *linter) duplicates(doc *jsonedit.Doc) {
	for _, d := range doc.Duplicates {
		l.add(d.Line, agent.Duplicate, d.Path, "the name stands twice; only the later one is read", "", "")
	}
}

// agents looks at the rules of each agent. They come after those of the top, so
// that one that allows takes back what the top refuses.
func (l *linter) agents(root *jsonedit.Value, top []rule) {
	for _, group := range []string{"agent", "mode"} {
		agents := root.Get(group)
		if !agents.Is(jsonedit.Object) {
			continue
		}
		for _, m := range agents.Members {
			where := group + "." + m.Name + ".permission."
			l.judge(l.read(where, m.Value.Get("permission")), top)
		}
	}
}

// providers of whose own service the address is known must not lead elsewhere:
// the key goes along. One that is read from the environment is the owner's.
func (l *linter) providers(all *jsonedit.Value) {
	for _, p := range []struct{ name, host string }{
		{"anthropic", "api.anthropic.com"}, {"openai", "api.openai.com"},
		{"google", "generativelanguage.googleapis.com"}, {"openrouter", "openrouter.ai"}, {"opencode", "opencode.ai"},
	} {
		url := all.Get(p.name, "options", "baseURL")
		if url.Is(jsonedit.String) && elsewhere(url.Text(), p.host) {
			l.add(url.Line, agent.Redirects, fmt.Sprintf("provider.%s.options.baseURL: %s", p.name, url.Text()),
				"the calls of "+p.name+", with their key, go to another host than "+p.host, "", layerNetwork)
		}
	}
}

func (l *linter) share(v *jsonedit.Value) {
	if v.Is(jsonedit.String) && v.Text() == "auto" {
		l.add(v.Line, agent.Redirects, `"share": "auto"`, "every session is uploaded to opencode's own service as it goes",
			`"share": "disabled"`, layerNetwork)
	}
}
