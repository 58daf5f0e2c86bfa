package codex

import (
	"net"
	"net/url"
	"path"
	"strings"

	"ringwall/internal/agent"
)

const (
	rulesSuffix = ".rules"
	maxEntry    = 120 // bytes of an entry that a finding shows
)

// PermissionFiles implements agent.Linter. The rules file is the one that Codex
// writes itself; it reads every other "*.rules" beside it too, and Lint knows
// them by that ending.
func (Agent) PermissionFiles() []agent.Located {
	return []agent.Located{
		{Where: agent.InHome, Path: ".codex/config.toml"},
		{Where: agent.InHome, Path: ".codex/rules/default.rules"},
		{Where: agent.InProject, Path: ".codex/config.toml"},
		{Where: agent.InProject, Path: ".codex/rules/default.rules"},
		{Where: agent.OnMachine, Path: "/etc/codex/config.toml"},
		{Where: agent.OnMachine, Path: requirementsPath},
	}
}

// Lint implements agent.Linter.
func (Agent) Lint(name string, text []byte) []agent.Finding {
	var out []agent.Finding
	switch {
	case strings.HasSuffix(name, rulesSuffix):
		out = lintRules(text)
	case path.Base(name) == path.Base(requirementsPath):
		out = lintSettings(text, requirementRows(), lintRequirements)
	default:
		out = lintSettings(text, configRows(), nil)
	}
	var found []agent.Finding
	for _, f := range out {
		f.File, f.Entry = name, agent.Head(f.Entry, maxEntry)
		found = agent.AddFinding(found, f)
	}
	return found
}

// row is one thing that a setting can get wrong.
type row struct {
	key  string // see setting.fits
	bad  func(setting) bool
	says agent.Finding // without file, line and entry
}

// lintSettings looks at each setting; whole looks at all of them together.
func lintSettings(text []byte, rows []row, whole func([]setting) []agent.Finding) []agent.Finding {
	all, line, err := settings(text)
	if err != nil {
		return []agent.Finding{{Line: line, Problem: agent.Malformed,
			Why: "Codex cannot read this file and does not start: " + agent.Head(err.Error(), 200)}}
	}
	var out []agent.Finding
	for _, s := range all {
		for _, r := range rows {
			if s.fits(r.key) && r.bad(s) {
				f := r.says
				f.Line, f.Entry = s.line, s.entry()
				out = append(out, f)
				break
			}
		}
	}
	if whole != nil {
		out = append(out, whole(all)...)
	}
	return out
}

func is(values ...string) func(setting) bool {
	return func(s setting) bool {
		for _, v := range values {
			if s.text == v {
				return true
			}
		}
		return false
	}
}

// broad tells a folder that holds far more than a project: the root, what lies
// right below it, and a whole home folder.
func broad(folder string) bool {
	folder = strings.TrimSuffix(folder, "/")
	switch folder {
	case "", "~", "$HOME", ":root", ":home":
		return true
	}
	parts := strings.Split(folder, "/")
	if parts[0] != "" || folder == "/tmp" {
		return false
	}
	return len(parts) == 2 || len(parts) == 3 && (parts[1] == "home" || parts[1] == "Users")
}

// plainHTTP tells an address that is reached over a network without TLS.
func plainHTTP(s setting) bool {
	u, err := url.Parse(s.text)
	if err != nil || u.Scheme != "http" {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback())
}
