package stage

import (
	"fmt"
	"path"
	"strings"

	"ringwall/internal/plan"
)

// Bounds that apply where Rules leaves them zero. A tree beyond them is no
// work of an agent: the deepest package trees have some 30 levels.
const (
	DefaultMaxFile    = 1 << 30 // bytes
	DefaultMaxEntries = 500_000
	DefaultMaxDepth   = 256
)

// Rules is what decides an entry's class.
type Rules struct {
	// Guardrails are the paths that the plan freezes, relative to the project.
	Guardrails []plan.Guardrail
	// Masks are the paths that the plan hides.
	Masks []plan.Mask
	// Memory are the paths that the agent may change although they lie in a
	// frozen folder. A guardrail's name counts there as anywhere.
	Memory []string
	// GuardrailNames are guarded at every depth: a base name ("CLAUDE.md"), or
	// the end of a path (".claude/settings.json"). A folder's name guards all
	// below it. Each component may be a pattern of path.Match. Spelling is
	// compared without case, invisible characters, and trailing dots or spaces.
	GuardrailNames []string
	// TopNames are those of GuardrailNames that do nothing in an installed
	// package, and are ordinary there.
	TopNames []string
	// Programs are trees of the host that the sandbox shows read-only. A virtual
	// environment links to the interpreter that lies there.
	Programs []string

	// Fates is what becomes of a class, or of RunsOnHost; of what is not named,
	// the ordinary is applied and all else held.
	Fates map[string]Fate

	MaxFile    int64 // bytes of one file; larger is held as oversized
	MaxEntries int   // of the walk; beyond, the changeset is incomplete
	MaxDepth   int   // of folders; beyond, the changeset is incomplete
}

// RulesFromPlan takes from a plan what concerns the stage. A control counts
// whatever its status: what could not be frozen is still held at the gate.
func RulesFromPlan(p plan.Plan) Rules {
	r := Rules{Fates: fates(p)}
	for _, c := range p.Controls {
		if g := c.Want.Guardrail; g != nil {
			r.Guardrails = append(r.Guardrails, *g)
		}
		if m := c.Want.Mask; m != nil {
			r.Masks = append(r.Masks, *m)
		}
		if m := c.Want.Memory; m != nil {
			r.Memory = append(r.Memory, m.Path)
		}
		if m := c.Want.Mount; m != nil && m.Kind == plan.Bind && !m.Writable && m.Source == m.Target {
			r.Programs = append(r.Programs, m.Source)
		}
	}
	return r
}

// withDefaults fills in the bounds that were left zero.
func (r Rules) withDefaults() Rules {
	if r.MaxFile <= 0 {
		r.MaxFile = DefaultMaxFile
	}
	if r.MaxEntries <= 0 {
		r.MaxEntries = DefaultMaxEntries
	}
	if r.MaxDepth <= 0 {
		r.MaxDepth = DefaultMaxDepth
	}
	return r
}

// matcher is Rules made ready for many look-ups.
type matcher struct {
	guarded map[string]string // folded path to the path as written
	masked  map[string]string
	around  map[string]bool       // folded guarded folders that hold memory
	memory  map[string]bool       // folded
	above   map[string]verdict    // folded strict ancestors of both, for what is no folder
	literal map[string][][]string // names, by their first component
	globs   [][]string            // names whose first component is a pattern
	top     map[string]bool       // folded names that are ordinary in installed packages
}

// newMatcher folds the rules. It refuses a malformed pattern, which would
// otherwise match nothing and guard nothing.
func newMatcher(r Rules) (*matcher, error) {
	m := &matcher{
		guarded: map[string]string{}, masked: map[string]string{}, around: map[string]bool{}, memory: map[string]bool{},
		above: map[string]verdict{}, literal: map[string][][]string{}, top: map[string]bool{},
	}
	for _, g := range r.Guardrails {
		m.addPath(m.guarded, g.Path, Guardrail)
		if g.Around {
			m.around[foldedPath(g.Path)] = true
		}
	}
	for _, p := range r.Memory {
		m.memory[foldedPath(p)] = true
	}
	for _, k := range r.Masks {
		m.addPath(m.masked, k.Path, Secret)
	}
	for _, n := range r.TopNames {
		m.top[foldedPath(n)] = true
	}
	for _, n := range r.GuardrailNames {
		if err := m.addName(n); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// addPath enters one exact path and its ancestors.
func (m *matcher) addPath(into map[string]string, p string, class Class) {
	f := strings.Join(foldPath(p), "/")
	into[f] = p
	for i := strings.LastIndexByte(f, '/'); i > 0; i = strings.LastIndexByte(f[:i], '/') {
		m.above[f[:i]] = verdict{class: class, detail: "stands on the way to " + printable(p)}
	}
}

// addName enters one name that is guarded at every depth.
func (m *matcher) addName(name string) error {
	c := foldPath(name)
	for _, p := range c {
		if _, err := path.Match(p, ""); err != nil || p == "" {
			return fmt.Errorf("guardrail name %q: not a name or pattern", name)
		}
	}
	if len(c) == 0 {
		return fmt.Errorf("guardrail name %q is empty", name)
	}
	if strings.ContainsAny(c[0], `*?[\`) {
		m.globs = append(m.globs, c)
		return nil
	}
	m.literal[c[0]] = append(m.literal[c[0]], c)
	return nil
}

// foldPath splits a relative path and folds each component.
func foldPath(p string) []string {
	p = strings.Trim(path.Clean("/"+p), "/")
	if p == "" {
		return nil
	}
	c := strings.Split(p, "/")
	for i := range c {
		c[i] = fold(c[i])
	}
	return c
}
