package project

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// sign is a file at the top of a folder that shows how it is built.
type sign struct {
	name     string   // of the toolchain
	files    []string // any one of them; "*.x" is any with that ending
	commands []string
	// choose gives the commands where they depend on the folder; nil: commands.
	choose func(*part) []string
	// tests finds out how the tests are run; nil: that is not known.
	tests func(*part) tests
	// top: it counts in the project's own folder only. What wraps a whole
	// project means nothing below it.
	top bool
}

// tests is a command that runs a folder's tests, and what in the folder shows
// it. Both are empty where there are none, or none that are known.
type tests struct{ command, from string }

// part is a folder of the project that is looked at for signs.
type part struct {
	in     *inspector
	dir    string   // relative; "." is the project's own
	sorted []string // its names, once they were asked for
	listed bool
}

func newPart(in *inspector, dir string) *part { return &part{in: in, dir: dir} }

func (p *part) join(name string) string { return path.Join(p.dir, name) }

// has tells whether a file is there. What the listing does not have is not
// asked for.
func (p *part) has(name string) bool {
	if p.dir != "." && !strings.Contains(name, "/") && len(p.names()) < maxNames {
		if _, there := slices.BinarySearch(p.names(), name); !there {
			return false
		}
	}
	return p.in.isFile(p.join(name))
}

// text is a file's content; empty where it cannot be read.
func (p *part) text(name string) string {
	b, err := p.in.read(p.join(name), maxConfig)
	if err != nil {
		return ""
	}
	return string(b)
}

// find is the first of the names that is a file there. "*.x" stands for the
// first file with that ending.
func (p *part) find(names ...string) (string, bool) {
	for _, n := range names {
		if ending, any := strings.CutPrefix(n, "*"); any {
			n = p.first(ending)
		}
		if n != "" && p.has(n) {
			return n, true
		}
	}
	return "", false
}

// first is the first name with that ending; empty where there is none. It does
// without sorting: a project's folder may be large, and each start comes here.
func (p *part) first(ending string) string {
	names, err := p.in.list(p.dir)
	if err != nil {
		return ""
	}
	first := ""
	for _, n := range names {
		if strings.HasSuffix(n, ending) && (first == "" || n < first) && wordName(n) {
			first = n
		}
	}
	return first
}

// names lists the folder once, sorted and bounded.
func (p *part) names() []string {
	if !p.listed {
		p.listed = true
		names, err := p.in.list(p.dir)
		if err == nil {
			p.sorted = slices.Sorted(slices.Values(names))
		}
		p.sorted = p.sorted[:min(len(p.sorted), maxNames)]
	}
	return p.sorted
}

const (
	maxNames   = 2000 // looked at in one folder
	maxFolders = 64   // first-level folders that are looked at
)

// toolchains looks at the project's folder and, where it is asked how that is
// built, at those right below it. git is always among them. What a folder below
// shares with the whole project, which is how workspaces are laid out, is told
// once.
func (in *inspector) toolchains() []Toolchain {
	out := []Toolchain{{Name: "git", Found: ".git", Commands: []string{"git"}}}
	out = append(out, newPart(in, ".").toolchains(nil)...)
	if !in.opts.Builds {
		return out
	}
	covered := out[:len(out):len(out)]
	for _, dir := range in.parts() {
		out = append(out, newPart(in, dir).toolchains(covered)...)
	}
	return out
}

// parts are the first-level folders that may be built by themselves.
func (in *inspector) parts() []string {
	var out []string
	for _, name := range newPart(in, ".").names() {
		if wordName(name) && !slices.Contains(notParts, strings.ToLower(name)) && in.isDir(name) {
			out = append(out, name)
		}
	}
	return out[:min(len(out), maxFolders)]
}

// notParts hold what others made, what is built, or what only shows or tests
// the project's own work.
var notParts = []string{
	"node_modules", "vendor", "third_party", "bower_components", "target", "build", "dist", "out",
	"test", "tests", "testdata", "fixtures", "spec", "examples", "example", "docs", "doc", "venv", "env", "__pycache__",
}

func (p *part) toolchains(covered []Toolchain) []Toolchain {
	var out []Toolchain
	for _, s := range signs() {
		known := slices.ContainsFunc(covered, func(t Toolchain) bool { return t.Name == s.name })
		if known || s.top && p.dir != "." {
			continue
		}
		if file, ok := p.find(s.files...); ok {
			out = append(out, p.toolchain(s, file))
		}
	}
	return out
}

func (p *part) toolchain(s sign, file string) Toolchain {
	t := Toolchain{Name: s.name, Found: p.join(file), Commands: slices.Clone(s.commands)}
	if !p.in.opts.Builds {
		return t
	}
	if s.choose != nil {
		t.Commands = s.choose(p)
	}
	if s.tests != nil {
		found := s.tests(p)
		t.Tests, t.TestsFrom = found.command, found.from
	}
	if p.dir == "." {
		return t
	}
	t.Dir = p.dir
	if t.Tests != "" {
		t.Tests = "cd " + p.dir + " && " + t.Tests
	}
	return t
}

// wordName tells whether a name can stand in a shell's line and in a comment as
// it is: the project's names are not to be trusted.
func wordName(name string) bool {
	if name == "" || len(name) > 64 || strings.ContainsAny(name[:1], ".-") {
		return false
	}
	return !strings.ContainsFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("._-", r)
	})
}

// lazy makes an expression when it is first asked for: most starts need none.
func lazy(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}
