package codex

import (
	"strings"
	"testing"

	"ringwall/internal/agent"
)

const (
	config = ".codex/config.toml"
	rules  = ".codex/rules/default.rules"
)

// Each entry that is flagged has a near one that is not.
func TestLint(t *testing.T) {
	for name, c := range map[string]struct{ file, bad, problem, good string }{
		"no sandbox":      {config, `sandbox_mode = "danger-full-access"`, agent.Bypasses, `sandbox_mode = "workspace-write"`},
		"in a profile":    {config, "[profiles.fast]\nsandbox_mode = \"danger-full-access\"", agent.Bypasses, "[profiles.fast]\nsandbox_mode = \"read-only\""},
		"permissions":     {config, `default_permissions = ":danger-full-access"`, agent.Bypasses, `default_permissions = ":workspace"`},
		"network":         {config, "[sandbox_workspace_write]\nnetwork_access = true", agent.TooBroad, "[sandbox_workspace_write]\nnetwork_access = false"},
		"inline":          {config, "sandbox_workspace_write = { network_access = true }", agent.TooBroad, "sandbox_workspace_write = { exclude_slash_tmp = true }"},
		"all of home":     {config, "[sandbox_workspace_write]\nwritable_roots = [\"/home/ann\"]", agent.TooBroad, "[sandbox_workspace_write]\nwritable_roots = [\"/home/ann/.cache\"]"},
		"the root":        {config, "[permissions.p.filesystem]\n\"/\" = \"write\"", agent.TooBroad, "[permissions.p.filesystem]\n\"/\" = \"read\""},
		"gone policy":     {config, `approval_policy = "untrusted"`, agent.Malformed, `approval_policy = "on-request"`},
		"plain HTTP":      {config, "[model_providers.x]\nbase_url = \"http://models.example/v1\"", agent.Redirects, "[model_providers.x]\nbase_url = \"http://localhost:11434/v1\""},
		"plain HTTP too":  {config, `openai_base_url = "http://10.0.0.1/v1"`, agent.Redirects, `openai_base_url = "https://10.0.0.1/v1"`},
		"a variable":      {config, "[shell_environment_policy]\nset = { OPENAI_BASE_URL = \"https://x.example\" }", agent.Redirects, "[shell_environment_policy]\nset = { NO_PROXY = \"*\" }"},
		"broken":          {config, "a = [", agent.Malformed, "a = []"},
		"twice":           {config, "a = 1\na = 2", agent.Malformed, "a = 1\nb = 2"},
		"managed bypass":  {requirementsPath, `allowed_sandbox_modes = ["read-only", "danger-full-access"]`, agent.Bypasses, `allowed_sandbox_modes = ["read-only", "workspace-write"]`},
		"no read-only":    {requirementsPath, `allowed_sandbox_modes = ["workspace-write"]`, agent.Malformed, `allowed_sandbox_modes = ["read-only"]`},
		"managed gone":    {requirementsPath, `allowed_approval_policies = ["untrusted"]`, agent.Ineffective, `allowed_approval_policies = ["on-request", "never"]`},
		"managed allow":   {requirementsPath, "[[rules.prefix_rules]]\npattern = [{ token = \"go\" }]\ndecision = \"allow\"", agent.Malformed, "[[rules.prefix_rules]]\npattern = [{ token = \"go\" }]\ndecision = \"prompt\""},
		"misspelt":        {requirementsPath, `allowed_sandbox_mode = ["read-only"]`, agent.Ineffective, `allowed_login_methods = ["api"]`},
		"rule twice":      {requirementsPath, managedTwice, agent.Duplicate, strings.Replace(managedTwice, "curl", "wget", 1)},
		"an interpreter":  {rules, `prefix_rule(pattern=["python3"], decision="allow")`, agent.Executes, `prefix_rule(pattern=["python3"], decision="prompt")`},
		"git at large":    {rules, `prefix_rule(pattern=["git"])`, agent.Executes, `prefix_rule(pattern=["git", "status"])`},
		"one alternative": {rules, `prefix_rule(pattern=[["ls", "bash"]], decision="allow")`, agent.Executes, `prefix_rule(pattern=[["ls", "cat"]], decision="allow")`},
		"rule duplicate":  {rules, "prefix_rule(pattern=[\"ls\"])\nprefix_rule(pattern=['ls',], decision = \"allow\",)", agent.Duplicate, "prefix_rule(pattern=[\"ls\"])\nprefix_rule(pattern=['cat',])"},
		"shadowed":        {rules, "prefix_rule(pattern=[\"ls\"], decision=\"forbidden\")\nprefix_rule(pattern=[\"ls\", \"-l\"])", agent.Shadowed, "prefix_rule(pattern=[\"ls\", \"-l\"], decision=\"forbidden\")\nprefix_rule(pattern=[\"ls\"])"},
		"no such word":    {rules, `prefix_rule(pattern=["ls"], decision="deny")`, agent.Malformed, `prefix_rule(pattern=["ls"], decision="forbidden")`},
		"empty pattern":   {rules, `prefix_rule(pattern=[], decision="allow")`, agent.Malformed, `prefix_rule(pattern=["ls"], decision="allow", justification=None)`},
		"its example":     {rules, `prefix_rule(pattern=["ls"], match=["cat x"])`, agent.Malformed, `prefix_rule(pattern=["ls"], match=["ls x", ["ls"]], not_match=["cat"])`},
		"a program":       {rules, "x = [\"ls\"]\nprefix_rule(pattern=x)", agent.Malformed, "# x\nhost_executable(name=\"git\", paths=[\"/usr/bin/git\"])"},
		"three quotes":    {rules, "prefix_rule(pattern=[\"bash\"], justification=\"\"\"\na \"word\"\n\"\"\")", agent.Executes, "prefix_rule(pattern=[\"ls\"], justification=\"\"\"\na \"word\"\n\"\"\")"},
		"not ended":       {rules, `prefix_rule(pattern=["ls"`, agent.Malformed, `prefix_rule(pattern=["ls"])`},
	} {
		t.Run(name, func(t *testing.T) {
			found := Agent{}.Lint(c.file, []byte("# first\n"+c.bad+"\n"))
			if len(found) != 1 || found[0].Problem != c.problem || found[0].Line < 2 || found[0].Why == "" || found[0].File != c.file {
				t.Errorf("bad: %+v", found)
			}
			if found := (Agent{}).Lint(c.file, []byte("# first\n"+c.good+"\n")); len(found) != 0 {
				t.Errorf("near: %+v", found)
			}
		})
	}
}

const managedTwice = `[[rules.prefix_rules]]
pattern = [{ token = "curl" }]
decision = "forbidden"
[[rules.prefix_rules]]
pattern = [{ token = "curl" }]
decision = "forbidden"
justification = "no"`

// TestReadCallsCountsLines: a long string moves what comes after it.
func TestReadCallsCountsLines(t *testing.T) {
	calls, _, err := readCalls([]byte("# x\na(b = \"\"\"1\n2\n\"\"\", c = ['\\n'])\nd()"))
	if err != nil || len(calls) != 2 || calls[0].line != 2 || calls[1].line != 5 || calls[0].args["b"] != "1\n2\n" {
		t.Errorf("%v, %+v", err, calls)
	}
	if _, line, err := readCalls([]byte("a()\n\nb(c = 'x\n')")); err == nil || line != 3 {
		t.Errorf("line %d, %v", line, err)
	}
}

func TestLintNamesTheLineAndTheBetterEntry(t *testing.T) {
	found := Agent{}.Lint(rules, []byte("\n\nprefix_rule(\n  pattern = [\"git\"],\n)\n"))
	if len(found) != 1 || found[0].Line != 3 || found[0].Entry != `prefix_rule(pattern=["git"], decision="allow")` || found[0].Layer != "isolation" {
		t.Fatalf("%+v", found)
	}
	if b := found[0].Better; b != "" {
		if again := (Agent{}).Lint(rules, []byte(b)); len(again) != 0 {
			t.Errorf("the better entry %s is flagged: %+v", b, again)
		}
	}
	found = Agent{}.Lint(config, []byte("model = \"x\"\n[sandbox_workspace_write]\nwritable_roots = [\n  \"/srv/cache\",\n  \"/\",\n]\n"))
	if len(found) != 1 || found[0].Line != 5 {
		t.Errorf("%+v", found)
	}
}

// What this package writes itself has nothing to report but the one mode that
// layers 3 to 5 stand in for.
func TestLintOwnFiles(t *testing.T) {
	r := agent.Rules{Allow: []string{"go"}, Deny: []string{"git push"}}
	if found := (Agent{}).Lint(requirementsPath, []byte(Agent{}.Managed(r)[requirementsPath])); len(found) != 0 {
		t.Errorf("managed: %+v", found)
	}
	found := Agent{}.Lint(requirementsPath, []byte(Agent{}.Files(r)[requirementsPath]))
	if len(found) != 1 || found[0].Problem != agent.Bypasses {
		t.Errorf("inside: %+v", found)
	}
	if found := (Agent{}).Lint(config, []byte(Agent{}.Home("/p\x7f\"\n\xff")[config])); len(found) != 0 {
		t.Errorf("home: %+v", found)
	}
}

func FuzzLint(f *testing.F) {
	for _, text := range []string{managedTwice, `prefix_rule(pattern=["a",["b","c"]], match=["a b"])`,
		`prefix_rule(pattern=["a"], justification='''x
\\''')`, "prefix_rule(pattern=[[[[[[[[[[", `prefix_rule(pattern=["\x"])`, "a.b = [{ c = [1, {d = 2}] }]\n[[x]]\n[[x]]\ny = '''\nz'''", "\xff\x00"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, l := range (Agent{}).PermissionFiles() {
			found := Agent{}.Lint(l.Path, text)
			if len(found) > agent.MaxFindings+1 {
				t.Errorf("%d findings", len(found))
			}
			for _, x := range found {
				if x.Why == "" || x.Problem == "" || len(x.Entry) > maxEntry || x.Line < 0 {
					t.Errorf("%+v", x)
				}
			}
		}
	})
}
