package policy

import (
	"strings"
	"testing"
)

func TestAdd(t *testing.T) {
	all := Addition{Allow: []string{"a.example:22", "preset:go"}, Tools: []string{"make"}}
	for _, c := range []struct {
		name, text string
		add        Addition
		want       string
	}{
		{"nothing there", "version = 1\n", all,
			"version = 1\n\n[network]\nallow = [\"a.example:22\", \"preset:go\"]\n\n[tools]\nallow = [\"make\"]\n"},
		{"no line end", "version = 1", Addition{Tools: []string{"make"}}, "version = 1\n\n[tools]\nallow = [\"make\"]\n"},
		{"a table without the list", "version = 1\n[network] # out\nmode = \"allowlist\"\n", Addition{Allow: []string{"a.example"}},
			"version = 1\n[network] # out\nallow = [\"a.example\"]\nmode = \"allowlist\"\n"},
		{"an empty list", "version = 1\n[network]\nallow = []\n", Addition{Allow: []string{"a.example"}},
			"version = 1\n[network]\nallow = [\"a.example\"]\n"},
		{"a list in one line", "version = 1\n[network]\nallow = ['b.example'] # ] why\n", Addition{Allow: []string{"a.example"}},
			"version = 1\n[network]\nallow = ['b.example', \"a.example\"] # ] why\n"},
		{"a list of lines", "version = 1\n[network]\nallow = [\n  \"b.example\", # ] a\n  \"c.example\" # \"last\n]\n", Addition{Allow: []string{"a.example", "d.example"}},
			"version = 1\n[network]\nallow = [\n  \"b.example\", # ] a\n  \"c.example\", # \"last\n  \"a.example\",\n  \"d.example\",\n]\n"},
		{"a comma at the end", "version = 1\n[tools]\nallow = [\"git\",]\n", Addition{Tools: []string{"make"}},
			"version = 1\n[tools]\nallow = [\"git\", \"make\"]\n"},
		{"a dotted key", "version = 1\nnetwork.allow = [\"b.example\"]\n", Addition{Allow: []string{"a.example"}},
			"version = 1\nnetwork.allow = [\"b.example\", \"a.example\"]\n"},
		{"a rule", "version = 1\n[network]\nallow = []\n", Addition{Rules: []Rule{{Host: "a.example:80", Methods: []string{"GET", "POST"}}}},
			"version = 1\n[network]\nallow = []\n\n[[network.rule]]\nhost = \"a.example:80\"\nmethods = [\"GET\", \"POST\"]\n"},
		{"more methods", "version = 1\n[[network.rule]]\nhost = \"a.example\"\nmethods = [\"GET\"]\n", Addition{Methods: map[int][]string{0: {"PUT"}}},
			"version = 1\n[[network.rule]]\nhost = \"a.example\"\nmethods = [\"GET\", \"PUT\"]\n"},
		{"carriage returns", "version = 1\r\n[tools]\r\nallow = [\"git\"]\r\n", Addition{Tools: []string{"make"}},
			"version = 1\r\n[tools]\r\nallow = [\"git\", \"make\"]\r\n"},
	} {
		got, err := Add(FileName, []byte(c.text), c.add)
		if err != nil || string(got) != c.want {
			t.Errorf("%s: %v\n%s\nwant\n%s", c.name, err, got, c.want)
		}
	}
}

// TestAddRefuses: what would become another policy than the one with the
// additions is an error, never a text.
func TestAddRefuses(t *testing.T) {
	for _, c := range []struct {
		text string
		add  Addition
	}{
		{"version = 1\nnetwork = { mode = \"allowlist\" }\n", Addition{Allow: []string{"a.example"}}},
		{"version = 1\n[network]\nallow = [\"\"\"b.example\"\"\"]\nproxy_env = true\n", Addition{Allow: []string{"a.example\"]\nproxy_env = false\n#"}}},
		{"version = 1\n", Addition{Allow: []string{"a.example\"]\nmode = \"none"}}},
		{"version = 1\n", Addition{Allow: []string{"\x1b[31m"}}},
		{"version = 1\n", Addition{Tools: []string{"a\nb"}}},
		{"version = 1\n", Addition{Rules: []Rule{{Host: "a.example", Methods: []string{"GET\"]\n[tools]\nallow=[\"x"}}}}},
		{"version = 1\n[network]\nallow = [\"a.example\"]\n", Addition{Allow: []string{"a.example"}}},
		{"version = 2\n", Addition{}},
	} {
		if got, err := Add(FileName, []byte(c.text), c.add); err == nil {
			t.Errorf("%q and %+v gave\n%s", c.text, c.add, got)
		}
	}
}

// FuzzAdd: whatever a policy looks like and whatever is added, the result is the
// policy with the addition, or an error.
func FuzzAdd(f *testing.F) {
	f.Add("version = 1\n[network]\nallow = [\n  'x', # ]\n]\n", "a.example", "make")
	f.Add("version = 1\nnetwork.allow = [\"b\"]", "preset:go", "a\"b")
	f.Add("version = 1\n[tools]\nallow=[ ]#[", "[::1]:22", "")
	f.Fuzz(func(t *testing.T, text, host, tool string) {
		a := Addition{Allow: []string{host}, Tools: []string{tool}}
		got, err := Add(FileName, []byte(text), a)
		if err != nil {
			return
		}
		p, err := Parse(FileName, got)
		if err != nil || p.Network.Allow[len(p.Network.Allow)-1] != host || p.Tools.Allow[len(p.Tools.Allow)-1] != tool {
			t.Fatalf("%v: %s", err, got)
		}
		if before, _ := Parse(FileName, []byte(text)); len(p.Network.Rules) != len(before.Network.Rules) || strings.Contains(string(got), "\x1b") {
			t.Fatalf("%s", got)
		}
	})
}
