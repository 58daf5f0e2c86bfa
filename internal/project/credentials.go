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

// gitText is one configuration file of a repository in the project.
type gitText struct {
	file string // links resolved
	text []byte
	err  error
}

// gitTexts reads a repository's configuration files, once; none where there are
// none.
func (in *inspector) gitTexts(repo string) []gitText {
	if known, ok := in.texts[repo]; ok {
		return known
	}
	var out []gitText
	for _, name := range []string{"config", "config.worktree"} {
		t := gitText{file: path.Join(repo, name)}
		info, err := in.lstat(t.file)
		if err != nil {
			continue
		}
		if info.Mode()&fs.ModeSymlink != 0 {
			to, inside := in.target(t.file)
			if !inside || !in.isFile(to) {
				continue
			}
			t.file = to
		}
		t.text, t.err = in.read(t.file, maxConfig)
		out = append(out, t)
	}
	if in.texts == nil {
		in.texts = map[string][]gitText{}
	}
	in.texts[repo] = out
	return out
}

// gitCredentials notes a repository's configuration that holds a credential: a
// copy without it is shown, so that git works on the rest.
func (in *inspector) gitCredentials(repo string) {
	for _, t := range in.gitTexts(repo) {
		if s, hidden := withoutCredentials(t.file, t.text, t.err); hidden {
			in.configs = append(in.configs, s)
		}
	}
}

// includedCredentials is gitCredentials for a file that a configuration includes.
func (in *inspector) includedCredentials(p string) {
	if p == "" || !in.isFile(p) {
		return
	}
	text, err := in.read(p, maxConfig)
	if s, hidden := withoutCredentials(p, text, err); hidden {
		in.configs = append(in.configs, s)
	}
}

// configFiles are the configurations of a repository elsewhere.
func (g Git) configFiles() []string {
	out := []string{filepath.Join(g.Common, "config"), filepath.Join(g.Common, "config.worktree")}
	if g.Dir != g.Common {
		out = append(out, filepath.Join(g.Dir, "config.worktree"))
	}
	return out
}

// commonCredentials is gitCredentials for a repository elsewhere.
func (in *inspector) commonCredentials() {
	g := &in.facts.Git
	for _, file := range g.configFiles() {
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
