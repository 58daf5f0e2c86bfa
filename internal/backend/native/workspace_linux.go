package native

import (
	"path/filepath"
	"sort"
	"strings"

	"ringwall/internal/kernel/launch"
	"ringwall/internal/plan"
)

func (t *translation) workspace(w *plan.Workspace) error {
	t.pinParents(w.Path)
	s := launch.Step{Op: launch.Overlay, Target: w.Path, Source: w.Path, Data: t.run.native.IterDir}
	if t.run.native.Above {
		s.Flags |= launch.Above
	}
	if t.user.Form == accountRootForm {
		files, err := t.run.mapped(w.Path, t.run.native.IterDir)
		if err != nil {
			return err
		}
		s.Flags |= launch.UseFD
		s.FD = t.pass(files[0])
		t.pass(files[1])
	}
	t.step(s)
	t.freeze(w.Path)
	return nil
}

// writes is the folder in which what the agent writes to the workspace ends.
func (r *run) writes() string {
	if r.native.Above {
		return filepath.Join(r.native.IterDir, "check", "upper")
	}
	return filepath.Join(r.native.IterDir, "upper")
}

// pinParents makes each directory above the project a mount point where it
// lies in something that the agent can write to, such as /tmp: a directory
// could be moved aside with the project in it.
func (t *translation) pinParents(project string) {
	for _, c := range t.run.plan.Controls {
		m := c.Want.Mount
		if m == nil || m.Kind != plan.Tmpfs || !m.Writable || !strings.HasPrefix(project, m.Target+"/") {
			continue
		}
		for dir := filepath.Dir(project); dir != m.Target; dir = filepath.Dir(dir) {
			defer t.step(launch.Step{Op: launch.Pin, Target: dir})
			defer t.step(launch.Step{Op: launch.Dir, Target: dir, Mode: 0o755})
		}
	}
}

// freeze emits the guardrails and the hidden files, outer before inner, and
// makes every directory between the project and a frozen path a mount point:
// a mount on the path alone leaves its parent free to be moved.
func (t *translation) freeze(project string) {
	ops := map[string]launch.Step{}
	for _, c := range t.run.plan.Controls {
		if g := c.Want.Guardrail; g != nil {
			op := launch.Freeze
			if !g.Present {
				op = launch.Absent
			}
			ops[g.Path] = launch.Step{Op: op, Flags: folder(g.Dir)}
		}
		if m := c.Want.Mask; m != nil {
			ops[m.Path] = launch.Step{Op: launch.Mask, Data: maskText(m)}
		}
	}
	for _, path := range paths(ops) {
		s := ops[path]
		s.Target = project + "/" + path
		t.step(s)
	}
}

func folder(dir bool) uint8 {
	if dir {
		return launch.Folder
	}
	return 0
}

// maskText is what stands in a hidden file's place.
func maskText(m *plan.Mask) string {
	return "# ringwall: the content of this file is hidden from the agent (" + m.Reason + ").\n" +
		"# The owner decides in ringwall.toml, [workspace] hide. It is not needed to do the work.\n"
}

// paths sorts what to freeze, adds the parents as pins, and drops what lies in
// a folder that is frozen as a whole.
func paths(ops map[string]launch.Step) []string {
	for p := range ops {
		for dir := filepath.Dir(p); dir != "."; dir = filepath.Dir(dir) {
			if _, taken := ops[dir]; !taken {
				ops[dir] = launch.Step{Op: launch.Pin}
			}
		}
	}
	var out []string
	for p := range ops {
		if !covered(p, ops) {
			out = append(out, p)
		}
	}
	sort.Slice(out, func(i, j int) bool { return before(out[i], out[j]) })
	return out
}

func before(a, b string) bool {
	da, db := strings.Count(a, "/"), strings.Count(b, "/")
	if da != db {
		return da < db
	}
	return a < b
}

// covered tells whether a parent is frozen as a whole.
func covered(path string, ops map[string]launch.Step) bool {
	for dir := filepath.Dir(path); dir != "."; dir = filepath.Dir(dir) {
		if op := ops[dir].Op; op == launch.Freeze || op == launch.Absent {
			return true
		}
	}
	return false
}
