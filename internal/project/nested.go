package project

import (
	"io/fs"
	"path"
	"strings"

	"ringwall/internal/agent"
)

// What git executes from a repository, or is led elsewhere by.
const runsFromNested = "a nested repository's configuration or hooks, which git runs"

// repository freezes what a repository other than the project's own would make
// git run. repo is its folder, tree its work tree; both are the same for a bare
// one.
func (in *inspector) repository(repo, tree string) error {
	for _, row := range []agent.Path{
		{Path: "config", IfAbsent: true},
		{Path: "hooks", Dir: true, IfAbsent: true},
		{Path: "config.worktree"}, {Path: "info/attributes"}, {Path: "info/grafts"},
		{Path: "commondir"}, {Path: "gitdir"}, {Path: "objects/info/alternates"},
	} {
		row.Path, row.Reason = path.Join(repo, row.Path), runsFromNested
		if err := in.addRail(row); err != nil {
			return err
		}
	}
	for _, p := range in.gitNamed(repo, tree) {
		if err := in.addRail(agent.Path{Path: p, IfAbsent: true, Reason: "a nested repository's configuration names it"}); err != nil {
			return err
		}
		in.includedCredentials(p)
	}
	in.gitCredentials(repo)
	return in.worktrees(repo)
}

// worktrees freezes what tells git where a repository's worktrees are. One
// outside the project is locked as well, in git's own sense: its folder is not
// to be seen from inside, and git would take it for abandoned.
func (in *inspector) worktrees(repo string) error {
	names, err := in.list(path.Join(repo, "worktrees"))
	if err != nil {
		return err
	}
	for _, name := range names {
		dir := path.Join(repo, "worktrees", name)
		if !in.isDir(dir) {
			continue
		}
		for _, row := range []agent.Path{
			{Path: "gitdir", Reason: "tells git where a worktree lies"},
			{Path: "commondir", Reason: "tells git where a worktree's repository lies"},
			{Path: "config.worktree", IfAbsent: true, Reason: runsFromNested},
			{Path: "locked", IfAbsent: !in.worktreeInside(dir), Reason: "keeps git from taking a worktree elsewhere for abandoned"},
		} {
			row.Path = path.Join(dir, row.Path)
			if err := in.addRail(row); err != nil {
				return err
			}
		}
	}
	return nil
}

func (in *inspector) worktreeInside(dir string) bool {
	text, err := in.read(dir+"/gitdir", 4096)
	return err == nil && in.inProject(strings.TrimSpace(string(text)), dir) != ""
}

// gitLink freezes a .git that is not a folder, in a submodule or a worktree, and
// the repository that it leads to, where that is in the project.
func (in *inspector) gitLink(p string, kind fs.FileMode) error {
	tree := path.Dir(p)
	if kind&fs.ModeSymlink != 0 {
		to, links, inside := in.trace(p)
		in.pinLinks(links, "leads git to a repository")
		if !inside || !in.isDir(to) {
			return nil
		}
		return in.repository(to, tree)
	}
	if err := in.addRail(agent.Path{Path: p, Reason: "leads git to a repository"}); err != nil {
		return err
	}
	text, err := in.read(p, 4096)
	to, is := strings.CutPrefix(strings.TrimSpace(string(text)), "gitdir: ")
	if err != nil || !is {
		return nil
	}
	if repo := in.inProject(to, tree); repo != "" && in.isDir(repo) {
		return in.repository(repo, tree)
	}
	return nil
}
