package opencode

import (
	"bytes"
	"encoding/json"

	"ringwall/internal/agent"
)

// agentName is the agent that a run starts.
const agentName = "build"

// modelEnv names the model, "provider/model". Where it is not set, the empty
// text stands in its place, and opencode takes its own choice.
const modelEnv = "OPENCODE_MODEL"

const schema = "https://opencode.ai/config.json"

// Files implements agent.Agent: the machine's own configuration, which comes
// last. Both of its names are written, so that what an administrator keeps under
// one of them on the host is not read between.
//
// The servers that the owner lists are off too: what starts them stands in the
// project's configuration, which is not loaded. The same holds for hooks, which
// opencode has as plugins.
func (Agent) Files(r agent.Rules) map[string]string {
	return map[string]string{
		firstPath:  string(encode(object{{"$schema", schema}})),
		ConfigPath: string(encode(config(r))),
	}
}

// config is the whole of it. Formatters and language servers are programs of
// the project that run without a permission; snapshots are copies of the
// project, which the changeset makes superfluous; the agent that gives a session
// its title asks the model once more for nothing.
func config(r agent.Rules) object {
	p := permission(r, deny)
	return object{
		{"$schema", schema},
		{"autoupdate", false},
		{"share", "disabled"},
		{"snapshot", false},
		{"formatter", false},
		{"lsp", false},
		{"default_agent", agentName},
		{"model", "{env:" + modelEnv + "}"},
		{"provider", providers()},
		{"permission", p},
		{"agent", agents(p, object{{"title", object{{"disable", true}}}}...)},
	}
}

// Managed implements agent.ManagedWriter. A person at a terminal is asked for
// what the rules do not decide; without one, that is refused, unless "--auto"
// is given, which only a denial withstands. A project's own rules stay in force
// where they name what these do not, and so do its agents: this grammar has
// nothing that closes that, so a linter has to look at the project.
func (Agent) Managed(r agent.Rules) map[string]string {
	p := permission(r, ask)
	return map[string]string{firstPath: string(encode(object{
		{"$schema", schema},
		{"share", "disabled"},
		{"default_agent", agentName},
		{"permission", p},
		{"agent", agents(p)},
	}))}
}

// agents repeats the rules under the agent itself, because an agent's own rules
// come after those of the top.
func agents(p object, others ...entry) object {
	return append(object{{agentName, object{{"permission", p}}}}, others...)
}

// providers sends their calls where the environment says. opencode would read
// the first variable by itself, and leave out the version that its paths lack.
func providers() object {
	at := func(url string) object { return object{{"options", object{{"baseURL", url}}}} }
	return object{
		{"anthropic", at("{env:ANTHROPIC_BASE_URL}/v1")},
		{"openai", at("{env:OPENAI_BASE_URL}")},
	}
}

// permission allows the file tools and the commands; rest decides everything
// else. A tool that is denied whole is not there at all: fetching and searching,
// skills, servers' tools, questions. Outside the project only the folder of
// temporary files is free.
func permission(r agent.Rules, rest string) object {
	return object{
		{"*", rest},
		{"read", readRules()},
		{"edit", editRules()},
		{"glob", allow},
		{"grep", allow},
		{"list", allow},
		{"todoread", allow},
		{"todowrite", allow},
		{"task", allow},    // a subagent has the same rules
		{"invalid", allow}, // says to the model what was wrong with a call
		{"external_directory", object{{"*", rest}, {"/tmp/*", allow}}},
		{"bash", bashRules(valid(r.Allow), r.Deny, rest)},
	}
}

// valid leaves out what would widen a rule. Of what is denied nothing is left
// out: wider is no harm there.
func valid(names []string) []string {
	var out []string
	for _, n := range names {
		if validCommand(n) {
			out = append(out, n)
		}
	}
	return out
}

// readRules keep the tool that reads files from secrets.
func readRules() object {
	rules := object{{"*", allow}}
	for _, p := range []string{"*.env", "*.env.*", "*.pem", "*.key", "secrets/*", "*/secrets/*", "*/.ssh/*", "*/.aws/*"} {
		rules = append(rules, entry{p, deny})
	}
	return append(rules, entry{"*.env.example", allow})
}

// editRules keep the tools that change files from what steers this one. They
// are there for the message: the files are frozen.
func editRules() object {
	rules := object{{"*", allow}}
	for _, p := range []string{
		".opencode/*", "opencode.json", "opencode.jsonc", ".git/config", ".git/hooks/*",
		"AGENTS.md", "CLAUDE.md", "CONTEXT.md", "CONSTITUTION.md", "AGENT_PLAYBOOK.md", "PROMPT.md", "ringwall.toml",
	} {
		rules = append(rules, entry{p, deny}, entry{"*/" + p, deny})
	}
	return rules
}

// encode renders values of this package's own types, which cannot fail.
func encode(v any) []byte {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		panic(err)
	}
	return out.Bytes()
}
