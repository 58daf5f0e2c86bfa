package claude

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"ringwall/internal/agent"
	"ringwall/internal/agent/jsonedit"
)

const theirs = `{
    "permissions": {
        "allow": [
            "Bash(terraform plan)",
            "Bash(curl:*)"
        ],
        "deny": ["Bash(make:*)"],
        "defaultMode": "plan"
    },
    "spinnerTipsEnabled": false,
    "a field that nobody knows": {"x": [1, 2.50, null]}
}
`

func merge(t *testing.T, old string, r agent.Rules) string {
	t.Helper()
	out, err := Agent{}.Merge(localSettings, []byte(old), r)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Agent{}.Merge(localSettings, out, r)
	if err != nil || string(again) != string(out) {
		t.Errorf("a second time changes it: %v\n%s", err, again)
	}
	return string(out)
}

// TestMergeKeepsWhatAPersonWrote: their lines stand as they are, and their word
// beats ringwall's own list.
func TestMergeKeepsWhatAPersonWrote(t *testing.T) {
	rules := agent.Rules{Allow: []string{"go", "make"}, Deny: []string{"git push"}, Servers: []string{"db"}}
	got := merge(t, theirs, rules)
	golden(t, "merged.json", []byte(got))
	for _, keep := range strings.Split(strings.TrimSpace(theirs), "\n") {
		if line := strings.TrimRight(strings.TrimSpace(keep), ",]"); !strings.Contains(got, line) {
			t.Errorf("%s is gone", line)
		}
	}
	var s settings
	if err := json.Unmarshal([]byte(got), &s); err != nil {
		t.Fatal(err)
	}
	allow, deny := s.Permissions.Allow, s.Permissions.Deny
	switch {
	case !slices.Contains(allow, "Bash(go:*)") || !slices.Contains(deny, "Bash(git push:*)") || !slices.Contains(deny, "Bash(sudo:*)"):
		t.Error("what was asked for is not there")
	case slices.Contains(deny, "Bash(curl:*)"):
		t.Error("what the person allowed is denied")
	case slices.Contains(allow, "Bash(make:*)"):
		t.Error("what the person denied is allowed")
	case s.Permissions.DefaultMode != "plan":
		t.Error("the person's mode is gone")
	}
}

func TestMergeOwnersDenialIsAdded(t *testing.T) {
	got := merge(t, `{"permissions": {"allow": ["Bash(curl:*)"], "ask": ["Bash(gh:*)"]}}`, agent.Rules{Deny: []string{"curl", "gh"}})
	for _, want := range []string{`"Bash(curl:*)"`, `"Bash(gh:*)"`} {
		if strings.Count(got, want) != 2 {
			t.Errorf("%s is not in both lists:\n%s", want, got)
		}
	}
}

func TestMergeIntoNothingAllowsTheSame(t *testing.T) {
	rules := agent.Rules{Allow: []string{"go"}}
	var merged, fresh settings
	for text, into := range map[string]*settings{merge(t, "{}", rules): &merged, Agent{}.ProjectFiles(rules)[localSettings]: &fresh} {
		if err := json.Unmarshal([]byte(text), into); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(merged.Permissions.Allow, fresh.Permissions.Allow) || !slices.Equal(merged.Permissions.Deny, fresh.Permissions.Deny) {
		t.Errorf("%+v\n%+v", merged, fresh)
	}
}

func TestMergeRefusesWhatTheToolWouldDrop(t *testing.T) {
	for _, old := range []string{
		"", "[]", "{", `{"permissions": []}`, `{"permissions": {"allow": "Bash"}}`, "{\n// mine\n}", `{"permissions": {"deny": [],}}`, `{"permissions": null}`,
	} {
		if out, err := (Agent{}).Merge(localSettings, []byte(old), agent.Rules{Allow: []string{"go"}}); err == nil {
			t.Errorf("%q became %s", old, out)
		}
	}
	if _, err := (Agent{}).Merge(projectSettings, []byte("{}"), agent.Rules{}); err == nil {
		t.Error("another file was merged")
	}
}

func FuzzMerge(f *testing.F) {
	f.Add([]byte(theirs))
	f.Add([]byte(`{"permissions": {"allow": ["*", "Bash(*", 1], "ask": ["Bash"], "deny": ["Bash(:*)"]}, "permissions": {}}`))
	f.Fuzz(func(t *testing.T, old []byte) {
		rules := agent.Rules{Allow: []string{"go", "git"}, Deny: []string{"git push"}}
		out, err := Agent{}.Merge(localSettings, old, rules)
		if err != nil {
			return
		}
		if doc, err := jsonedit.Parse(out); err != nil || doc.Loose > 0 || !strings.Contains(string(out), "defaultMode") {
			t.Fatalf("%v: %q became %q", err, old, out)
		}
		if again, err := (Agent{}).Merge(localSettings, out, rules); err != nil || string(again) != string(out) {
			t.Fatalf("a second time: %v\n%q\n%q", err, out, again)
		}
	})
}

var (
	_ agent.ProjectWriter = Agent{}
	_ agent.ManagedWriter = Agent{}
)
