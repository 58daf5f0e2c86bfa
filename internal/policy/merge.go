package policy

import (
	"fmt"
	"maps"
	"slices"
)

// Merge bounds a project's policy by the machine's. It only tightens: whatever
// the machine's policy says is a bound, what it does not say bounds nothing,
// and nothing that it allows is allowed unless the project's asks for it too.
// Each place where the project asked for more is told in a note. An agent that
// the machine does not allow is an error, at its place in the project's policy.
//
// The credentials of a machine's policy only allow their hosts to the
// credentials of projects.
func Merge(machine, project Policy) (Policy, []string, error) {
	m := merger{machine: machine, project: project, out: project}
	m.out.marks = marks{}
	for k, v := range project.marks {
		m.out.marks[k] = v
	}
	m.out.bounds = map[string]Bound{}
	if err := m.agent(); err != nil {
		return Policy{}, nil, err
	}
	m.workspace()
	m.tools()
	m.env()
	m.network()
	m.limits()
	m.loop()
	m.gates()
	return m.out, m.notes, nil
}

// Bound is how the machine's policy bounds a list of the project's.
type Bound struct {
	At      string   // its line: "/etc/ringwall/policy.toml:3"
	Refused []string // what the project asked for in vain, as written
}

// Bound tells how the machine's policy bounds a list; nil where it does not.
func (p Policy) Bound(key string) *Bound {
	if b, ok := p.bounds[key]; ok {
		return &b
	}
	return nil
}

type merger struct {
	machine, project, out Policy
	notes                 []string
}

func (m *merger) note(key, format string, args ...any) {
	m.notes = append(m.notes, fmt.Sprintf("%s: %s (%s)", key, fmt.Sprintf(format, args...), m.machine.Where(key)))
}

// refuse notes that the machine's list does not have what the project asked for.
func (m *merger) refuse(key, entry string) {
	m.note(key, "%s is not allowed on this machine", quote(entry))
	list := key
	if key == "network.rule" {
		list = "network.allow"
	}
	b := m.out.bounds[list]
	b.Refused = append(b.Refused, entry)
	m.out.bounds[list] = b
}

// bound notes that the machine's policy bounds a list, and from where.
func (m *merger) bound(list, at string) { m.out.bounds[list] = Bound{At: m.machine.Where(at)} }

// adopt notes that a key now holds what the machine's policy says.
func (m *merger) adopt(key string) {
	if at, ok := m.machine.marks[key]; ok {
		m.out.marks[key] = at
	}
}

func (m *merger) agent() error {
	switch {
	case m.machine.Agent == "" && len(m.machine.Command) == 0:
		return nil
	case m.project.Agent == "" && len(m.project.Command) == 0:
		m.out.Agent, m.out.Command = m.machine.Agent, m.machine.Command
		m.adopt("agent")
		m.adopt("command")
		return nil
	case m.machine.Agent != "" && m.project.Agent != m.machine.Agent:
		return m.project.ErrorAt(m.program(), "the machine's policy allows only the agent "+quote(m.machine.Agent))
	case m.machine.Agent == "" && !slices.Equal(m.machine.Command, m.project.Command):
		return m.project.ErrorAt(m.program(), "the machine's policy allows only its own command")
	}
	return nil
}

// program is the key by which the project says what to run.
func (m *merger) program() string {
	if m.project.Has("command") {
		return "command"
	}
	return "agent"
}

func (m *merger) workspace() {
	const key = "workspace.mode"
	if m.machine.Has(key) && m.machine.Workspace.Mode == Staged && m.project.Workspace.Mode == Direct {
		m.out.Workspace.Mode = Staged
		m.note(key, "the machine's policy wants %s", quote(Staged))
		m.adopt(key)
	}
	m.union(&m.out.Workspace.Hide, "workspace.hide", m.machine.Workspace.Hide)
	m.union(&m.out.Workspace.Freeze, "workspace.freeze", m.machine.Workspace.Freeze)
	m.intersect(&m.out.Workspace.Memory, "workspace.memory", m.machine.Workspace.Memory)
	m.intersect(&m.out.Workspace.Home, "workspace.home", m.machine.Workspace.Home)
	m.intersect(&m.out.Workspace.Caches, "workspace.caches", m.machine.Workspace.Caches)
	if !m.machine.Has("workspace.memory") {
		// A project cannot free what the machine freezes. Where the machine
		// lists memory itself, it knows what it frees.
		m.out.Workspace.Firm = m.machine.Workspace.Freeze
	}
}

// union adds what the machine's list has and the project's has not.
func (m *merger) union(into *[]string, key string, machine []string) {
	out := append([]string(nil), *into...)
	for i, s := range machine {
		if !slices.Contains(out, s) {
			m.out.marks[at(key, len(out))] = m.machine.marks[at(key, i)]
			out = append(out, s)
		}
	}
	*into = out
}

func (m *merger) tools() {
	m.intersect(&m.out.Tools.Allow, "tools.allow", m.machine.Tools.Allow)
	m.union(&m.out.Tools.Deny, "tools.deny", m.machine.Tools.Deny)
	m.withdraw()
	m.intersect(&m.out.Tools.Servers, "tools.servers", m.machine.Tools.Servers)
	if m.machine.Has("tools.hooks") && !m.machine.Tools.Hooks && m.project.Tools.Hooks {
		m.out.Tools.Hooks = false
		m.note("tools.hooks", "the machine's policy does not let a project's hooks run")
		m.adopt("tools.hooks")
	}
}

// withdraw takes from what is allowed what the machine denies.
func (m *merger) withdraw() {
	const key = "tools.allow"
	was := maps.Clone(m.out.marks)
	m.forget(key)
	var out []string
	for i, s := range m.out.Tools.Allow {
		if slices.Contains(m.machine.Tools.Deny, s) {
			m.note("tools.deny", "%s is denied on this machine", quote(s))
			continue
		}
		moveMarks(m.out.marks, was, at(key, i), at(key, len(out)))
		out = append(out, s)
	}
	m.out.Tools.Allow = out
}

// intersect keeps what the machine's list has too, where the machine has one.
func (m *merger) intersect(into *[]string, key string, machine []string) {
	if !m.machine.Has(key) {
		return
	}
	m.forget(key)
	m.bound(key, key)
	var out []string
	for i, s := range *into {
		if !slices.Contains(machine, s) {
			m.refuse(key, s)
			continue
		}
		m.move(at(key, i), at(key, len(out)))
		out = append(out, s)
	}
	*into = out
}

// env: a value that the machine sets is not the project's to change.
func (m *merger) env() {
	m.intersect(&m.out.Env.Pass, "env.pass", m.machine.Env.Pass)
	if len(m.machine.Env.Set) == 0 {
		return
	}
	set := map[string]string{}
	for k, v := range m.project.Env.Set {
		set[k] = v
	}
	for k, v := range m.machine.Env.Set {
		key := join("env.set", k)
		if old, ok := set[k]; ok && old != v {
			m.note(key, "the machine's policy sets it")
		}
		set[k] = v
		m.adopt(key)
	}
	m.out.Env.Set = set
}
