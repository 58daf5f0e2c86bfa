package stage

import (
	"path"
	"slices"
	"strings"
)

// judge classifies a path by its name. kind is what stands there now, Absent
// for a deletion. The zero verdict means that the name is ordinary.
func (m *matcher) judge(rel string, kind Type) verdict {
	raw := strings.Split(rel, "/")
	folded := make([]string, len(raw))
	for i, c := range raw {
		if why := hostile(c); why != "" {
			return verdict{class: Escape, detail: why, never: why == reservedName}
		}
		folded[i] = fold(c)
	}
	if v := m.byPath(folded, kind); v.class != "" {
		return v
	}
	if v := m.byName(folded, kind); v.class != "" {
		return v
	}
	return gitVerdict(raw, folded, kind)
}

// byPath compares with the plan's exact paths: the path itself and all below
// it, and anything but a folder where a folder leads to a guarded path.
func (m *matcher) byPath(c []string, kind Type) verdict {
	whole := strings.Join(c, "/")
	if kind != Symlink && kind != Special && m.remembered(whole) || kind == Dir && m.around[whole] {
		return verdict{}
	}
	for p := whole; p != ""; p = parent(p) {
		if name, ok := m.guarded[p]; ok {
			return verdict{class: Guardrail, detail: "frozen: " + printable(name)}
		}
		if name, ok := m.masked[p]; ok {
			return verdict{class: Secret, detail: "hidden: " + printable(name)}
		}
	}
	if diverts(kind) {
		return m.above[whole]
	}
	return verdict{}
}

// remembered tells whether a folded path is memory, or lies in it.
func (m *matcher) remembered(p string) bool {
	for ; p != ""; p = parent(p) {
		if m.memory[p] {
			return true
		}
	}
	return false
}

// byName looks for a guarded name at every place in the path.
func (m *matcher) byName(c []string, kind Type) verdict {
	installed := false
	for i := range c {
		for _, names := range [][][]string{m.literal[c[i]], m.globs} {
			for _, name := range names {
				if installed && m.top[strings.Join(name, "/")] {
					continue
				}
				if v := matchName(name, c[i:], kind); v.class != "" {
					return v
				}
			}
		}
		installed = installed || packageFolder(c[i])
	}
	return verdict{}
}

// packageFolder tells whether a folded name is that of a folder into which
// package managers put what others wrote.
func packageFolder(folded string) bool {
	for _, n := range []string{"node_modules", "bower_components", "site-packages", "dist-packages", "vendor"} {
		if is(folded, n) {
			return true
		}
	}
	return false
}

// Brought tells whether an entry is a guardrail of the kind that installed
// packages bring along: instructions and settings, but no repository.
func (e Entry) Brought() bool {
	c := foldPath(string(e.Path))
	return e.Class == Guardrail && !slices.Contains(c, fold(".git")) && slices.ContainsFunc(c[:max(len(c)-1, 0)], packageFolder)
}

// matchName compares one guarded name with the path from one place on.
func matchName(name, c []string, kind Type) verdict {
	n := min(len(name), len(c))
	for i := range n {
		if ok, err := path.Match(name[i], c[i]); !ok || err != nil {
			return verdict{}
		}
	}
	shown := printable(strings.ToLower(strings.Join(name, "/")))
	if n == len(name) {
		return verdict{class: Guardrail, detail: "a name that agents or tools load: " + shown}
	}
	if diverts(kind) {
		return verdict{class: Guardrail, detail: "stands on the way to " + shown}
	}
	return verdict{}
}

// diverts tells whether a file of that kind on the way to a guardrail would
// change where the guardrail is found.
func diverts(kind Type) bool {
	return kind != Dir && kind != Absent
}

// parent cuts the last component; the parent of a top name is "".
func parent(rel string) string {
	i := strings.LastIndexByte(rel, '/')
	if i < 0 {
		return ""
	}
	return rel[:i]
}

// base is the last component.
func base(rel string) string {
	return rel[strings.LastIndexByte(rel, '/')+1:]
}

// join appends a name to a relative folder, "" being the root.
func join(dir, name string) string {
	if dir == "" {
		return name
	}
	return dir + "/" + name
}

// foldedPath folds each component of a relative path.
func foldedPath(rel string) string {
	return strings.Join(foldPath(rel), "/")
}
