package project

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// git demands that the project is the top folder of a repository: one that
// lies whole inside it, or one that knows it as a worktree or submodule and is
// then shown read-only.
func (in *inspector) git() error {
	info, err := in.root.Lstat(".git")
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return in.noGit()
	case err != nil:
		return &Error{Kind: NoGit, Path: ".git", Msg: "cannot be read", Err: err}
	case info.Mode()&fs.ModeSymlink != 0:
		return linked("a symbolic link", "move the repository's folder here in place of the link")
	case info.Mode().IsRegular():
		return in.gitFile()
	case !info.IsDir():
		return &Error{Kind: NoGit, Path: ".git", Msg: "neither a folder nor a file"}
	}
	if in.exists(".git/commondir") || in.exists(".git/gitdir") {
		return linked("a part of another repository (commondir)", "run ringwall in that repository's own folder")
	}
	if !in.isFile(".git/HEAD") || !in.isDir(".git/objects") || !in.isDir(".git/refs") {
		return &Error{Kind: NoGit, Path: in.facts.Path, Msg: "its .git folder is not a repository", Fix: "git init"}
	}
	in.facts.Git = Git{Present: true}
	return nil
}

func (in *inspector) isDir(dir string) bool {
	info, err := in.lstat(dir)
	return err == nil && info.IsDir()
}

// noGit names the repository around the project, where there is one.
func (in *inspector) noGit() error {
	e := &Error{Kind: NoGit, Path: in.facts.Path, Msg: "not a git repository", Fix: "git init"}
	for dir := filepath.Dir(in.facts.Path); dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Lstat(filepath.Join(dir, ".git")); err == nil {
			e.Msg = "not the top folder of its git repository"
			e.Fix = "run ringwall in " + dir + ", or make a repository of its own here with git init"
			break
		}
	}
	return e
}

func linked(what, fix string) error {
	return &Error{Kind: LinkedGit, Path: ".git", Msg: "is " + what, Fix: fix}
}

// gitNamed lists the paths that a repository's configuration makes git run or
// read: its hooks folder, which is relative to the work tree, and the files it
// includes. The text is read as data.
func (in *inspector) gitNamed(repo, tree string) []string {
	var out []string
	for _, t := range in.gitTexts(repo) {
		out = append(out, in.named(t.text, tree, repo)...)
	}
	return out
}

// named is what one configuration names within the project: hooks relative to a
// work tree, included files relative to the configuration's own folder.
func (in *inspector) named(text []byte, tree, dir string) (out []string) {
	eachSetting(string(text), func(section, key, value string) {
		switch {
		case strings.HasPrefix(value, "~"), strings.HasPrefix(value, "%"): // of a home, or of git's own place
		case section == "core" && key == "hookspath":
			out = append(out, in.inProject(value, tree))
		case (section == "include" || section == "includeif") && key == "path":
			out = append(out, in.inProject(value, dir))
		}
	})
	return out
}

// namedElsewhere is what configurations outside the project name within it: the
// owner's own, and those of a linked worktree's repository.
func (in *inspector) namedElsewhere() (out []string) {
	files := gitConfigs(in.opts)
	if g := in.facts.Git; g.Linked {
		files = append(files, g.configFiles()...)
	}
	for _, file := range files {
		if text, err := readOwn(file); err == nil {
			out = append(out, in.named(text, ".", filepath.Dir(file))...)
		}
	}
	return out
}

// eachSetting goes over a git configuration as data: section and key in lower
// case, subsections left out, settings without a value too.
func eachSetting(text string, do func(section, key, value string)) {
	section := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			section, line = gitSection(line)
		}
		key, value, _ := strings.Cut(line, "=")
		key, value = strings.ToLower(strings.TrimSpace(key)), strings.Trim(strings.TrimSpace(value), `"`)
		if value != "" {
			do(section, key, value)
		}
	}
}

// gitSection reads "[core]" or `[includeIf "x"] path = y`: the section's name,
// and what follows on the line.
func gitSection(line string) (name, rest string) {
	head, rest, _ := strings.Cut(line[1:], "]")
	name, _, _ = strings.Cut(head, " ")
	return strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(rest)
}

// inProject makes a path relative to the project, or "" where it leads out.
// base is relative to the project, or absolute.
func (in *inspector) inProject(file, base string) string {
	switch {
	case filepath.IsAbs(file):
	case filepath.IsAbs(base):
		file = filepath.Join(base, file)
	default:
		file = filepath.Join(in.facts.Path, base, file)
	}
	rel, err := filepath.Rel(in.facts.Path, file)
	if err != nil || rel == "." || !filepath.IsLocal(rel) {
		return ""
	}
	return filepath.ToSlash(rel)
}
