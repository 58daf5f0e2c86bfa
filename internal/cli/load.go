package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"ringwall/internal/agent"
	"ringwall/internal/agent/catalog"
	"ringwall/internal/agent/generic"
	"ringwall/internal/host"
	"ringwall/internal/layer"
	"ringwall/internal/layer/isolation"
	"ringwall/internal/layer/network"
	"ringwall/internal/layer/permissions"
	"ringwall/internal/plan"
	"ringwall/internal/policy"
	"ringwall/internal/project"
)

// machinePolicy bounds every project's policy on this machine.
const machinePolicy = "/etc/ringwall/policy.toml"

// work is a project ready to be planned.
type work struct {
	host    host.Facts
	run     string // the name of the run, should it come to one
	waiting waiting
	policy  policy.Policy
	raw     []byte // the project's policy as approved
	project project.Facts
	plan    plan.Plan
	notes   []string // where the machine's policy was tighter
	owns    []string // what the owner starts, before ringwall adds to it
	stderr  io.Writer
}

// load reads the policy, checks that its owner approved it, and gathers the
// facts. Nothing of the project is believed before the check. Kind is "run",
// "loop" or "plan".
func (e *env) load(kind string) (*work, error) {
	h, err := e.probe(func(host.Facts) {})
	if err != nil {
		return nil, err
	}
	return e.loadOn(h, kind, runName())
}

// loadOn is load for a machine that was looked at.
func (e *env) loadOn(h host.Facts, kind, run string) (*work, error) {
	h.Programs = h.FindPrograms(isolation.RiskyNames())
	w := &work{host: h, run: run, stderr: e.err}
	dir, err := e.find(policy.FileName)
	if err != nil {
		return nil, err
	}
	if err := w.readPolicy(dir); err != nil {
		return nil, err
	}
	w.host.LookAt(realPath(dir))
	if err := w.inspect(dir); err != nil {
		return nil, misuse(kind, err)
	}
	return w, nil
}

// probe finds out what this machine can do, for which it needs a place, and
// tells it as soon as it is known.
func (e *env) probe(able func(host.Facts)) (host.Facts, error) {
	h, err := host.ProbeEarly(e.vars, able)
	if err != nil {
		return h, withHint("make it a folder that you can write to, or set XDG_STATE_HOME to another place",
			"use the state directory %q: %w", h.StateDir, err)
	}
	return h, nil
}

func (w *work) readPolicy(dir string) error {
	p, raw, err := policy.Load(filepath.Join(dir, policy.FileName))
	if raw != nil {
		// A text that nobody approved is not even complained about in detail.
		if trust := w.store().Check(realPath(dir), raw); trust != nil && err == nil {
			return usage(trust)
		}
	}
	if err != nil {
		return usage(err)
	}
	w.raw = raw
	machine, _, err := policy.Load(machinePolicy)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		w.policy = p
	case err != nil:
		return usage(err)
	default:
		if w.policy, w.notes, err = policy.Merge(machine, p); err != nil {
			return usage(err)
		}
	}
	if err := w.policy.CheckAgent(catalog.Names()); err != nil {
		return usage(err)
	}
	return nil
}

func (w *work) store() policy.Store {
	return policy.NewStore(filepath.Join(w.host.StateDir, "trust.json"))
}

func realPath(dir string) string {
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		return real
	}
	return dir
}

func (w *work) inspect(dir string) error {
	a := w.agent()
	pr, err := project.Inspect(project.Options{Path: dir, Home: w.host.Home, StateDir: w.host.StateDir,
		Env: func(k string) string { return w.host.Env[k] }, Agent: a,
		Hide: w.policy.Workspace.Hide, Freeze: w.policy.Workspace.Freeze,
		Memory: w.policy.Workspace.Memory, Firm: w.policy.Workspace.Firm,
		Index: filepath.Join(placeOf(w.host.StateDir, realPath(dir)), "index")})
	if err != nil {
		return w.placed(err)
	}
	w.project = pr
	if pr.Git.Linked {
		w.notes = append(w.notes, "The repository of this worktree lies elsewhere and is shown read-only: the agent cannot commit. You can, when it is done.")
	}
	return nil
}

// placed gives an error about an entry of the policy its place there.
func (w *work) placed(err error) error {
	var bad *project.Error
	if !errors.As(err, &bad) || bad.Kind != project.BadMemory {
		return err
	}
	i := slices.Index(w.policy.Workspace.Memory, bad.Path)
	return withHint(bad.Fix, "%w", w.policy.ErrorAt(fmt.Sprintf("workspace.memory[%d]", i), bad.Msg))
}

// agent is the tool that the policy names; for a plain command the generic one.
func (w *work) agent() agent.Agent {
	if a, ok := catalog.Find(w.policy.Agent); ok {
		return a
	}
	return generic.Agent{}
}

// compile makes the plan for a command. Kind is "run" or "loop".
func (w *work) compile(kind string, command []string, accept []string) error {
	argv0, grants, err := locate(command[0], w.host, w.project.Path)
	switch {
	case err != nil && kind == "plan": // the rest of the plan is worth seeing
		argv0 = command[0]
		w.notes = append(w.notes, "A loop would not start: "+err.Error()+".")
	case err != nil:
		return misuse(kind, err)
	}
	w.project.Program = grants
	if kind == "run" && filepath.Base(command[0]) != w.agent().Describe().Executable {
		w.project.Agent = nil // a command of the owner's, not the agent
	}
	if w.plan, err = layer.Compile(w.policy, w.host, w.project); err != nil {
		return usage(err)
	}
	w.plan.Command = append([]string{argv0}, command[1:]...)
	if w.project.Agent == nil {
		w.plan.Agent = "generic"
	}
	w.plan.Policy = policy.Digest(w.raw)
	if kind == "run" {
		w.plan.Controls = without(w.plan.Controls, func(c plan.Control) bool { return c.Want.Decoy != nil })
	}
	w.plan.Waived = accept
	if kind == "run" {
		w.owns = command
	}
	for _, id := range accept {
		if _, ok := w.plan.Find(id); !ok {
			return usage(withHint("ringwall plan --json lists the controls", "--accept %s: there is no such control", id))
		}
	}
	return nil
}

// misuse is an error about what the policy or the owner named, before anything
// starts: for a single command that is a failure to start it.
func misuse(kind string, err error) error {
	if kind == "run" {
		return notStarted(err)
	}
	return usage(err)
}

// notStarted gives an error that came before the command the code for that;
// wrong usage keeps its own.
func notStarted(err error) error {
	var ee *exitError
	if errors.As(err, &ee) {
		return err
	}
	return exit(exitNotStarted, err)
}

func without(in []plan.Control, drop func(plan.Control) bool) []plan.Control {
	var out []plan.Control
	for _, c := range in {
		if !drop(c) {
			out = append(out, c)
		}
	}
	return out
}

// refuseIfMissing stops before anything starts when a control that must hold
// does not.
func (w *work) refuseIfMissing(code int) error {
	missing := w.plan.Missing()
	if len(missing) == 0 {
		return w.refuseBypass(code)
	}
	var b strings.Builder
	b.WriteString("nothing was started, since this cannot be enforced here:")
	for _, g := range byReason(missing) {
		fmt.Fprintf(&b, "\n  %s: %s", list(g.ids, 3), g.why)
	}
	return exit(code, withHint("ringwall doctor tells what this machine lacks; --accept CONTROL goes on without that control, and every report says so", "%s", b.String()))
}

// reason is what several controls lack together.
type reason struct {
	why string
	ids []string
}

func byReason(controls []plan.Control) []reason {
	var out []reason
	at := map[string]int{}
	for _, c := range controls {
		i, known := at[c.Why]
		if !known {
			i = len(out)
			at[c.Why] = i
			out = append(out, reason{why: string(c.Status) + ": " + c.Why})
		}
		out[i].ids = append(out[i].ids, c.ID)
	}
	return out
}

// agentCommand is what a loop starts.
func (w *work) agentCommand() ([]string, error) {
	if err := w.policy.Runnable(); err != nil {
		return nil, usage(err)
	}
	base, err := w.baseURL()
	if err != nil {
		return nil, usage(err)
	}
	w.owns = slices.Clone(w.policy.Command)
	argv := w.agent().Invocation(agent.Request{Command: w.policy.Command, PromptOnStdin: true, BudgetUSD: w.budget(),
		BaseURL: base, Rules: permissions.Rules(w.policy)})
	if len(argv) == 0 {
		return nil, errors.New("the policy's agent has no command")
	}
	return argv, nil
}

// baseURL is where the gateway takes the agent's own key, for an agent that has
// to be told so as an argument. The command is a part of the plan, so this is
// asked of the one layer that knows before there is a plan.
func (w *work) baseURL() (string, error) {
	own := w.agent().Describe().KeyEnv
	if own == "" || len(w.policy.Credentials) == 0 {
		return "", nil
	}
	controls, err := network.Layer{}.Plan(w.policy, w.host, w.project)
	if err != nil {
		return "", err
	}
	for _, c := range controls {
		if k := c.Want.Credential; k != nil && c.Status != plan.Unavailable && k.KeyEnv == own {
			return k.BaseURL(), nil
		}
	}
	return "", nil
}

func (w *work) budget() float64 {
	if w.policy.Loop.MaxCostUSD == nil {
		return 0
	}
	return *w.policy.Loop.MaxCostUSD
}

// locate finds a command as the agent's environment would, and what the view
// has to show for it to start. A name with a slash is a path inside.
func locate(name string, h host.Facts, projectDir string) (argv0 string, grants []string, err error) {
	if strings.Contains(name, "/") {
		if !filepath.IsAbs(name) {
			return filepath.Join(projectDir, name), nil, nil
		}
		real, err := filepath.EvalSymlinks(name)
		if err != nil {
			// It may exist only inside; if not, starting it says so.
			return name, nil, nil
		}
		return name, packageOf(real), nil
	}
	for _, dir := range append(h.Path, "/usr/local/bin", "/usr/bin", "/bin") {
		path := filepath.Join(dir, name)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return resolved(path)
		}
	}
	return "", nil, withHint("install it, or write its full path", "cannot find the command %q on PATH", name)
}

// resolved names the file itself: a link on the way may lead through folders
// that the view does not have.
func resolved(path string) (string, []string, error) {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return "", nil, err
	}
	// A program that acts by the name of the link keeps it where the view has
	// the link too.
	if strings.HasPrefix(path, "/usr/") || strings.HasPrefix(path, "/bin/") {
		return path, packageOf(real), nil
	}
	return real, packageOf(real), nil
}

// insideDir is where the command starts: where its caller is, if that is in
// the project.
func (e *env) insideDir(project string) string {
	dir := realPath(e.dir)
	if dir == project || len(dir) > len(project) && dir[:len(project)+1] == project+"/" {
		return dir
	}
	return project
}

// packageOf is what a program needs beside itself: for one that npm installed,
// the tree of modules that it lies in.
func packageOf(path string) []string {
	const modules = "/node_modules/"
	if i := strings.Index(path, modules); i >= 0 {
		return []string{path[:i+len(modules)-1]}
	}
	return []string{path}
}
