package gate

import (
	"maps"
	"path"
	"slices"
	"strings"
)

// ecosystem is one way to name dependencies.
type ecosystem struct {
	name  string
	match func(base string) bool // in lower case
	parse func(base string, content []byte) (names []string, ok bool)
}

func ecosystems() []ecosystem {
	is := func(names ...string) func(string) bool {
		return func(base string) bool { return slices.Contains(names, base) }
	}
	return []ecosystem{
		{"Go", is("go.mod"), func(_ string, b []byte) ([]string, bool) { return goModules(b), true }},
		{"npm", is("package.json"), func(_ string, b []byte) ([]string, bool) { return npmPackages(b) }},
		{"Python", func(base string) bool { return base == "pyproject.toml" || requirements(base) }, pythonPackages},
		{"Rust", is("cargo.toml"), func(_ string, b []byte) ([]string, bool) { return crates(b) }},
		{"JVM", func(base string) bool {
			return base == "pom.xml" || strings.HasPrefix(base, "build.gradle") || base == "libs.versions.toml"
		}, jvmPackages},
	}
}

func requirements(base string) bool {
	return strings.HasPrefix(base, "requirements") && strings.HasSuffix(base, ".txt")
}

// dependencies lists names that no manifest of the kind had before.
func dependencies(changes []Change) []Finding {
	var out []Finding
	for _, e := range ecosystems() {
		out = append(out, e.added(changes)...)
	}
	return out
}

// added compares all manifests of one kind together: what moved from one to
// another is not new.
func (e ecosystem) added(changes []Change) []Finding {
	known := map[string]bool{}
	for _, c := range changes {
		if names, ok := e.names(c.Path, c.Old); ok {
			for _, n := range names {
				known[n] = true
			}
		}
	}
	var out []Finding
	var bad []string
	for _, c := range changes {
		names, ok := e.names(c.Path, c.New)
		if !ok {
			bad = append(bad, c.Path)
			continue
		}
		fresh := map[string]bool{}
		for _, n := range names {
			if !known[n] {
				fresh[n] = true
			}
		}
		if len(fresh) > 0 {
			out = append(out, Finding{Gate: DependenciesAdded, Paths: []string{c.Path},
				What: c.Path + ": " + e.name + ", added " + list(slices.Sorted(maps.Keys(fresh)))})
		}
	}
	return append(out, unread(DependenciesAdded, bad)...)
}

// names reads one side of a change; a file that is no manifest of this kind has
// none.
func (e ecosystem) names(p string, side func(int64) ([]byte, error)) ([]string, bool) {
	base := strings.ToLower(path.Base(p))
	if side == nil || !e.match(base) || installed(p) {
		return nil, true
	}
	content, ok := read(side, maxSource)
	if !ok {
		return nil, false
	}
	return e.parse(base, content)
}
