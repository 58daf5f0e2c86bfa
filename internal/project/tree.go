package project

import (
	"io/fs"
	"path"
	"slices"

	"ringwall/internal/agent"
	"ringwall/internal/scan"
)

// selected is a pattern of the policy, as written and as read.
type selected struct {
	text string
	scan.Pattern
}

func compile(list []string, key string, want func(string) bool) ([]selected, error) {
	var out []selected
	for _, text := range list {
		if !want(text) {
			continue
		}
		p, err := scan.NewPattern(text)
		if err != nil {
			return nil, &Error{Kind: BadPattern, Path: text, Msg: "workspace." + key, Err: err}
		}
		out = append(out, selected{text, p})
	}
	return out, nil
}

// finder collects the secrets of a walk.
type finder struct {
	in      *inspector
	hide    []selected
	freeze  []selected
	deep    int // guardrails below the project's own folder that were found
	secrets map[string]Secret
	shared  map[uint64]string // inodes of secrets with a second name
}

// search walks the project for secrets, nested repositories, guardrails below
// its own folder, and what the policy's patterns freeze.
func (in *inspector) search() error {
	f := &finder{in: in, secrets: map[string]Secret{}, shared: map[uint64]string{}}
	var err error
	if f.hide, err = compile(in.opts.Hide, "hide", func(string) bool { return true }); err != nil {
		return err
	}
	if f.freeze, err = compile(in.opts.Freeze, "freeze", hasMeta); err != nil {
		return err
	}
	t, err := openTree(in.facts.Path)
	if err != nil {
		return &Error{Kind: BadPath, Path: in.facts.Path, Msg: "cannot be opened", Err: err}
	}
	defer t.close()
	old, fresh := in.loadIndex()
	w := &walker{in: in, tree: t, old: old, fresh: fresh, limit: in.opts.limit,
		keep: f.means, visit: f.visit, enter: f.enter, repo: f.repo}
	if err := w.run(); err != nil {
		return err
	}
	if len(f.shared) > 0 {
		again := &walker{in: in, tree: t, old: &index{}, fresh: &index{folders: map[string]*indexed{}}, limit: in.opts.limit,
			keep: func(string, dirent) bool { return true }, visit: f.sameFile, enter: func(string) error { return nil }}
		if err := again.run(); err != nil {
			return err
		}
	}
	for _, s := range in.configs {
		f.secrets[s.Path] = s
	}
	in.facts.Secrets, in.facts.Committed = in.committed(f.list())
	if in.facts.Incomplete == "" {
		in.saveIndex(fresh, w.changed)
	}
	return nil
}

// means tells whether a file's or link's name alone makes it worth a visit. What
// it rests on is in the sum of the index's rules.
func (f *finder) means(p string, e dirent) bool {
	if e.name == ".git" || len(f.deepRows(p)) > 0 {
		return true
	}
	if verdict, _ := scan.SecretName(p); verdict != scan.Ordinary {
		return true
	}
	match := func(s selected) bool { return s.Match(p) }
	return slices.ContainsFunc(f.freeze, match) || slices.ContainsFunc(f.hide, match) ||
		e.Type().IsRegular() && scan.Candidate(p)
}

// visit judges one file or link.
func (f *finder) visit(w *walker, at *here, e dirent) error {
	p := path.Join(at.path, e.name)
	if err := f.frozen(p, func(s selected) bool { return s.Match(p) }); err != nil {
		return err
	}
	if e.name == ".git" && p != ".git" {
		return f.in.gitLink(p, e.Type())
	}
	if err := f.deepRail(p); err != nil {
		return err
	}
	file := p
	if e.Type()&fs.ModeSymlink != 0 {
		if !f.promising(p) {
			return nil
		}
		target, inside := f.in.target(p)
		if !inside {
			return nil
		}
		file = target
	}
	if !f.in.regular(file, e) {
		return nil
	}
	s, err := f.secret(w, at, p, file)
	if err == nil && s.Reason != "" {
		f.add(s)
	}
	return err
}

// promising tells whether a link's name alone makes its target worth a look:
// the name says what the target holds.
func (f *finder) promising(p string) bool {
	verdict, _ := scan.SecretName(p)
	return verdict != scan.Ordinary || slices.ContainsFunc(f.hide, func(s selected) bool { return s.Match(p) })
}

// regular spares a system call where the folder's listing told the type.
func (in *inspector) regular(p string, e dirent) bool {
	return e.Type().IsRegular() || (e.Type()&fs.ModeSymlink != 0 && in.isFile(p))
}

func (f *finder) enter(p string) error {
	if err := f.deepRail(p); err != nil {
		return err
	}
	return f.frozen(p, func(s selected) bool { return s.MatchFolder(p) })
}

// frozen adds a guardrail for a path that one of the policy's patterns selects.
func (f *finder) frozen(p string, match func(selected) bool) error {
	for _, s := range f.freeze {
		if match(s) && !f.in.rails.covered(p) {
			return f.in.addAsked(agent.Path{Path: p, Reason: "the policy freezes " + s.text}, s.text)
		}
	}
	return nil
}

// repo is called for a folder that git takes for a repository.
func (f *finder) repo(p string) error {
	tree := p
	if path.Base(p) == ".git" {
		tree = path.Dir(p)
	}
	return f.in.repository(p, tree)
}
