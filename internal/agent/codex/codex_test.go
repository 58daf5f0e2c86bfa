package codex

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"

	"ringwall/internal/agent"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || got != string(want) {
		t.Errorf("%v: %s is\n%s", err, name, got)
	}
}

func TestFiles(t *testing.T) {
	r := agent.Rules{Allow: []string{"git", "go", "git config", "gh"}, Deny: []string{"git rebase", "go", "curl", "bad\nword", "\"]\nallow = 1"}}
	files := Agent{}.Files(r)
	if len(files) != 1 {
		t.Errorf("%d files", len(files))
	}
	golden(t, "requirements.toml", files[requirementsPath])
	golden(t, "managed.toml", Agent{}.Managed(r)[requirementsPath])
	golden(t, "config.toml", Agent{}.Home("/srv/a project")[".codex/config.toml"])
}

// The owner's word counts, and what stands in a rule is never more than a word.
func TestForbidden(t *testing.T) {
	has := func(r agent.Rules, words ...string) bool {
		return slices.ContainsFunc(forbidden(r), func(w []string) bool { return slices.Equal(w, words) })
	}
	none := agent.Rules{}
	if !has(none, "git", "push") || !has(agent.Rules{Allow: []string{"git"}}, "git", "push") {
		t.Error("git push is not forbidden, although nobody named it")
	}
	if has(agent.Rules{Allow: []string{"git push"}}, "git", "push") {
		t.Error("git push is forbidden, although the owner named it")
	}
	if !has(agent.Rules{Allow: []string{"git push"}, Deny: []string{"git push"}}, "git", "push") {
		t.Error("what the owner forbids is not forbidden")
	}
	for _, deny := range []string{"", " ", "a\x00b", "é", strings.Repeat("x", 129)} {
		if len(forbidden(none)) != len(forbidden(agent.Rules{Deny: []string{deny}})) {
			t.Errorf("%q became a rule", deny)
		}
	}
}

// Every file is TOML whatever a name in it is.
func TestFilesAreTOML(t *testing.T) {
	for _, odd := range []string{`a"b`, "a\\b", "a\x7fb", "a\x00b", "a\nb", "\xff", "é", "<'>"} {
		for _, text := range []string{
			Agent{}.Home(odd)[".codex/config.toml"], Agent{}.Files(agent.Rules{Deny: []string{odd}})[requirementsPath],
		} {
			var v map[string]any
			if err := toml.Unmarshal([]byte(text), &v); err != nil {
				t.Errorf("%q: %v", odd, err)
			}
		}
	}
	var v struct {
		Projects map[string]struct {
			Trust string `toml:"trust_level"`
		}
	}
	if err := toml.Unmarshal([]byte(Agent{}.Home(`/a "b`)[".codex/config.toml"]), &v); err != nil || v.Projects[`/a "b`].Trust != "untrusted" {
		t.Errorf("%v, %+v", err, v)
	}
}

func TestInvocation(t *testing.T) {
	argv := Agent{}.Invocation(agent.Request{Command: []string{"/x/codex"}, BaseURL: "http://127.0.0.1:7081/v1", Model: "m", ExtraArgs: []string{"--color", "never"}})
	line := strings.Join(argv, " ")
	for _, want := range []string{"/x/codex exec --json --strict-config", `base_url="http://127.0.0.1:7081/v1"`, `model_provider="ringwall"`, "-m m --color never -"} {
		if !strings.Contains(line, want) {
			t.Errorf("%s is not in %s", want, line)
		}
	}
	if argv[len(argv)-1] != "-" {
		t.Error("the prompt is not the last argument")
	}
	plain := Agent{}.Invocation(agent.Request{})
	if plain[0] != "codex" || strings.Contains(strings.Join(plain, " "), "model_provider") {
		t.Errorf("%q", plain)
	}
	command := make([]string, 1, 8)
	command[0] = "codex"
	Agent{}.Invocation(agent.Request{Command: command})
	if command[:2][1] != "" {
		t.Error("the caller's command was written to")
	}
}
