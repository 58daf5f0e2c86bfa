package project

import (
	"errors"
	"io/fs"
	"path"
	"path/filepath"

	"ringwall/internal/scan"
)

// inGitConfig is why a git configuration is shown in part.
const inGitConfig = "a credential in git's configuration"

// gitCredentials notes a repository's configuration that holds a credential: a
// copy without it is shown, so that git works on the rest.
func (in *inspector) gitCredentials(repo string) {
	for _, name := range []string{"config", "config.worktree"} {
		file, inside := in.target(path.Join(repo, name))
		if !inside || !in.isFile(file) {
			continue
		}
		text, err := in.read(file, maxConfig)
		if s, hidden := withoutCredentials(file, text, err); hidden {
			in.configs = append(in.configs, s)
		}
	}
}

// commonCredentials is gitCredentials for a repository elsewhere.
func (in *inspector) commonCredentials() {
	g := &in.facts.Git
	for _, file := range []string{filepath.Join(g.Common, "config"), filepath.Join(g.Common, "config.worktree"),
		filepath.Join(g.Dir, "config.worktree")} {
		text, err := readOwn(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if s, hidden := withoutCredentials(file, text, err); hidden {
			g.Configs = append(g.Configs, s)
		}
	}
}

// withoutCredentials is how a configuration is shown; false: as it is. One that
// cannot be read is not known to hold none.
func withoutCredentials(file string, text []byte, err error) (Secret, bool) {
	if err != nil {
		return Secret{Path: file, Reason: inGitConfig + " (not readable, so not known to be none)"}, true
	}
	shown, hidden := scan.RedactGit(string(text))
	return Secret{Path: file, Reason: inGitConfig, Shown: shown, Part: true}, hidden
}
