package opencode

import (
	"path"

	"ringwall/internal/agent"
	"ringwall/internal/agent/jsonedit"
)

// starts looks at what runs with opencode itself, where no permission is asked:
// plugins and the servers of this machine. In an administrator's file they are
// its owner's will.
func (l *linter) starts(root *jsonedit.Value) {
	if path.IsAbs(l.file) {
		return
	}
	for _, v := range root.Get("plugin").Strings() {
		l.add(v.Line, agent.Executes, "plugin: "+v.Text(), "a plugin is code that runs in opencode, past every permission", "", layerIsolation)
	}
	servers := root.Get("mcp")
	if !servers.Is(jsonedit.Object) {
		return
	}
	for _, m := range servers.Members {
		words := m.Value.Get("command").Strings()
		if len(words) == 0 || m.Value.Get("enabled").Is(jsonedit.False) {
			continue
		}
		l.add(words[0].Line, agent.Executes, "mcp."+m.Name+".command: "+words[0].Text(),
			"this program starts with opencode, past every permission", `"enabled": false`, layerIsolation)
	}
}
