package claude

import "ringwall/internal/agent"

// managedOnly are the keys that count in an administrator's file alone.
type managedOnly struct {
	RulesOnly   bool     `json:"allowManagedPermissionRulesOnly"`
	HooksOnly   bool     `json:"allowManagedHooksOnly,omitempty"`
	ServersOnly bool     `json:"allowManagedMcpServersOnly"`
	Allowed     []server `json:"allowedMcpServers"` // empty: none
}

type server struct {
	Name string `json:"serverName"`
}

// Managed implements agent.ManagedWriter. A person at a terminal is still asked
// for what the rules do not decide; without one, that is refused. Rules, hooks
// and servers of projects and users do not count, and the mode is pinned: a
// project may set any other key, its own API address included, so a linter has
// to look at it.
func (Agent) Managed(r agent.Rules) map[string]string {
	return map[string]string{managedSettings: string(renderManaged(r, "default"))}
}

// renderManaged is one file for all starts of the tool on a machine, or inside.
// The mode has to stand here, since a project's would count otherwise, and the
// bypass has to be off, since an argument would count before the mode.
func renderManaged(r agent.Rules, mode string) []byte {
	allowed := make([]server, 0, len(r.Servers))
	for _, name := range r.Servers {
		allowed = append(allowed, server{Name: name})
	}
	return encode(settings{
		Permissions: permissions{
			Allow:         allowRules(r),
			Deny:          denyRules(r),
			DefaultMode:   mode,
			DisableBypass: "disable",
		},
		Servers:     r.Servers,
		managedOnly: &managedOnly{RulesOnly: true, HooksOnly: !r.Hooks, ServersOnly: true, Allowed: allowed},
	})
}
