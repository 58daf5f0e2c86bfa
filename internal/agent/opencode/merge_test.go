package opencode

import (
	"bytes"
	"strings"
	"testing"

	"ringwall/internal/agent"
)

func TestMerge(t *testing.T) {
	rules := agent.Rules{Allow: []string{"git", "go"}, Deny: []string{"go get"}}
	for _, c := range []struct {
		name, old string
		want      map[string]string // command, decision
	}{
		{"no permissions", "{\n  // mine\n  \"theme\": \"x\",\n}", map[string]string{"git status": allow, "go get x": deny, "make": ask}},
		{"others only", `{"permission": {"edit": "ask"}}`, map[string]string{"go test": allow, "make": ask}},
		{"all denied", `{"permission": {"*": "deny"}}`, map[string]string{"go test": allow, "make": deny}},
		{"commands", `{"permission": {"bash": {"*": "deny", "make *": "allow"}}}`,
			map[string]string{"git log": allow, "make x": allow, "curl x": deny, "go get x": deny, "other": deny}},
		{"a person's denial stays", `{"permission": {"bash": {"git push *": "deny", "git stash *": "ask"}}}`,
			map[string]string{"git push": deny, "git stash": ask, "go test": allow}},
		{"a person's word stays", `{"permission": {"bash": {"*": "ask", "curl https://x *": "allow", "go get y *": "allow"}}}`,
			map[string]string{"curl https://x": allow, "go get y": deny, "sudo x": deny}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Agent{}.Merge("opencode.json", []byte(c.old), rules)
			if err != nil {
				t.Fatal(err)
			}
			for what, want := range c.want {
				if d := decide(t, string(got), "bash", what); d != want {
					t.Errorf("%s: %s, want %s\n%s", what, d, want, got)
				}
			}
			again, err := Agent{}.Merge("opencode.json", got, rules)
			if err != nil || string(again) != string(got) {
				t.Errorf("a second time: %v\n%s", err, again)
			}
			if strings.Contains(c.old, "// mine") && !strings.Contains(string(got), "// mine") {
				t.Errorf("a comment is lost:\n%s", got)
			}
		})
	}
}

func TestMergeRefuses(t *testing.T) {
	for _, old := range []string{"", "{", "[]", `{"permission": "allow"}`, `{"permission": {"bash": "ask"}}`, `{"permission": [1]}`} {
		if got, err := (Agent{}).Merge("opencode.json", []byte(old), agent.Rules{Allow: []string{"go"}}); err == nil || got != nil {
			t.Errorf("%s became %s", old, got)
		}
	}
}

func TestProjectFilesAskAPerson(t *testing.T) {
	text := Agent{}.ProjectFiles(agent.Rules{Allow: []string{"go"}})["opencode.json"]
	if decide(t, text, "bash", "go test") != allow || decide(t, text, "bash", "make") != ask || strings.Contains(text, "{env:") {
		t.Errorf("%s", text)
	}
}

// FuzzMerge: the text is a project's. What comes out can be read, says no less
// than before, and does not grow a second time.
func FuzzMerge(f *testing.F) {
	f.Add([]byte("{\n  // mine\n  \"permission\": {\"bash\": {\"*\": \"ask\", \"git push *\": \"deny\",},},\n}"))
	f.Add([]byte(`{"permission": {"bash": {"*": 1, "go *": {}}}, "permission": {"bash": {}}}`))
	f.Add([]byte("\xEF\xBB\xBF{\"permission\": {\"\\u0062ash\": {\"?*\": \"deny\"}}}"))
	f.Fuzz(func(t *testing.T, old []byte) {
		rules := agent.Rules{Allow: []string{"git", "go test"}, Deny: []string{"go get"}}
		got, err := Agent{}.Merge(projectPath, old, rules)
		if err != nil {
			return
		}
		again, err := Agent{}.Merge(projectPath, got, rules)
		if err != nil || !bytes.Equal(again, got) || len(got) < len(old) {
			t.Errorf("%v\n%q\n%q\n%q", err, old, got, again)
		}
	})
}
