package copilot

import "ringwall/internal/agent"

// ManagedPath is the administrator's file: --trust-folder, --yolo,
// COPILOT_ALLOW_ALL and the project's own settings were seen not to get past it.
// The tool takes it from root only, and not through a link.
const ManagedPath = "/etc/github-copilot/managed-settings.json"

type managed struct {
	Permissions      permissions `json:"permissions"`
	Locked           []string    `json:"strictPluginOnlyCustomization"`
	ManagedHooksOnly bool        `json:"allowManagedHooksOnly"`
	ManagedMCPOnly   bool        `json:"allowManagedMcpServersOnly"`
	AllowedServers   []server    `json:"allowedMcpServers"`
	Marketplaces     []string    `json:"strictKnownMarketplaces"`
	RemoteControl    remote      `json:"remoteControl"`
}

type permissions struct {
	DisableBypass   string   `json:"disableBypassPermissionsMode"`
	DisableAssisted bool     `json:"disableAssistedPermissionsMode"`
	DefaultMode     string   `json:"defaultMode"`
	Allow           []string `json:"allow"`
	Deny            []string `json:"deny"`
}

type server struct {
	Name string `json:"serverName"`
}

type remote struct {
	Mode string `json:"mode"`
}

// Managed implements agent.ManagedWriter.
func (Agent) Managed(r agent.Rules) map[string]string {
	return map[string]string{ManagedPath: string(render(r))}
}

// render leaves out what the grammar cannot hold: one rule that is none would
// have the tool drop the whole file for a policy that allows nothing.
func render(r agent.Rules) []byte {
	allow, deny := valid(r.Allow), valid(r.Deny)
	m := managed{
		Permissions: permissions{
			DisableBypass: "disable", DisableAssisted: true, DefaultMode: "manual",
			Allow: allowRules(allow, valid(r.Servers)), Deny: denyRules(allow, deny),
		},
		Locked:           []string{"skills", "agents"},
		ManagedHooksOnly: !r.Hooks,
		AllowedServers:   []server{},
		Marketplaces:     []string{}, // none: no plugin is installed
		RemoteControl:    remote{Mode: "disabled"},
	}
	if !r.Hooks {
		m.Locked = append(m.Locked, "hooks")
	}
	for _, name := range valid(r.Servers) {
		m.AllowedServers = append(m.AllowedServers, server{name})
	}
	// With servers that the owner lists, the list itself bounds them: the switch
	// for managed ones was seen to keep those out too.
	if m.ManagedMCPOnly = len(m.AllowedServers) == 0; m.ManagedMCPOnly {
		m.Locked = append(m.Locked, "mcp")
	}
	return encode(m)
}

func allowRules(commands, servers []string) []string {
	rules := []string{"Edit", "Read"}
	for _, name := range commands {
		rules = append(rules, "Shell("+name+":*)")
	}
	for _, name := range servers {
		rules = append(rules, "Mcp("+name+")")
	}
	return unique(rules)
}

func denyRules(allow, deny []string) []string {
	return refusals(allow, deny, "Shell", "Edit", "Read")
}
