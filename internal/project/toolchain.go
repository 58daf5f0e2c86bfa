package project

import (
	"regexp"
	"slices"
	"sync"

	"ringwall/internal/agent"
)

// sign is a file at the top of a project that shows how it is built.
type sign struct {
	name     string // of the toolchain
	files    []string
	commands []string
	tests    string
	// target must be found in the file for tests to be known; nil: nothing.
	target func() *regexp.Regexp
}

// Made when first asked for: most starts need none of them.
var (
	makeTarget = lazy(`(?m)^test[ \t]*:`)
	justTarget = lazy(`(?m)^test\b[^\n]*:(?:[^=]|$)`)
	npmScript  = lazy(`"test"\s*:`)
)

func lazy(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}

// signs are in the order in which toolchains are reported: what wraps others
// comes before them.
var signs = []sign{
	{"make", []string{"Makefile", "GNUmakefile", "makefile"}, []string{"make"}, "make test", makeTarget},
	{"just", []string{"justfile", "Justfile", ".justfile"}, []string{"just"}, "just test", justTarget},
	{"go", []string{"go.mod", "go.work"}, []string{"go", "gofmt"}, "go test ./...", nil},
	{"rust", []string{"Cargo.toml"}, []string{"cargo", "rustc", "rustfmt"}, "cargo test", nil},
	{"node", []string{"package.json"}, []string{"node", "npm", "npx"}, "npm test", npmScript},
	{"yarn", []string{"yarn.lock"}, []string{"yarn"}, "", nil},
	{"pnpm", []string{"pnpm-lock.yaml"}, []string{"pnpm"}, "", nil},
	{"bun", []string{"bun.lock", "bun.lockb"}, []string{"bun"}, "", nil},
	{"python", []string{"pyproject.toml", "requirements.txt", "setup.py", "setup.cfg", "Pipfile"},
		[]string{"python", "python3", "pip", "pytest"}, "python3 -m pytest", nil},
	{"uv", []string{"uv.lock"}, []string{"uv"}, "", nil},
	{"poetry", []string{"poetry.lock"}, []string{"poetry"}, "", nil},
	{"gradle", []string{"build.gradle", "build.gradle.kts"}, []string{"gradle", "java", "javac"}, "gradle test", nil},
	{"maven", []string{"pom.xml"}, []string{"java", "javac", "mvn"}, "mvn -q test", nil},
	{"ruby", []string{"Gemfile"}, []string{"bundle", "rake", "ruby"}, "bundle exec rake test", nil},
	{"php", []string{"composer.json"}, []string{"composer", "php"}, "composer test", nil},
	{"cmake", []string{"CMakeLists.txt"}, []string{"cmake", "ctest"}, "ctest --test-dir build", nil},
}

// toolchains looks at the project's top folder. git is always among them.
func (in *inspector) toolchains() []Toolchain {
	out := []Toolchain{{Name: "git", Found: ".git", Commands: []string{"git"}}}
	for _, s := range signs {
		if i := slices.IndexFunc(s.files, in.isFile); i >= 0 {
			out = append(out, Toolchain{s.name, s.files[i], slices.Clone(s.commands), in.tests(s, s.files[i])})
		}
	}
	return out
}

// tests is the command for a toolchain's tests, where the project has some.
func (in *inspector) tests(s sign, file string) string {
	if s.target == nil {
		return s.tests
	}
	if text, err := in.read(file, maxConfig); err == nil && s.target().Match(text) {
		return s.tests
	}
	return ""
}

// trace is what shows that a tool is used here.
type trace struct {
	agent string
	paths []string
}

var traces = []trace{
	{"claude", []string{".claude", "CLAUDE.md", "CLAUDE.local.md", ".mcp.json"}},
	{"codex", []string{".codex", "AGENTS.override.md"}},
	{"gemini", []string{".gemini", "GEMINI.md"}},
	{"qwen", []string{".qwen", "QWEN.md"}},
	{"cursor", []string{".cursor", ".cursorrules"}},
	{"opencode", []string{".opencode", "opencode.json", "opencode.jsonc"}},
	{"copilot", []string{".github/copilot-instructions.md", ".github/copilot"}},
	{"aider", []string{".aider.conf.yml"}},
	{"amp", []string{".amp"}},
	{"cline", []string{".clinerules", ".cline"}},
	{"roo", []string{".roo", ".roomodes"}},
	{"windsurf", []string{".windsurf", ".windsurfrules"}},
	{"goose", []string{".goosehints"}},
}

// agents names the tools whose files are in the project, known to package agent
// or not.
func (in *inspector) agents() []string {
	var out []string
	for _, t := range traces {
		if slices.ContainsFunc(t.paths, in.exists) {
			out = append(out, t.agent)
		}
	}
	return out
}

// AgentDescription is the chosen tool's description; ok is false where none was
// chosen.
func (f Facts) AgentDescription() (d agent.Description, ok bool) {
	if f.Agent == nil {
		return agent.Description{}, false
	}
	return f.Agent.Describe(), true
}
