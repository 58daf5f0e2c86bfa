package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"ringwall/internal/agent/catalog"
	"ringwall/internal/policy"
)

const rules = "# Mine\r\nkeep \xff this"

func newProject(t *testing.T, files map[string]string) *initProject {
	t.Helper()
	p := newInitProject(t, &txtar.Archive{})
	for name, text := range files {
		p.put(name, text)
	}
	return p
}

func (p *initProject) read(name string) string {
	p.Helper()
	text, err := os.ReadFile(filepath.Join(p.dir, name))
	p.must(err)
	return string(text)
}

func (o said) demand(t *testing.T, code int, texts ...string) {
	t.Helper()
	if o.code != code {
		t.Errorf("exit code %d, want %d", o.code, code)
	}
	for _, text := range texts {
		if !strings.Contains(o.out+o.err, text) {
			t.Errorf("%q is not in\n%s%s", text, o.out, o.err)
		}
	}
	if t.Failed() {
		t.Logf("%s%s", o.out, o.err)
	}
}

// TestInitChangesWhatIsThereOnlyWhenTold: without a terminal and without --yes
// there are new files, and what a person wrote is as it was.
func TestInitChangesWhatIsThereOnlyWhenTold(t *testing.T) {
	p := newProject(t, map[string]string{"go.mod": "module x\n", "CLAUDE.md": rules})
	p.run("init").demand(t, 0, "wrote  ringwall.toml", "left   CLAUDE.md", "ringwall init --yes", "+<!-- ringwall:begin -->")
	if got := p.read("CLAUDE.md"); got != rules {
		t.Errorf("%q", got)
	}
	p.run("init", "--yes").demand(t, 0, "kept   ringwall.toml", "merged CLAUDE.md")
	if got := p.read("CLAUDE.md"); !strings.HasPrefix(got, rules+"\r\n\r\n<!-- ringwall:begin -->\r\n") {
		t.Errorf("%q", got)
	}
}

func TestInitDryRunWritesNothing(t *testing.T) {
	p := newProject(t, map[string]string{"go.mod": "module x\n", "AGENTS.md": "a\n", "PROMPT.md": "b\n"})
	before := len(p.files())
	p.run("init", "--dry-run", "--yes").demand(t, 0, "write  ringwall.toml", "change AGENTS.md", "keep   PROMPT.md")
	if len(p.files()) != before || p.read("AGENTS.md") != "a\n" {
		t.Errorf("%v", p.files())
	}
}

// TestInitKeepsAPolicy and tells what it would have written besides.
func TestInitKeepsAPolicy(t *testing.T) {
	const own = "version = 1\nagent = \"claude\"\n[tools]\nallow = [\"git\"]\n[loop]\nverify = [\"true\"]\n"
	p := newProject(t, map[string]string{"go.mod": "module x\n", policy.FileName: own})
	p.run("init", "--yes").demand(t, 0, "kept   ringwall.toml", `tools.allow: init would have "go", "gofmt" too`,
		`network.allow: init would have "preset:go" too`, "then: ringwall trust")
	if p.read(policy.FileName) != own {
		t.Error("the policy was changed")
	}
	if text := p.read(".claude/settings.local.json"); strings.Contains(text, "Bash(go:*)") || !strings.Contains(text, "Bash(git:*)") {
		t.Errorf("the agent's own permissions are not those of the policy:\n%s", text)
	}
	p.run("init", "--agent", "generic").demand(t, exitUsage, "names what works here already")
}

// TestInitWritesNothingWhereSomethingIsBroken: all is read before the first byte
// is written. The same project without the fault is written.
func TestInitWritesNothingWhereSomethingIsBroken(t *testing.T) {
	for name, c := range map[string]struct{ file, text, says, mended string }{
		"settings":       {".claude/settings.json", "{\n \"a\": 1,\n \"b\" 2\n}", ".claude/settings.json:3:6: ", "{}"},
		"local settings": {".claude/settings.local.json", "{\"permissions\": [", ".claude/settings.local.json:1:", "{}"},
		"not an object":  {".claude/settings.local.json", "{\"permissions\": {\"allow\": 1}}", ".claude/settings.local.json: ", "{}"},
		"policy":         {policy.FileName, "version = 1\nagnet = \"x\"\n", "ringwall.toml:2:1: ", "version = 1\nagent = \"claude\"\n"},
		"marks":          {"CLAUDE.md", "a\n<!-- ringwall:begin -->\n", "CLAUDE.md:2: ", "a\n"},
		"a large file":   {"AGENTS.md", strings.Repeat("x", maxExisting+1), "AGENTS.md\" is larger", strings.Repeat("x", maxExisting)},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProject(t, map[string]string{c.file: c.text})
			o := p.run("init", "--yes")
			if o.demand(t, o.code, "error: ", c.says); o.code == 0 || len(p.files()) != 1 || p.read(c.file) != c.text {
				t.Errorf("code %d, %d files", o.code, len(p.files()))
			}
			p.put(c.file, c.mended)
			p.run("init", "--yes").demand(t, 0, "wrote  PROMPT.md")
		})
	}
}

// TestInitFollowsNoLink: an instruction file that is a link stays one, and what
// it names has the block once.
func TestInitFollowsNoLink(t *testing.T) {
	p := newProject(t, map[string]string{"AGENTS.md": "a\n"})
	p.must(os.Symlink("AGENTS.md", filepath.Join(p.dir, "CLAUDE.md")))
	p.run("init", "--yes").demand(t, 0, "merged AGENTS.md")
	if target, err := os.Readlink(filepath.Join(p.dir, "CLAUDE.md")); err != nil || target != "AGENTS.md" {
		t.Errorf("%q, %v", target, err)
	}
	for _, name := range []string{policy.FileName, "PROMPT.md", ".claude"} {
		p := newProject(t, nil)
		p.must(os.Symlink(filepath.Join(p.base, "elsewhere"), filepath.Join(p.dir, name)))
		o := p.run("init", "--yes")
		if entries, _ := os.ReadDir(p.dir); o.code == 0 || len(entries) != 2 {
			t.Errorf("%s: %d, %d entries\n%s%s", name, o.code, len(entries), o.out, o.err)
		}
	}
}

func TestInitKeepsTheMode(t *testing.T) {
	p := newProject(t, map[string]string{"CLAUDE.md": "a\n"})
	path := filepath.Join(p.dir, "CLAUDE.md")
	p.must(os.Chmod(path, 0o600))
	p.run("init", "--yes").demand(t, 0, "merged CLAUDE.md")
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
}

// TestAFileThatChangedMeanwhileIsLeft: between the question and the answer a
// person may go on writing.
func TestAFileThatChangedMeanwhileIsLeft(t *testing.T) {
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	for text, want := range map[string]bool{"read": true, "changed since": false} {
		if err := os.WriteFile(filepath.Join(dir, "a"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		err := proposed{path: "a", before: []byte("read"), after: []byte("new")}.write(root)
		got, _ := os.ReadFile(filepath.Join(dir, "a"))
		if left, _ := os.ReadDir(dir); (err == nil) != want || (string(got) == "new") != want || len(left) != 1 {
			t.Errorf("%s: %v, %q, %v", text, err, got, left)
		}
	}
}

// TestChoose is which agent init takes, by what is on PATH and in the project.
func TestChoose(t *testing.T) {
	claude, _ := catalog.Find("claude")
	other, _ := catalog.Find("generic") // any two will do
	both := func(c, o foundAgent) []foundAgent {
		c.Agent, o.Agent = claude, other
		return []foundAgent{c, o}
	}
	here, installed := []string{"x"}, "/bin/x"
	for name, c := range map[string]struct {
		found []foundAgent
		want  string
	}{
		"nothing":                 {nil, "claude"},
		"used and installed":      {both(foundAgent{traces: here}, foundAgent{traces: here, program: installed}), "generic"},
		"used before installed":   {both(foundAgent{program: installed}, foundAgent{traces: here}), "generic"},
		"installed, in the order": {both(foundAgent{program: installed}, foundAgent{program: installed}), "claude"},
	} {
		got, err := choose(initFlags{}, nil, c.found)
		if err != nil || got.agent.Describe().Name != c.want || got.why == "" {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if got, err := choose(initFlags{command: []string{"x"}}, nil, nil); err != nil || got.agent != nil || got.command[0] != "x" {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := choose(initFlags{agent: "claude", command: []string{"x"}}, nil, nil); err == nil {
		t.Error("both an agent and a command were taken")
	}
}

// TestInitFindsAgentsOnPATH, and starts none of them.
func TestInitFindsAgentsOnPATH(t *testing.T) {
	p := newProject(t, nil)
	program := filepath.Join(p.base, "bin", "claude")
	p.must(os.WriteFile(program, []byte("#!/bin/sh\ntouch "+p.base+"/started\n"), 0o755))
	p.run("init", "--yes").demand(t, 0, "/bin/claude")
	if _, err := os.Lstat(filepath.Join(p.base, "started")); err == nil {
		t.Error("it was started")
	}
	p.must(os.Chmod(program, 0o644))
	p.run("init").demand(t, 0, "claude is not on PATH")
}

// TestInitialPoliciesParse for each agent, and for a command.
func TestInitialPoliciesParse(t *testing.T) {
	for _, name := range catalog.Names() {
		if name == "generic" {
			continue // a command of the owner's, below
		}
		p := newProject(t, map[string]string{"package.json": "{}", "mix.exs": "", "deno.json": ""})
		p.run("init", "--yes", "--agent", name).demand(t, 0, "wrote  ringwall.toml")
		if _, err := policy.Parse(policy.FileName, []byte(p.read(policy.FileName))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	p := newProject(t, nil)
	p.run("init", "--yes", "--command", "my-agent,--flag").demand(t, 0, "my-agent --flag")
	if text := p.read(policy.FileName); !strings.Contains(text, `command = ["my-agent", "--flag"]`) || strings.Contains(text, "credential") {
		t.Error(text)
	}
}
