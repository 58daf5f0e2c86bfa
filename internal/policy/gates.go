package policy

import (
	"slices"
	"strings"
)

// What is done with the changes of a class, the stricter later.
const (
	GateApply  = "apply"  // it reaches the project
	GateHold   = "hold"   // it is kept back for review
	GateReject = "reject" // it is neither applied nor kept
)

// What is done with a finding beside GateHold and GateReject.
const GateReport = "report"

// What is done with an iteration whose gate fails.
const GateDrop = "drop" // beside GateHold: it is dropped whole, and a loop goes on

// Gates is what becomes of an iteration's changes before any reaches the
// project.
type Gates struct {
	Ordinary   string `json:"ordinary"`
	Guardrail  string `json:"guardrail"`
	Secret     string `json:"secret"`
	Escape     string `json:"escape"`
	Oversized  string `json:"oversized"`
	RunsOnHost string `json:"runs_on_host"`

	Verify    []string `json:"verify,omitempty"` // shell commands, run inside over the staged tree
	OnFailure string   `json:"on_failure"`       // of verify, max_files and max_lines
	MaxFiles  int64    `json:"max_files,omitempty"`
	MaxLines  int64    `json:"max_lines,omitempty"` // added and removed

	TestsWeakened     string `json:"tests_weakened"`
	DependenciesAdded string `json:"dependencies_added"`
	LockfileHosts     string `json:"lockfile_hosts"`
	SecretsAdded      string `json:"secrets_added"`
}

// defaultGates is what holds where the owner wrote nothing.
func defaultGates() Gates {
	return Gates{
		Ordinary: GateApply, Guardrail: GateHold, Secret: GateHold, Escape: GateHold, Oversized: GateHold,
		RunsOnHost: GateApply, OnFailure: GateHold,
		TestsWeakened: GateReport, DependenciesAdded: GateReport, LockfileHosts: GateHold, SecretsAdded: GateHold,
	}
}

// GateKey is one key of [gates] whose value is one of a few words, from the
// weakest to the strictest.
type GateKey struct {
	Key   string // "guardrail"
	Words []string
	into  *string
}

// Value is the word that holds.
func (k GateKey) Value() string { return *k.into }

// Classes are the keys that say what becomes of a class of changes.
func (g *Gates) Classes() []GateKey {
	words := []string{GateApply, GateHold, GateReject}
	return []GateKey{
		{"ordinary", words, &g.Ordinary}, {"guardrail", words, &g.Guardrail}, {"secret", words, &g.Secret},
		{"escape", words, &g.Escape}, {"oversized", words, &g.Oversized}, {"runs_on_host", words, &g.RunsOnHost},
	}
}

// Findings are the keys that say what follows from a finding.
func (g *Gates) Findings() []GateKey {
	words := []string{GateReport, GateHold, GateReject}
	return []GateKey{
		{"tests_weakened", words, &g.TestsWeakened}, {"dependencies_added", words, &g.DependenciesAdded},
		{"lockfile_hosts", words, &g.LockfileHosts}, {"secrets_added", words, &g.SecretsAdded},
	}
}

// words are all keys that want one of a few words.
func (g *Gates) words() []GateKey {
	failure := GateKey{"on_failure", []string{GateDrop, GateHold}, &g.OnFailure}
	return append(append(g.Classes(), g.Findings()...), failure)
}

type gatesTable struct {
	Ordinary          string   `toml:"ordinary"`
	Guardrail         string   `toml:"guardrail"`
	Secret            string   `toml:"secret"`
	Escape            string   `toml:"escape"`
	Oversized         string   `toml:"oversized"`
	RunsOnHost        string   `toml:"runs_on_host"`
	Verify            []string `toml:"verify"`
	OnFailure         string   `toml:"on_failure"`
	MaxFiles          int64    `toml:"max_files"`
	MaxLines          int64    `toml:"max_lines"`
	TestsWeakened     string   `toml:"tests_weakened"`
	DependenciesAdded string   `toml:"dependencies_added"`
	LockfileHosts     string   `toml:"lockfile_hosts"`
	SecretsAdded      string   `toml:"secrets_added"`
}

// read is the table as gates, before anything is checked.
func (t gatesTable) read() Gates {
	return Gates{
		Ordinary: t.Ordinary, Guardrail: t.Guardrail, Secret: t.Secret, Escape: t.Escape, Oversized: t.Oversized,
		RunsOnHost: t.RunsOnHost, OnFailure: t.OnFailure, TestsWeakened: t.TestsWeakened,
		DependenciesAdded: t.DependenciesAdded, LockfileHosts: t.LockfileHosts, SecretsAdded: t.SecretsAdded,
	}
}

func (c *checker) gates() {
	t, into := c.doc.Gates, &c.policy.Gates
	written := t.read()
	values := written.words()
	for i, k := range into.words() {
		c.choice(k.into, "gates."+k.Key, values[i].Value(), k.Words...)
	}
	c.each("gates.verify", t.Verify, checkShell)
	into.Verify = t.Verify
	c.count(&into.MaxFiles, "gates.max_files", t.MaxFiles, 1, 1_000_000)
	c.count(&into.MaxLines, "gates.max_lines", t.MaxLines, 1, 1_000_000_000)
}

// checkShell takes a command for the shell inside.
func checkShell(s string) error {
	if strings.TrimSpace(s) == "" {
		return errEmpty
	}
	return checkArgument(s)
}

// gates: of two words the stricter holds, of two bounds the smaller, and every
// check of both runs. To keep what failed for a person is stricter than to drop
// it and go on.
func (m *merger) gates() {
	machine := m.machine.Gates
	theirs := machine.words()
	for i, ours := range m.out.Gates.words() {
		m.stricter(ours, theirs[i])
	}
	m.least(&m.out.Gates.MaxFiles, "gates.max_files", machine.MaxFiles)
	m.least(&m.out.Gates.MaxLines, "gates.max_lines", machine.MaxLines)
	m.union(&m.out.Gates.Verify, "gates.verify", machine.Verify)
}

// stricter takes the machine's word where it is the later one.
func (m *merger) stricter(ours, theirs GateKey) {
	key := "gates." + ours.Key
	rank := func(word string) int { return slices.Index(ours.Words, word) }
	if !m.machine.Has(key) || rank(theirs.Value()) <= rank(ours.Value()) {
		return
	}
	if m.project.Has(key) {
		m.note(key, "the machine's policy wants %s", quote(theirs.Value()))
	}
	*ours.into = theirs.Value()
	m.adopt(key)
}
