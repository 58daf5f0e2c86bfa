package cli

import (
	"fmt"
	"path/filepath"
	"slices"

	"ringwall/internal/layer/permissions"
	"ringwall/internal/policy"
)

// showMissing tells what a policy that is there does not have, of what init
// would write. Its owner may have left it out on purpose, so it is only told.
func (e *env) showMissing(in *initial) {
	if in.own == nil {
		return
	}
	t := table{e.out, len("  kept   ")}
	for _, m := range []struct {
		key        string
		have, want []string
	}{
		{"tools.allow", in.own.Tools.Allow, permissions.DefaultTools(in.project)},
		{"network.allow", in.own.Network.Allow, reached(in.project)},
		{"loop.verify", in.own.Loop.Verify, commandsOf(in.project.Checks())},
	} {
		more := slices.DeleteFunc(slices.Clone(m.want), func(w string) bool { return slices.Contains(m.have, w) })
		if len(more) > 0 && (m.key != "loop.verify" || len(m.have) == 0) {
			t.row("", fmt.Sprintf("%s: init would have %s too", m.key, quoted(more)))
		}
	}
}

// writeInitial writes, and says what it did. Only a policy that it has just written
// is approved.
func (e *env) writeInitial(in *initial) error {
	pending := in.pending()
	for _, p := range in.files {
		if err := p.write(in.root); err != nil {
			return fmt.Errorf("write %s: %w", p.path, err)
		}
		fmt.Fprintf(e.out, "  %-6s %s\n", p.done(), p.path)
		if p.path == policy.FileName && p.action() == keep {
			e.showMissing(in)
		}
	}
	approved, err := in.approve()
	if err != nil {
		return err
	}
	left := slices.ContainsFunc(in.files, func(p proposed) bool { return p.left })
	switch {
	case left:
		fmt.Fprintln(e.out, "left: what was there is changed, as shown above, with: ringwall init --yes")
	case !pending:
		fmt.Fprintln(e.out, "nothing to do")
	}
	fmt.Fprintln(e.out, "next:", in.next(approved))
	return nil
}

// done is what was done with a file, in a word.
func (p proposed) done() string {
	switch a := p.action(); {
	case p.left:
		return "left"
	case a == create:
		return "wrote"
	case a == change:
		return "merged"
	}
	return "kept"
}

// approve records a policy that was just written, and tells whether the one
// that is there is approved.
func (in *initial) approve() (bool, error) {
	store := policy.NewStore(filepath.Join(in.host.StateDir, "trust.json"))
	for _, p := range in.files {
		if p.path != policy.FileName {
			continue
		}
		if p.action() == create {
			return true, store.Approve(in.project.Path, p.after)
		}
		return store.Check(in.project.Path, p.before) == nil, nil
	}
	return false, nil
}
