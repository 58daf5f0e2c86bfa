package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"ringwall/internal/agent"
	"ringwall/internal/agent/catalog"
	"ringwall/internal/host"
	"ringwall/internal/policy"
	"ringwall/internal/project"
)

// foundAgent is a tool that ringwall knows, and what of it is here.
type foundAgent struct {
	agent.Agent
	program string   // its executable, by PATH; empty: not there
	traces  []string // its files in the project
}

// chosen is what will work here, and why. agent is nil where a policy names
// nothing to start.
type chosen struct {
	agent   agent.Agent
	command []string
	why     string
}

// findAgents looks for each known tool on PATH and in the project. Nothing is
// started.
func findAgents(h host.Facts, pr project.Facts) []foundAgent {
	var out []foundAgent
	for _, a := range catalog.All() {
		d := a.Describe()
		if d.Executable == "" {
			continue
		}
		f := foundAgent{Agent: a, program: onPath(h.Path, h.Env["PATH"], d.Executable), traces: pr.Traces[d.Name]}
		if f.program != "" || len(f.traces) > 0 {
			out = append(out, f)
		}
	}
	return out
}

// onPath is the file that a name starts; empty where there is none. Folders of
// PATH that are relative are left out: they mean another place each time.
func onPath(dirs []string, list, name string) string {
	if len(dirs) == 0 {
		dirs = filepath.SplitList(list)
	}
	for _, dir := range dirs {
		path := filepath.Join(dir, name)
		if !filepath.IsAbs(dir) {
			continue
		}
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return path
		}
	}
	return ""
}

// agentNamed is a tool by the name that its caller gave; nil for none.
func agentNamed(name string) (agent.Agent, error) {
	if name == "" {
		return nil, nil
	}
	a, ok := catalog.Find(name)
	if !ok {
		return nil, usage(withHint("the agents are "+strings.Join(catalog.Names(), ", "), "no such agent: %q", name))
	}
	return a, nil
}

// choose takes what was asked for, else what the policy has already, else the
// tool that is both used and installed here, used here, installed here.
func choose(f initFlags, own *policy.Policy, found []foundAgent) (chosen, error) {
	if len(f.command) > 0 && f.agent != "" {
		return chosen{}, usage(withHint("leave one of them out", "--agent and --command exclude each other"))
	}
	a, err := agentNamed(f.agent)
	switch {
	case err != nil:
		return chosen{}, err
	case own != nil:
		return ofPolicy(f, *own)
	case len(f.command) > 0:
		return chosen{command: f.command, why: "as asked for"}, nil
	case a != nil:
		return chosen{agent: a, why: "as asked for"}, nil
	}
	return best(found), nil
}

// ofPolicy is what the policy that is there names. It is not changed, so
// another wish cannot be met.
func ofPolicy(f initFlags, own policy.Policy) (chosen, error) {
	if f.agent != "" && f.agent != own.Agent || len(f.command) > 0 && !slices.Equal(f.command, own.Command) {
		return chosen{}, usage(withHint("change it there, then: ringwall trust", "%s names what works here already", policy.FileName))
	}
	why := policy.FileName + " names it"
	if own.Agent == "" {
		return chosen{command: own.Command, why: why}, nil
	}
	a, ok := catalog.Find(own.Agent)
	if !ok {
		return chosen{}, usage(own.CheckAgent(catalog.Names()))
	}
	return chosen{agent: a, why: why}, nil
}

func best(found []foundAgent) chosen {
	for _, fits := range []func(foundAgent) bool{
		func(f foundAgent) bool { return f.program != "" && len(f.traces) > 0 },
		func(f foundAgent) bool { return len(f.traces) > 0 },
		func(f foundAgent) bool { return f.program != "" },
	} {
		if i := slices.IndexFunc(found, fits); i >= 0 {
			return chosen{agent: found[i].Agent, why: whyFound(found[i])}
		}
	}
	return chosen{agent: catalog.All()[0], why: "since no agent was found here"}
}

// whyFound speaks of the project alone where it can: the policy is for whoever
// has a copy of it.
func whyFound(f foundAgent) string {
	if len(f.traces) > 0 {
		return "by " + list(f.traces, 2)
	}
	return "since it is installed, and no agent's files are here"
}
