package native

import (
	"errors"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"ringwall/internal/backend/native/absent"
	"ringwall/internal/kernel/launch"
	"ringwall/internal/plan"
)

func (t *translation) workspace(w *plan.Workspace) error {
	t.pinParents(w.Path)
	direct := w.Mode == plan.ModeDirect
	ops, order := t.frozen(direct)
	err := errUnknownWorkspace
	switch {
	case direct && w.Form == "" || w.Mode == plan.ModeStaged && w.Form == plan.FormCopy:
		err = t.tree(w, direct)
	case w.Mode == plan.ModeStaged && w.Form == "":
		err = t.overlay(w, t.layer(w.Path, ops, order))
	}
	if err != nil {
		return err
	}
	for _, path := range order {
		frozen := ops[path]
		frozen.Target = w.Path + "/" + path
		t.step(frozen)
	}
	return nil
}

var errUnknownWorkspace = errors.New("unknown mode or form of the workspace")

// tree shows a folder of the host as the workspace: the project, or a copy. As
// root the project's files have to be made the account's by a mapping; those of
// a copy are the account's already.
func (t *translation) tree(w *plan.Workspace, direct bool) error {
	s := launch.Step{Op: launch.Tree, Target: w.Path, Source: t.run.writes()}
	if s.Source == "" {
		return errors.New("the plan wants a copy of the project, and there is none")
	}
	if t.user.Form == accountRootForm {
		f, err := t.run.treeForAccount(s.Source, direct)
		if err != nil {
			return err
		}
		s.Flags, s.FD = launch.UseFD, t.pass(f)
	}
	t.step(s)
	return nil
}

// overlay lays the iteration's folder over the project, with the layer of
// absent guardrails, if there is one, between them.
func (t *translation) overlay(w *plan.Workspace, layer *launch.Step) error {
	s := launch.Step{Op: launch.Overlay, Target: w.Path, Source: w.Path, Data: t.run.native.IterDir}
	if t.run.native.Above {
		s.Flags |= launch.Above
	}
	if t.user.Form == accountRootForm {
		dirs := []string{w.Path, t.run.native.IterDir}
		if layer != nil {
			dirs = append(dirs, layer.Source)
		}
		files, err := t.run.mapped(dirs...)
		if err != nil {
			return err
		}
		s.Flags |= launch.UseFD
		s.FD = t.pass(files[0])
		t.pass(files[1])
		if layer != nil {
			layer.Flags, layer.FD = launch.UseFD, t.pass(files[2])
		}
	}
	if layer != nil {
		t.step(*layer)
	}
	t.step(s)
	return nil
}

// layer takes the names of absent guardrails in a layer of their own. Where
// there cannot be one the first process takes them one by one: nothing is lost
// but time.
func (t *translation) layer(project string, ops map[string]launch.Step, order []string) *launch.Step {
	if t.run.native.Layers == "" {
		return nil
	}
	var places []absent.Place
	for _, path := range order {
		if s := ops[path]; s.Op == launch.Absent {
			places = append(places, absent.Place{Path: path, Dir: s.Flags&launch.Folder != 0})
		}
	}
	dir, err := absent.Layer(t.run.native.Layers, project, places, t.run.filesOwner())
	if t.run.layered = err == nil && dir != ""; !t.run.layered {
		return nil
	}
	return &launch.Step{Op: launch.Between, Target: project, Source: dir}
}

// filesOwner is whose the workspace's files are on disk.
func (r *run) filesOwner() absent.Owner {
	if r.user.Form == accountRootForm {
		return absent.Owner{UID: r.native.ProjectOwner[0], GID: r.native.ProjectOwner[1]}
	}
	return absent.Owner{UID: os.Geteuid(), GID: os.Getegid()}
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

// frozen lists the steps for the guardrails and the hidden files, by path, and
// their order, outer before inner. Every directory between the project and a
// frozen path becomes a mount point: a mount on the path alone leaves its parent
// free to be moved. Directly in the project nothing is made that could stay
// behind: there the absent are left out.
func (t *translation) frozen(direct bool) (map[string]launch.Step, []string) {
	ops := map[string]launch.Step{}
	for _, c := range t.run.plan.Controls {
		if g := c.Want.Guardrail; g != nil && (g.Present || !direct) {
			op := launch.Freeze
			switch {
			case g.Around:
				op = launch.Pin
			case !g.Present:
				op = launch.Absent
			case g.Hidden:
				op = launch.Cover
			}
			ops[g.Path] = launch.Step{Op: op, Flags: folder(g.Dir) | link(g.Link)}
		}
		if m := c.Want.Mask; m != nil {
			ops[m.Path] = launch.Step{Op: launch.Mask, Data: maskText(m)}
		}
	}
	return ops, paths(ops)
}

func folder(dir bool) uint8 {
	if dir {
		return launch.Folder
	}
	return 0
}

func link(is bool) uint8 {
	if is {
		return launch.Link
	}
	return 0
}

// maskText is what stands in a hidden file's place.
func maskText(m *plan.Mask) string {
	if m.Content != "" {
		return m.Content
	}
	return "# ringwall: the content of this file is hidden from the agent (" + m.Reason + ").\n" +
		"# The owner decides in ringwall.toml, [workspace] hide. It is not needed to do the work.\n"
}

// paths sorts what to freeze, adds the parents as pins, and drops what lies in
// a folder that is frozen as a whole.
func paths(ops map[string]launch.Step) []string {
	for p := range ops {
		for dir := filepath.Dir(p); dir != "."; dir = filepath.Dir(dir) {
			if op, taken := ops[dir]; !taken || op.Op == launch.Pin {
				ops[dir] = launch.Step{Op: launch.Pin, Flags: op.Flags | folder(ops[p].Op == launch.Absent)}
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

// covered tells whether a parent is frozen as a whole. That leaves nothing to do
// below it but to hide what is secret: what is read-only can be read.
func covered(path string, ops map[string]launch.Step) bool {
	for dir := filepath.Dir(path); dir != "."; dir = filepath.Dir(dir) {
		switch ops[dir].Op {
		case launch.Absent, launch.Cover:
			return true
		case launch.Freeze:
			if ops[path].Op != launch.Mask {
				return true
			}
		}
	}
	return false
}
