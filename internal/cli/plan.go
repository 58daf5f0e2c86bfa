package cli

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ringwall/internal/layer/isolation"
	"ringwall/internal/layer/network"
	"ringwall/internal/plan"
)

func (e *env) planCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "plan", Short: "Show what the policy becomes on this machine",
		Args: usageArgs(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error { return e.plan() },
	}
	c.Flags().BoolVar(&e.flag.json, "json", false, "the plan as JSON, with its hash")
	c.Flags().StringSliceVar(&e.flag.accept, "accept", nil, "go on without this control (recorded)")
	return c
}

func (e *env) plan() error {
	w, err := e.load("plan")
	if err != nil {
		return err
	}
	command, err := w.agentCommand()
	if err != nil {
		return err
	}
	if err := w.compile("plan", command, e.flag.accept); err != nil {
		return err
	}
	hash, err := w.plan.Hash()
	if err != nil {
		return err
	}
	if e.flag.json {
		enc := json.NewEncoder(e.out)
		enc.SetIndent("", "  ")
		return enc.Encode(struct {
			Hash string    `json:"hash"`
			Plan plan.Plan `json:"plan"`
		}{hash, w.plan})
	}
	e.showPlan(w, hash)
	return w.refuseIfMissing(exitUnavailable)
}

// showPlan answers, in this order: what can the agent do, what can it not do,
// how much, what does not hold here, and what is left to worry about.
func (e *env) showPlan(w *work, hash string) {
	t := table{e.out, 16}
	t.row("project", w.plan.Project)
	t.row("agent", w.plan.Agent+": "+commandLine(w.plan.Command))
	t.row("plan", hash)
	v := view{table: t, plan: w.plan}
	v.can()
	v.cannot()
	v.gates()
	v.limits()
	v.notEnforced()
	v.risk(slices.Concat(w.notes, network.Lint(w.policy), network.Shadowed(w.policy, w.project)), w)
}

// view shows a plan.
type view struct {
	table
	plan plan.Plan
}

// names collects one text of each control that has one.
func (v view) names(pick func(plan.Control) string) []string {
	var out []string
	for _, c := range v.plan.Controls {
		if c.Status == plan.Unavailable {
			continue
		}
		if s := pick(c); s != "" {
			out = append(out, s)
		}
	}
	return out
}

func (v view) can() {
	v.head("Can")
	if files := v.names(func(c plan.Control) string {
		if c.Want.Instruct != nil {
			return c.Want.Instruct.Name
		}
		return ""
	}); len(files) > 0 {
		v.row("  instructions", "is told "+list(files, 5)+" in every prompt")
	}
	v.tools()
	v.row("  isolation", "read the system's programs and "+v.trees())
	v.row("", workspaceWords(workspaceOf(v.plan)))
	v.row("", "write to an empty home and /tmp, which are gone afterwards")
	v.caches()
	if kept := v.names(func(c plan.Control) string {
		if c.Want.Kept != nil && c.Status != plan.Unavailable {
			return strings.Replace(c.Want.Kept.Target, isolation.Home, "~", 1)
		}
		return ""
	}); len(kept) > 0 {
		v.row("", "leave for its next iteration: "+list(kept, 8))
	}
	if memory := v.names(func(c plan.Control) string {
		if c.Want.Memory != nil {
			return c.Want.Memory.Path
		}
		return ""
	}); len(memory) > 0 {
		v.row("", "keep in memory, beside what is frozen: "+list(memory, 8))
	}
	v.destinations()
	v.keys()
}

// caches names those of the owner that are shown: they tell of other projects.
func (v view) caches() {
	if names := v.names(func(c plan.Control) string {
		if c.Want.Cache != nil && c.Status == plan.Enforced {
			return c.Want.Cache.Name
		}
		return ""
	}); len(names) > 0 {
		v.row("", "read your caches "+list(names, 8)+", which show what your other projects use; what it writes there is gone afterwards")
	}
}

func (v view) tools() {
	for _, c := range v.plan.Controls {
		if c.Want.Tools == nil {
			continue
		}
		text := "use " + list(c.Want.Tools.Allow, 12)
		if c.Status == plan.Unavailable {
			text = "use every program it can see"
		}
		v.row("  permissions", text)
		if t := c.Want.Tools; len(t.Servers) > 0 {
			v.row("", "use the project's servers "+list(t.Servers, 8))
		}
		if c.Want.Tools.Hooks {
			v.row("", "have the project's own hooks run")
		}
	}
}

// forbidden names what the agent's own permissions refuse by the owner's word.
func (v view) forbidden() {
	for _, c := range v.plan.Controls {
		if t := c.Want.Tools; t != nil && len(t.Deny) > 0 && c.Status != plan.Unavailable {
			v.row("", "run "+list(t.Deny, 8)+", by its own permissions (tools.deny; no boundary)")
		}
	}
}

// trees names what is shown beside the system's own directories.
func (v view) trees() string {
	trees := v.names(func(c plan.Control) string {
		m := c.Want.Mount
		if m != nil && m.Kind == plan.Bind && c.From != "default" {
			return m.Target
		}
		return ""
	})
	if len(trees) == 0 {
		return "nothing else"
	}
	return list(together(trees), 6)
}

// together names a folder once of which several parts are shown.
func together(trees []string) []string {
	parts := map[string]int{}
	for _, t := range trees {
		parts[filepath.Dir(t)]++
	}
	var out []string
	for _, t := range trees {
		if dir := filepath.Dir(t); parts[dir] > 1 {
			t = "parts of " + dir
		}
		if !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	return out
}

func (v view) cannot() {
	v.head("Cannot")
	if len(v.names(func(c plan.Control) string {
		if c.Want.AgentFile != nil {
			return c.ID
		}
		return ""
	})) > 0 {
		v.row("  permissions", "change its own permissions: they are rendered from this plan, read-only")
	}
	v.forbidden()
	v.row("  isolation", "see your home, other projects, running services or their sockets")
	v.row("", "change "+v.guardrails())
	v.hidden()
	v.row("", "gain capabilities, trace processes, mount, load code into the kernel")
	v.stubs()
	v.denied()
}

// hidden names the project's files with secrets, and those of the machine that
// the system's folders brought along.
func (v view) hidden() {
	secrets := v.names(func(c plan.Control) string {
		if m := c.Want.Mask; m != nil && !m.Part {
			return m.Path
		}
		return ""
	})
	beside := v.names(func(c plan.Control) string {
		switch m, k := c.Want.Mount, c.Want.Mask; {
		case m != nil && m.Kind == plan.Hide:
			return m.Target
		case k != nil && k.Part:
			return k.Path
		}
		return ""
	})
	if len(secrets) > 0 {
		v.row("", "read "+list(secrets, 8))
	}
	if len(beside) > 0 {
		v.row("", "read the secrets in "+list(beside, 8))
	}
}

// stubs names the programs that say no. It is no boundary, and says so.
func (v view) stubs() {
	if tools := v.names(func(c plan.Control) string {
		if c.Want.Stub != nil {
			return c.Want.Stub.Tool
		}
		return ""
	}); len(tools) > 0 {
		v.row("", "start "+list(tools, 4)+", by that name (tools.allow; no boundary)")
	}
}

func (v view) guardrails() string {
	var present, absent []string
	for _, c := range v.plan.Controls {
		switch g := c.Want.Guardrail; {
		case g == nil || g.Around: // what is in such a folder is listed itself
		case g.Present:
			present = append(present, g.Path)
		case c.Status == plan.Enforced:
			absent = append(absent, g.Path)
		}
	}
	text := list(present, 12)
	if len(absent) > 0 {
		text += "; nor create " + list(absent, 6)
	}
	return text
}

func (v view) limits() {
	v.head("Limits")
	for _, c := range v.plan.Controls {
		if l := c.Want.Limit; l != nil {
			v.row("  "+l.Resource, fmt.Sprintf("%-12s by %s", amount(l.Resource, l.Value), l.By))
		}
	}
}

// amount is a limit in the unit that people use for it.
func amount(resource string, n int64) string {
	switch resource {
	case "memory", "disk", "file_size", "output":
		return size(n)
	case "core":
		return "none"
	case "cpu":
		return strings.TrimSuffix(fmt.Sprintf("%.1f", float64(n)/1000), ".0") + " CPUs"
	case "time":
		return seconds(time.Duration(n) * time.Second)
	}
	return fmt.Sprint(n)
}

func size(n int64) string {
	for _, u := range []struct {
		name string
		unit int64
	}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}} {
		if n >= u.unit {
			return strings.TrimSuffix(fmt.Sprintf("%.1f", float64(n)/float64(u.unit)), ".0") + " " + u.name
		}
	}
	return fmt.Sprintf("%d B", n)
}

func (v view) notEnforced() {
	v.head("Not enforced here")
	none := true
	for i, c := range v.plan.Controls {
		if c.Status == plan.Enforced {
			continue
		}
		none = false
		if i+1 < len(v.plan.Controls) && sameLack(c, v.plan.Controls[i+1]) && !waived(v.plan, c.ID) {
			fmt.Fprintf(v.w, "  %s: %s\n", c.ID, c.Status)
			continue // the reason stands once, below the last of them
		}
		accepted := ""
		if waived(v.plan, c.ID) {
			accepted = " (accepted)"
		}
		fmt.Fprintf(v.w, "  %s: %s%s\n", c.ID, c.Status, accepted)
		table{v.w, 4}.row("", c.Why)
	}
	if none {
		v.row("  nothing", "")
	}
}

// sameLack tells whether two controls that follow each other lack the same.
func sameLack(a, b plan.Control) bool { return a.Status == b.Status && a.Why == b.Why }

// risk says what all of this does not stop.
func (v view) risk(notes []string, w *work) {
	v.head("Risk")
	t := table{v.w, 2}
	t.row("", "Code that the agent writes may be wrong or hostile: read it before you run it outside.")
	if len(v.names(reaches)) > 0 {
		t.row("", "What the agent may read, it can send to the hosts that it may reach.")
	}
	t.row("", "A bug in the kernel would let it out: the kernel is shared.")
	if w.project.ReadOnly {
		notes = append(notes, "The project is read-only for you: no work could be applied, so a loop does not start.")
	}
	for _, n := range append(notes, w.bypassNote()...) {
		t.row("", n)
	}
	for _, s := range append(loosened(w.plan), outside(w)...) {
		t.row("", s)
	}
}

// outside are files that nobody froze and that run on this machine later.
func outside(w *work) []string {
	var run []string
	for _, t := range w.project.Toolchains {
		if t.Name != "git" {
			run = append(run, t.Found)
		}
	}
	sort.Strings(run)
	if len(run) == 0 {
		return nil
	}
	return []string{"It may change files that run on this machine when you build or test: " + list(run, 6) + "."}
}

// list joins names, at most n of them.
func list(names []string, n int) string {
	if len(names) == 0 {
		return "nothing"
	}
	more := ""
	if len(names) > n {
		more = fmt.Sprintf(" and %d more", len(names)-n)
		names = names[:n]
	}
	return strings.Join(names, ", ") + more
}

// commandLine shows where each argument begins and ends.
func commandLine(argv []string) string {
	out := make([]string, len(argv))
	for i, a := range argv {
		if a == "" || strings.ContainsAny(a, " \t\n\"'\\") {
			a = strconv.Quote(a)
		}
		out[i] = a
	}
	return strings.Join(out, " ")
}
