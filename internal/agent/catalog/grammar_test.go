package catalog

import (
	"bytes"
	"maps"
	"path"
	"slices"
	"testing"

	"ringwall/internal/agent"
)

func someRules() agent.Rules {
	return agent.Rules{Allow: []string{"git", "go"}, Deny: []string{"git push"}, Servers: []string{"tickets"}}
}

// TestOwnFilesPassTheLinter: what ringwall writes in a tool's grammar is read
// by the tool, and has an effect, as far as its own linter knows.
func TestOwnFilesPassTheLinter(t *testing.T) {
	for _, a := range All() {
		l, ok := a.(agent.Linter)
		if !ok {
			continue
		}
		written := map[string]string{}
		maps.Copy(written, a.Files(someRules()))
		if w, ok := a.(agent.ProjectWriter); ok {
			maps.Copy(written, w.ProjectFiles(someRules()))
		}
		if w, ok := a.(agent.ManagedWriter); ok {
			maps.Copy(written, w.Managed(someRules()))
		}
		for _, f := range l.PermissionFiles() {
			text, ours := written[f.Path]
			if !ours {
				continue
			}
			for _, found := range l.Lint(f.Path, []byte(text)) {
				if slices.Contains([]string{agent.Malformed, agent.Ineffective, agent.Shadowed, agent.Duplicate, agent.Bypasses, agent.Widens}, found.Problem) {
					t.Errorf("%s: %+v", a.Describe().Name, found)
				}
			}
		}
	}
}

// TestPermissionFilesArePlaced: each is where it says, once.
func TestPermissionFilesArePlaced(t *testing.T) {
	for _, a := range All() {
		l, ok := a.(agent.Linter)
		if !ok {
			continue
		}
		seen := map[agent.Located]bool{}
		for _, f := range l.PermissionFiles() {
			known := slices.Contains([]string{agent.InProject, agent.InHome, agent.OnMachine}, f.Where)
			if !known || seen[f] || path.Clean(f.Path) != f.Path || path.IsAbs(f.Path) != (f.Where == agent.OnMachine) {
				t.Errorf("%s: %+v", a.Describe().Name, f)
			}
			seen[f] = true
			if got := l.Lint(f.Path, []byte("\x00 no grammar has this")); len(got) == 0 {
				t.Errorf("%s: nothing is said of a broken %s", a.Describe().Name, f.Path)
			}
		}
	}
}

// TestMergeIntoOwnFileChangesNothing: a second init finds its work done.
func TestMergeIntoOwnFileChangesNothing(t *testing.T) {
	for _, a := range All() {
		w, ok := a.(agent.ProjectWriter)
		if !ok {
			continue
		}
		for name, text := range w.ProjectFiles(someRules()) {
			if got, err := w.Merge(name, []byte(text), someRules()); err != nil || !bytes.Equal(got, []byte(text)) {
				t.Errorf("%s: %v\n%s", a.Describe().Name, err, got)
			}
		}
	}
}

// TestDescribedPlaces: machine files are absolute, those of the home folder and
// of the project are not, and each says why it is there.
func TestDescribedPlaces(t *testing.T) {
	for _, a := range All() {
		d := a.Describe()
		for _, m := range d.Machine {
			if !path.IsAbs(m.Path) || m.Reason == "" {
				t.Errorf("%s: %+v", d.Name, m)
			}
		}
		for _, i := range d.Instructions {
			if path.IsAbs(i.Path) != (i.Where == agent.OnMachine) {
				t.Errorf("%s: %+v", d.Name, i)
			}
		}
		for _, s := range d.State {
			if path.IsAbs(s.Path) || s.Reason == "" {
				t.Errorf("%s: %+v", d.Name, s)
			}
		}
		for _, e := range d.Endpoints {
			if e.Host == "" || !slices.Contains([]string{agent.UseAPI, agent.UseSignIn, agent.UseTelemetry, agent.UseUpdate}, e.Use) {
				t.Errorf("%s: %+v", d.Name, e)
			}
		}
	}
}

// TestEveryToolIsTold: one that has permissions of its own gets them in files or
// as arguments of its start.
func TestEveryToolIsTold(t *testing.T) {
	for _, a := range All() {
		by, argued := a.(agent.Arguer)
		if _, lints := a.(agent.Linter); lints && !argued && len(a.Files(someRules())) == 0 {
			t.Errorf("%s is told no rules", a.Describe().Name)
		}
		if !argued {
			continue
		}
		argv := a.Invocation(agent.Request{Rules: someRules()})
		for _, arg := range by.Arguments(someRules()) {
			if !slices.Contains(argv, arg) {
				t.Errorf("%s is started without %s", a.Describe().Name, arg)
			}
		}
	}
}
