package host

import (
	"path/filepath"
	"slices"
	"strings"

	"ringwall/internal/kernel/seen"
)

// Beside programs may lie what is nobody's business. The trees of the view are
// too large to be searched at each start, so this looks in the places where
// tools keep settings and services keep state.

// always are hidden at the top of every tree.
var always = []string{".git", ".ssh", ".gnupg", ".aws", ".config", ".docker", ".kube", ".env", ".netrc", ".npmrc", ".pypirc",
	".git-credentials", ".vault-token", "credentials.toml", "auth.json"}

// state is what stands beside bin where a service keeps its data.
var state = []string{"var", "run", "tmp", "log", "logs", "data"}

// settings are hidden only if they hold a secret, since they may as well name
// the mirror that builds need.
var settings = []string{"etc/npmrc", "etc/gitconfig", "etc/wgetrc", "etc/curlrc", "etc/pip.conf", "pip.conf", "etc/.condarc", ".condarc",
	"lib/node_modules/npm/npmrc", "share/nodejs/npm/npmrc", "conf/settings.xml", "share/maven/conf/settings.xml",
	"gradle.properties", "init.d/*.gradle", "go.env", "etc/bazel.bazelrc", "etc/my.cnf", "etc/redis.conf", "etc/cargo/*.toml", "etc/composer/auth.json"}

// etcSettings are the same for what is shown of /etc, by the beginning of its
// name.
var etcSettings = map[string][]string{
	"maven":  {"settings.xml", "*/settings.xml"},
	"java":   {"management/jmxremote.password"},
	"python": {"sitecustomize.py"},
}

// depth is how many folders below a part of a toolchain each version lies.
var depth = map[string]int{"versions": 2, "candidates": 2, "installs": 2, "tools": 2, "Cellar": 2, "node-versions": 2,
	"toolchains": 1, "venvs": 1, "python": 1}

// private lists what lies in the trees that are shown and is to be hidden, but
// for sockets, and where the trees are.
func private(e *seen.Eyes, f *Facts) ([]Private, []tree) {
	s := &searcher{eyes: e, other: f.Account != nil}
	tops := append([]string{"/usr", "/usr/local"}, f.Tools...)
	for _, t := range tops {
		s.add(t)
	}
	for _, t := range tops {
		s.top(t)
	}
	for _, entry := range f.Etc {
		s.add(entry.Path)
		for name, patterns := range etcSettings {
			if strings.HasPrefix(filepath.Base(entry.Path), name) {
				s.each(entry.Path, patterns, false)
			}
		}
	}
	sortPrivate(s.found)
	return s.found, s.trees
}

func sortPrivate(list []Private) {
	slices.SortFunc(list, func(a, b Private) int { return strings.Compare(a.Path, b.Path) })
}

// tree is what the view shows of the host.
type tree struct{ path, real string } // by its name, and without links

type searcher struct {
	eyes  *seen.Eyes
	trees []tree
	other bool // whoever is not to see it is not who searches
	found []Private
}

// add adds a tree, if it is there. It is resolved once: there are some sixty of
// them, and what is found is held against each.
func (s *searcher) add(path string) {
	if real, err := s.eyes.Resolve(path); err == nil {
		s.trees = append(s.trees, tree{path, real})
	}
}

// top looks at what lies at the top of a tree, and at each version in it.
func (s *searcher) top(t string) {
	names := s.versions(t, depth[filepath.Base(t)])
	if t == "/usr" {
		return
	}
	for name := range names {
		dir := filepath.Join(t, name)
		if slices.Contains(always, name) || names["bin"] && slices.Contains(state, name) && isDir(s.eyes, dir) {
			s.look(dir, true)
		}
	}
}

// versions looks for settings in a folder and in those below it, so many levels
// deep, down to those that programs were installed in. It returns the names in
// the folder.
func (s *searcher) versions(dir string, levels int) map[string]bool {
	list, _ := s.eyes.List(dir) // one that cannot be listed has none
	names := map[string]bool{}
	for _, e := range list {
		names[e.Name] = true
	}
	if names["etc"] { // asked for many names that most often are not there
		s.eyes.List(filepath.Join(dir, "etc"))
	}
	for _, p := range settings {
		if first, _, _ := strings.Cut(p, "/"); names[first] {
			s.each(dir, []string{p}, false)
		}
	}
	for _, e := range list {
		if e.Dir && levels > 0 && !names["bin"] {
			s.versions(filepath.Join(dir, e.Name), levels-1)
		}
	}
	return names
}

func (s *searcher) each(dir string, patterns []string, certain bool) {
	for _, p := range patterns {
		for _, path := range s.eyes.Glob(dir, p) {
			s.look(path, certain)
		}
	}
}

// look decides about one path. Where it is a link, what it leads to counts: a
// link cannot be mounted on, and hides nothing.
func (s *searcher) look(path string, certain bool) {
	real, err := s.eyes.Resolve(path)
	if err != nil {
		return
	}
	info, err := s.eyes.Lstat(real)
	switch {
	case err != nil:
	case info.IsDir() && certain:
		s.hide(Private{Path: real, Dir: true, Why: "state or settings beside programs"})
	case !info.IsRegular():
	case certain:
		s.hide(Private{Path: real, Text: replacement(real, ""), Why: "settings beside programs"})
	default:
		s.setting(real, info)
	}
}

// largest is what a settings file may have to be looked at; a larger one is
// hidden unseen.
const largest = 1 << 20

func (s *searcher) setting(path string, info seen.Info) {
	if info.Perm()&0o004 == 0 || info.Size() > largest {
		s.hide(Private{Path: path, Text: replacement(path, ""), Why: "settings that not everybody may read"})
		return
	}
	data, err := s.eyes.Read(path)
	text := string(data)
	if filepath.Ext(path) == ".xml" {
		text = without(text, "<!--", "-->") // Maven's own explains there what a password is
	}
	if err != nil || secretive(text) {
		s.hide(Private{Path: path, Text: replacement(path, text), Why: "settings with a secret"})
	}
}

// hide adds a path once, under each name by which the view shows it.
func (s *searcher) hide(p Private) {
	for _, path := range s.places(p.Path) {
		q := p
		q.Path = path
		if !slices.ContainsFunc(s.found, func(o Private) bool { return o.Path == q.Path || o.Dir && within(q.Path, o.Path) }) {
			s.found = append(s.found, q)
		}
	}
}

// places are the names by which the view shows a path without links.
func (s *searcher) places(real string) (out []string) {
	for _, t := range s.trees {
		if within(real, t.real) && !(s.other && s.locked(real, t.real)) {
			out = append(out, t.path+strings.TrimPrefix(real, t.real))
		}
	}
	return out
}

// locked tells whether a folder between a tree and a path is its owner's alone.
// The agent's account cannot get there, not even to cover it.
func (s *searcher) locked(path, tree string) bool {
	for dir := filepath.Dir(path); within(dir, tree); dir = filepath.Dir(dir) {
		if info, err := s.eyes.Stat(dir); err == nil && info.Perm()&0o077 == 0 {
			return true
		}
	}
	return false
}
