package cli

import (
	"encoding/json"
	"errors"

	"ringwall/internal/agent"
	"ringwall/internal/agent/jsonedit"
	"ringwall/internal/layer/permissions"
)

// projectWriter is the part of a tool that writes its project's permissions.
func projectWriter(a agent.Agent) (agent.ProjectWriter, bool) {
	if w, ok := a.(agent.ProjectWriter); ok {
		return w, true
	}
	if a.Describe().Name == "claude" {
		return claudeWriter{}, true
	}
	return nil, false
}

// permissionFiles is the part of a tool that knows its permission files.
func permissionFiles(a agent.Agent) (interface{ PermissionFiles() []agent.Located }, bool) {
	if l, ok := a.(agent.Linter); ok {
		return l, true
	}
	if a.Describe().Name == "claude" {
		return claudeWriter{}, true
	}
	return nil, false
}

type claudeWriter struct{}

func (claudeWriter) PermissionFiles() []agent.Located {
	return []agent.Located{
		{Where: agent.InProject, Path: ".claude/settings.json"},
		{Where: agent.InProject, Path: ".claude/settings.local.json"},
	}
}

func (claudeWriter) ProjectFiles(r agent.Rules) map[string]string {
	text, err := permissions.ClaudeSettings(r.Allow)
	if err != nil {
		return nil
	}
	return map[string]string{".claude/settings.local.json": string(text)}
}

func (w claudeWriter) Merge(name string, old []byte, r agent.Rules) ([]byte, error) {
	doc, err := jsonedit.Parse(old)
	if err != nil {
		return nil, err
	}
	var fresh struct {
		Permissions struct{ Allow, Deny []string } `json:"permissions"`
	}
	if err := json.Unmarshal([]byte(w.ProjectFiles(r)[name]), &fresh); err != nil {
		return nil, err
	}
	err = errors.Join(doc.AddStrings([]string{"permissions", "allow"}, fresh.Permissions.Allow...),
		doc.AddStrings([]string{"permissions", "deny"}, fresh.Permissions.Deny...))
	return doc.Bytes(), err
}
