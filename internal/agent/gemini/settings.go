package gemini

import (
	"encoding/json"

	"ringwall/internal/agent"
)

// settings are the sections of a settings file that ringwall writes.
type settings struct {
	General   section  `json:"general"`
	Privacy   section  `json:"privacy"`
	Telemetry section  `json:"telemetry"`
	Security  section  `json:"security"`
	Advanced  section  `json:"advanced"`
	Hooks     section  `json:"hooksConfig"`
	Skills    *section `json:"skills,omitempty"`
	IDE       *section `json:"ide,omitempty"`
	MCP       *section `json:"mcp,omitempty"`
}

// section is one object of it. Its names come out sorted.
type section map[string]any

// quiet is what the home inside and the machine have in common: nothing is
// reported, updated or loaded unasked, and nobody can switch the rules off.
func quiet() settings {
	return settings{
		General:   section{"enableAutoUpdate": false, "enableAutoUpdateNotification": false},
		Privacy:   section{"usageStatisticsEnabled": false},
		Telemetry: section{"enabled": false},
		Security: section{
			"disableYoloMode": true, "disableAlwaysAllow": true,
			"folderTrust": section{"enabled": true},
		},
		Advanced: section{"ignoreLocalEnv": true},
		Hooks:    section{"enabled": false},
	}
}

// homeSettings are those of a fresh home. Without the kind of sign-in the tool
// does not start, and a base address alone would choose one that it does not
// have.
func homeSettings() settings {
	s := quiet()
	s.General["checkpointing"] = section{"enabled": false}
	s.Security["auth"] = section{"selectedType": "gemini-api-key"}
	s.Advanced["autoConfigureMemory"] = false
	s.Skills = &section{"enabled": false}
	s.IDE = &section{"enabled": false}
	return s
}

// managedSettings bind a machine's users.
func managedSettings(r agent.Rules) settings {
	s := quiet()
	if r.Hooks {
		s.Hooks["enabled"] = true
	}
	s.MCP = &section{"allowed": r.Servers}
	if len(r.Servers) == 0 {
		// An empty list would allow every server: one that nobody has stands in
		// it, and the tools of all are denied.
		s.MCP = &section{"allowed": []string{"ringwall allows no server"}, "excluded": []string{"*"}}
	}
	return s
}

// encode renders values of this package's own types, which cannot fail.
func encode(v any) []byte {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		panic(err)
	}
	return append(b, '\n')
}
