package project

import (
	"os"
	"path/filepath"
	"strings"
)

// gitFile finds the repository of a project that is a linked worktree or a
// submodule. The file alone is not believed, since anybody can write one that
// points at any folder: the repository has to know the project too.
func (in *inspector) gitFile() error {
	const clone = "use a clone of its own: git clone . ../work && cd ../work"
	text, err := in.read(".git", 4096)
	if err != nil {
		return &Error{Kind: LinkedGit, Path: ".git", Msg: "cannot be read", Err: err}
	}
	to, is := strings.CutPrefix(strings.TrimRight(string(text), "\r\n"), "gitdir: ")
	if !is {
		return linked("a file that git does not take for a repository", "git init in a new folder, or: "+clone)
	}
	dir, err := in.outside(in.facts.Path, to)
	if err != nil {
		return linked("a file that points to a repository that is not there", clone)
	}
	common := dir
	if text, err := readOwn(filepath.Join(dir, "commondir")); err == nil {
		if common, err = in.outside(dir, strings.TrimSpace(string(text))); err != nil {
			return linked("part of a repository that is not there", clone)
		}
	}
	if why := in.unfitRepository(dir, common); why != "" {
		return linked("a file that points to a repository elsewhere, "+why, clone)
	}
	in.facts.Git = Git{Present: true, Linked: true, Dir: dir, Common: common}
	return nil
}

// outside resolves a path that git wrote, relative to a folder.
func (in *inspector) outside(base, to string) (string, error) {
	if !filepath.IsAbs(to) {
		to = filepath.Join(base, to)
	}
	return filepath.EvalSymlinks(to)
}

// unfitRepository says why a repository cannot be the project's, or nothing.
func (in *inspector) unfitRepository(dir, common string) string {
	for _, tree := range systemTrees {
		if within(common, tree) {
			return "in a part of the system"
		}
	}
	home, state := real(in.opts.Home), real(in.opts.StateDir)
	switch {
	case !within(dir, common):
		return "whose parts lie in different places"
	case within(common, in.facts.Path), within(in.facts.Path, common):
		return "which lies in the project or around it"
	case home != "" && within(home, common), state != "" && (within(state, common) || within(common, state)):
		return "which is no place for one"
	case !isRepository(common):
		return "and nothing there is one"
	case !in.knownAsWorktree(dir) && !in.knownAsSubmodule(dir):
		return "which does not know this folder as a worktree or submodule"
	}
	return ""
}

func isRepository(dir string) bool {
	for name, folder := range map[string]bool{"HEAD": false, "config": false, "objects": true, "refs": true} {
		info, err := os.Lstat(filepath.Join(dir, name))
		if err != nil || info.IsDir() != folder || !folder && !info.Mode().IsRegular() {
			return false
		}
	}
	return true
}

// knownAsWorktree: git keeps in each worktree's part of the repository where
// its .git file is.
func (in *inspector) knownAsWorktree(dir string) bool {
	text, err := readOwn(filepath.Join(dir, "gitdir"))
	if err != nil {
		return false
	}
	at, err := in.outside(dir, strings.TrimSpace(string(text)))
	return err == nil && at == filepath.Join(in.facts.Path, ".git")
}

// knownAsSubmodule: a submodule's configuration names its work tree.
func (in *inspector) knownAsSubmodule(dir string) bool {
	text, err := readOwn(filepath.Join(dir, "config"))
	if err != nil {
		return false
	}
	known := false
	eachSetting(string(text), func(section, key, value string) {
		if section == "core" && key == "worktree" {
			at, err := in.outside(dir, value)
			known = err == nil && at == in.facts.Path
		}
	})
	return known
}
