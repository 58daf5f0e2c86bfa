package project

import (
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"ringwall/internal/agent"
)

// rails are the guardrails found so far, by path.
type rails map[string]Guardrail

// guardrails resolves the tables against the tree: what is there, and what is
// to be frozen as absent.
func (in *inspector) guardrails() error {
	in.rails = rails{}
	rows := agent.CommonGuardrails()
	if in.opts.Agent != nil {
		// First, because these carry more: frozen even where absent.
		rows = append(in.opts.Agent.Describe().Guardrails, rows...)
	}
	for _, row := range rows {
		if err := in.addRow(row); err != nil {
			return err
		}
	}
	return in.gitRails()
}

// gitRails freezes what git runs or reads by its configuration, wherever that
// lies, and what leads it to its repository.
func (in *inspector) gitRails() error {
	named := in.namedElsewhere()
	if !in.facts.Git.Linked {
		named = append(named, in.gitNamed(".git", ".")...)
	}
	for _, p := range named {
		if err := in.addRow(agent.Path{Path: p, IfAbsent: true, Reason: "git's configuration names it"}); err != nil {
			return err
		}
		in.includedCredentials(p)
	}
	if in.facts.Git.Linked {
		in.commonCredentials()
		return in.addRail(agent.Path{Path: ".git", Reason: "leads git to the repository"})
	}
	in.gitCredentials(".git")
	return in.worktrees(".git")
}

// addRow adds what a row stands for: one path, or those that its pattern
// matches.
func (in *inspector) addRow(row agent.Path) error {
	if !strings.Contains(row.Path, "*") {
		return in.addRail(row)
	}
	dir, pattern := path.Split(row.Path)
	names, err := in.list(path.Clean("./" + dir))
	if err != nil {
		return err
	}
	for _, name := range names {
		if ok, err := path.Match(pattern, name); err != nil || !ok {
			continue
		}
		row.Path = dir + name
		if err := in.addRail(row); err != nil {
			return err
		}
	}
	return nil
}

// addRail adds one path as it stands in the tree. A path that cannot be frozen
// is an error, not a gap.
func (in *inspector) addRail(row agent.Path) error {
	if _, known := in.rails[row.Path]; known || row.Path == "" {
		return nil
	}
	info, link, err := in.linkless(row.Path)
	switch {
	case link != "":
		return in.linkedRail(row, link)
	case errors.Is(err, fs.ErrNotExist):
		if row.IfAbsent {
			in.rails[row.Path] = Guardrail{Path: row.Path, Dir: row.Dir, Reason: row.Reason}
		}
		return nil
	case err != nil && in.throughFile(row.Path):
		return nil // a file stands where a folder would have to be
	case err != nil:
		return &Error{Kind: BadPath, Path: row.Path, Msg: "cannot be looked at", Err: err}
	}
	if err := singleName(row.Path, info); err != nil {
		return err
	}
	in.rails[row.Path] = Guardrail{Path: row.Path, Dir: info.IsDir(), Present: true, Reason: row.Reason, Hidden: row.Hidden}
	return nil
}

// addAsked adds a path that an entry of the policy names. What is a guardrail
// without it stays as it is: taking the entry out would not free it.
func (in *inspector) addAsked(row agent.Path, entry string) error {
	_, known := in.rails[row.Path]
	if err := in.addRail(row); err != nil || known {
		return err
	}
	if g, ok := in.rails[row.Path]; ok {
		g.Asked = entry
		in.rails[row.Path] = g
	}
	return nil
}

// throughFile tells whether a regular file stands above the path.
func (in *inspector) throughFile(p string) bool {
	for dir := path.Dir(p); dir != "."; dir = path.Dir(dir) {
		if in.isFile(dir) {
			return true
		}
	}
	return false
}

// singleName refuses a file that has a second name, under which it could be
// written.
func singleName(p string, info fs.FileInfo) error {
	if _, _, links := identity(info); !info.Mode().IsRegular() || links <= 1 {
		return nil
	}
	return &Error{Kind: HardLink, Path: p, Msg: "a guardrail with a second hard link cannot be frozen",
		Fix: "give it an inode of its own: cp -p FILE FILE.new && mv FILE.new FILE"}
}

// list returns the names in a folder of the project, none where there is no
// such folder.
func (in *inspector) list(dir string) ([]string, error) {
	if dir == "." {
		if l, err := in.top(); err == nil {
			return l.names, nil
		}
	}
	if in.absent(dir) {
		return nil, nil
	}
	info, err := in.root.Stat(dir)
	if errors.Is(err, fs.ErrNotExist) || (err == nil && !info.IsDir()) {
		return nil, nil
	}
	var names []string
	if err == nil {
		names, err = in.readNames(dir)
	}
	if err != nil {
		return nil, &Error{Kind: BadPath, Path: dir, Msg: "cannot be listed", Err: err}
	}
	return names, nil
}

// readNames stops at maxEntries; the walk then tells that the project is larger.
func (in *inspector) readNames(dir string) ([]string, error) {
	f, err := in.root.Open(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	names, err := f.Readdirnames(maxEntries)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return names, err
}

// settle is the final list: sorted, without what lies in a frozen folder.
func (r rails) settle() []Guardrail {
	var out []Guardrail
	for p, g := range r {
		if !r.covered(p) {
			out = append(out, g)
		}
	}
	slices.SortFunc(out, func(a, b Guardrail) int { return strings.Compare(a.Path, b.Path) })
	return out
}

// covered tells whether a folder above the path is frozen whole.
func (r rails) covered(p string) bool {
	for dir := path.Dir(p); dir != "."; dir = path.Dir(dir) {
		if g, ok := r[dir]; ok && g.Dir && !g.Around {
			return true
		}
	}
	return false
}
