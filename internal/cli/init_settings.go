package cli

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"

	"ringwall/internal/agent"
	"ringwall/internal/agent/jsonedit"
	"ringwall/internal/layer/permissions"
)

// proposePermissions are the files by which the agent's own permissions hold
// when a person starts it here by hand.
func (in *initial) proposePermissions() error {
	if in.chosen.agent == nil {
		return nil
	}
	rules := permissions.Rules(in.policy)
	fresh := map[string]string{}
	w, ok := in.chosen.agent.(agent.ProjectWriter)
	if ok {
		fresh = w.ProjectFiles(rules)
	}
	if err := in.checkSettings(fresh); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(fresh)) {
		if err := in.proposeSettings(w, name, fresh[name], rules); err != nil {
			return err
		}
	}
	return nil
}

func (in *initial) proposeSettings(w agent.ProjectWriter, name, fresh string, rules agent.Rules) error {
	before, err := readExisting(in.root, name)
	if err != nil {
		return err
	}
	p := proposed{path: name, before: before, after: []byte(fresh), what: in.chosen.agent.Describe().Title + "'s own permissions"}
	if before != nil {
		if p.after, err = w.Merge(name, before, rules); err != nil {
			return brokenSettings(name, err)
		}
		if !bytes.Equal(p.before, p.after) {
			in.note(name, before) // where nothing is added, it is what init made of it
		}
	}
	in.files = append(in.files, p)
	return nil
}

// checkSettings reads all of the agent's permission files in the project: what
// a broken one of them means is the tool's guess, and not to be built on. Those
// that init adds to are read then.
func (in *initial) checkSettings(added map[string]string) error {
	l, ok := in.chosen.agent.(agent.Linter)
	if !ok {
		return nil
	}
	for _, f := range l.PermissionFiles() {
		if f.Where != agent.InProject || added[f.Path] != "" || !slices.Contains([]string{".json", ".jsonc"}, path.Ext(f.Path)) {
			continue
		}
		text, err := readExisting(in.root, f.Path)
		if err != nil {
			return err
		}
		if text == nil {
			continue
		}
		if _, err := jsonedit.Parse(text); err != nil {
			return brokenSettings(f.Path, err)
		}
		in.note(f.Path, text)
	}
	return nil
}

// note keeps what is wrong with a permission file that is there: in full what
// the tool cannot read, and may drop the rest for; else how much.
func (in *initial) note(name string, text []byte) {
	l, ok := in.chosen.agent.(agent.Linter)
	if !ok {
		return
	}
	found := l.Lint(name, text)
	for _, f := range found {
		if f.Problem == agent.Malformed {
			in.notes = append(in.notes, fmt.Sprintf("%s:%d: %s", name, f.Line, f.Why))
			return
		}
	}
	if len(found) > 0 {
		in.notes = append(in.notes, fmt.Sprintf("%s: %s, see: ringwall scan", name, plural(len(found), "finding")))
	}
}

// brokenSettings names the place of what cannot be read.
func brokenSettings(name string, err error) error {
	var bad *jsonedit.SyntaxError
	place := name
	if errors.As(err, &bad) {
		place = fmt.Sprintf("%s:%d:%d", name, bad.Line, max(1, bad.Column))
		err = errors.New(bad.Why)
	}
	return usage(withHint("mend it, and run init again: nothing was written", "%s: %w", place, err))
}
