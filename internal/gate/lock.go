package gate

import (
	"bytes"
	"maps"
	"path"
	"slices"
	"strings"
)

// lockfile tells whether a file pins packages to the places that they come from.
func lockfile(p string) bool {
	name := strings.ToLower(path.Base(p))
	switch name {
	case "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock", "deno.lock",
		"poetry.lock", "uv.lock", "pdm.lock", "pipfile.lock", "cargo.lock", "go.sum", "gemfile.lock", "composer.lock":
		return true
	}
	return strings.HasPrefix(name, "requirements") && strings.HasSuffix(name, ".txt")
}

// registries are where package managers fetch from without being told to. A lock
// file that is new may name them.
var registries = []string{
	"registry.npmjs.org", "registry.yarnpkg.com", "pypi.org", "files.pythonhosted.org", "github.com", "index.crates.io",
	"static.crates.io", "crates.io", "rubygems.org", "repo.packagist.org", "packagist.org", "api.github.com", "jsr.io", "npm.jsr.io", "deno.land",
	// What most modules of Go are named after.
	"golang.org", "google.golang.org", "gopkg.in", "go.uber.org", "k8s.io", "sigs.k8s.io", "cloud.google.com", "gitlab.com",
}

// lockfiles finds hosts that no lock file of that name had before.
func lockfiles(changes []Change) []Finding {
	known := map[string]map[string]bool{} // by the file's name
	var bad []string
	for _, c := range changes {
		if !lockfile(c.Path) || installed(c.Path) || c.Old == nil {
			continue
		}
		content, ok := read(c.Old, maxLockfile)
		if !ok {
			bad = append(bad, c.Path)
		}
		kind := path.Base(c.Path)
		if known[kind] == nil {
			known[kind] = map[string]bool{}
		}
		maps.Copy(known[kind], hosts(kind, content))
	}
	var out []Finding
	for _, c := range changes {
		if !lockfile(c.Path) || installed(c.Path) || c.New == nil {
			continue
		}
		content, ok := read(c.New, maxLockfile)
		if !ok {
			bad = append(bad, c.Path)
			continue
		}
		if fresh := newHosts(known[path.Base(c.Path)], hosts(path.Base(c.Path), content)); len(fresh) > 0 {
			out = append(out, Finding{Gate: LockfileHosts, Paths: []string{c.Path},
				What: c.Path + ": packages come from " + list(fresh) + ", which no lock file named before"})
		}
	}
	slices.Sort(bad)
	return append(out, unread(LockfileHosts, slices.Compact(bad))...)
}

// newHosts are those that were not known. Without a lock file before, the
// registries that are asked by default are.
func newHosts(known, now map[string]bool) []string {
	var out []string
	for h := range now {
		if known[h] || known == nil && slices.Contains(registries, h) {
			continue
		}
		out = append(out, h)
	}
	slices.Sort(out)
	return out
}

// maxHosts bounds what is taken out of one file.
const maxHosts = 10_000

// hosts are the names of servers in a lock file, in lower case, with the port
// where one is written. What follows "://" is read to the end of the authority;
// without a scheme, git's own "user@host:path" is; go.sum has module paths.
func hosts(kind string, content []byte) map[string]bool {
	out := map[string]bool{}
	if strings.EqualFold(kind, "go.sum") {
		for _, l := range split(content) {
			if first, _, _ := bytes.Cut(l, []byte("/")); bytes.IndexByte(first, '.') > 0 && len(out) < maxHosts {
				first, _, _ = bytes.Cut(first, []byte(" "))
				addHost(out, first)
			}
		}
		return out
	}
	for rest := content; len(out) < maxHosts; {
		i := bytes.Index(rest, []byte("://"))
		if i < 0 {
			break
		}
		rest = rest[i+3:]
		authority := rest[:indexAny(rest, "/?#\"'`\\ \t\r\n<>,;)]}")]
		if at := bytes.LastIndexByte(authority, '@'); at >= 0 {
			authority = authority[at+1:]
		}
		addHost(out, authority)
	}
	for rest := content; len(out) < maxHosts; {
		i := bytes.Index(rest, []byte("git@"))
		if i < 0 {
			break
		}
		rest = rest[i+4:]
		addHost(out, rest[:indexAny(rest, ":/\"' \t\r\n")])
	}
	return out
}

// addHost takes a name; one that is no name at all is taken as it is, so that a
// strange spelling does not go unseen.
func addHost(out map[string]bool, name []byte) {
	if len(name) == 0 {
		return
	}
	out[strings.ToLower(string(name[:min(len(name), 260)]))] = true
}

// indexAny is the place of the first of these bytes, or the end.
func indexAny(b []byte, chars string) int {
	if i := bytes.IndexAny(b, chars); i >= 0 {
		return i
	}
	return len(b)
}
