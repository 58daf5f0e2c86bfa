package network

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"ringwall/internal/agent"
	"ringwall/internal/agent/claude"
	"ringwall/internal/host"
	"ringwall/internal/plan"
	"ringwall/internal/policy"
	"ringwall/internal/project"
)

var update = flag.Bool("update", false, "rewrite the expected results")

const cases = "../../../testdata/policy/network"

func able() host.Facts {
	return host.Facts{UID: 1000, GID: 1000, Landlock: 7, Sandbox: host.Ability{OK: true}}
}

// owner is a project whose owner uses a mirror for npm, has switched cargo's
// registry off, and has an unusable host for pip.
func owner(name string) project.Facts {
	f := project.Facts{Ecosystems: map[string][]project.Endpoint{
		"go":        {{Host: "proxy.golang.org", Port: 443, From: "default"}, {Host: "sum.golang.org", Port: 443, From: "default"}},
		"npm":       {{Host: "npm.mirror.example", Port: 80, From: "~/.npmrc"}, {Host: "registry.npmjs.org", Port: 443, From: "default"}, {Host: "sum.golang.org", Port: 443, From: "~/.npmrc"}},
		"rust":      nil,
		"python":    {{Host: "127.1", Port: 443, From: "~/.config/pip/pip.conf"}},
		"anthropic": {{Host: "api.anthropic.com", Port: 443, From: "default"}},
		"claude":    {{Host: "api.anthropic.com", Port: 443, From: "default"}},
	}}
	if name == "claude" {
		f.Agent = agent.Agent(claude.Agent{})
	}
	return f
}

// TestPlanGolden compiles each NAME.toml and compares with NAME.json, the
// controls, or NAME.err.
func TestPlanGolden(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(cases, "*.toml"))
	if err != nil || len(files) < 10 {
		t.Fatalf("%d cases, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".toml"), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			suffix, got := outcome(t, data)
			base := strings.TrimSuffix(file, ".toml")
			if *update {
				os.Remove(base + ".json")
				os.Remove(base + ".err")
				if err := os.WriteFile(base+suffix, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(base + suffix)
			if err != nil {
				t.Fatalf("not the kind of result that is expected: %s", got)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func outcome(t *testing.T, data []byte) (suffix string, text []byte) {
	t.Helper()
	p, err := policy.Parse(policy.FileName, data)
	if err != nil {
		t.Fatal(err)
	}
	controls, err := Layer{}.Plan(p, able(), owner(p.Agent))
	if err != nil {
		return ".err", []byte(err.Error() + "\n")
	}
	if err := (plan.Plan{Controls: controls}).Check(); err != nil {
		t.Fatal(err)
	}
	text, err = json.MarshalIndent(controls, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return ".json", append(text, '\n')
}

func compile(t *testing.T, text string, h host.Facts) []plan.Control {
	t.Helper()
	p, err := policy.Parse(policy.FileName, []byte("version = 1\n"+text))
	if err != nil {
		t.Fatal(err)
	}
	controls, err := Layer{}.Plan(p, h, owner(p.Agent))
	if err != nil {
		t.Fatal(err)
	}
	return controls
}

// TestEmptyMeansNothing: without a word about the network, nothing is allowed.
func TestEmptyMeansNothing(t *testing.T) {
	for _, text := range []string{"", "[network]\nallow = []\n", "[network]\nmode = \"none\"\nallow = [\"a.example\"]\n"} {
		for _, c := range compile(t, text, able()) {
			if c.Want.Egress != nil || c.Want.Credential != nil {
				t.Errorf("%q allows %s", text, c.ID)
			}
		}
	}
	if n := len(compile(t, "[network]\nallow = [\"a.example\"]\n", able())); n != 3 {
		t.Errorf("with an entry: %d controls", n)
	}
}

// TestWithoutNamespaces: where the agent would have the host's network, no
// control claims to hold, and the run is refused.
func TestWithoutNamespaces(t *testing.T) {
	const text = "[network]\nallow = [\"a.example\", \"preset:go\"]\n"
	controls := compile(t, text, host.Facts{Sandbox: host.Ability{Why: "unshare: operation not permitted"}})
	for _, c := range controls {
		if c.Status != plan.Unavailable || !strings.Contains(c.Why, "operation not permitted") {
			t.Errorf("%s is %s: %s", c.ID, c.Status, c.Why)
		}
	}
	missing := plan.Plan{Controls: controls}.Missing()
	if len(missing) != 1 || missing[0].ID != GatewayID {
		t.Errorf("missing: %v", missing)
	}
	if missing := (plan.Plan{Controls: compile(t, text, able())}).Missing(); missing != nil {
		t.Errorf("on a host that can: %v", missing)
	}
}

func TestPlanIsPure(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(cases, "destinations.toml"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := policy.Parse(policy.FileName, data)
	if err != nil {
		t.Fatal(err)
	}
	facts, before := owner(""), owner("")
	first, err := Layer{}.Plan(p, able(), facts)
	if err != nil {
		t.Fatal(err)
	}
	for range 20 { // maps have no order
		again, err := Layer{}.Plan(p, able(), facts)
		if err != nil || !reflect.DeepEqual(first, again) {
			t.Fatalf("another plan of the same: %v", err)
		}
	}
	if !reflect.DeepEqual(facts, before) {
		t.Error("the facts were changed")
	}
}

// TestPolicyAndPlanReadHostsAlike: what the policy takes for a host is what
// the gateway compares with, and nothing that the gateway's form refuses gets
// through the policy.
func TestPolicyAndPlanReadHostsAlike(t *testing.T) {
	for _, s := range []string{
		"a.example", "A.Example.", "a.example:22", "192.0.2.1", "192.0.2.1:80", "[2001:DB8:0::1]:1", "[::1]", "_x.example", "localhost", "a",
		"", ".", "a..b", "-a.example", "127.1", "0x7f.1", "2130706433", "0177.0.0.1", "1.2.3.4.5", "a.0x1", "127.0.0.1.",
		"::1", "[::1", "::1]", "[::1]x", "[::1]:", "[127.0.0.1]", "[a.example]", "[::ffff:1.2.3.4]", "[fe80::1%lo]", "a.example:", "a.example:0",
		"a.example:65536", "a.example:+1", "a.example:01", "a@b.example", "a.example/x", "a.example?x", "a.example#x", "*.example", "a b", "a,b",
		"b\u00fccher.example", "\u212aelvin.example", "a\u3002example", "a\x00b.example", "a.example\n", strings.Repeat("a", 64), strings.Repeat("a.", 127) + "a",
	} {
		d, err := policy.ParseDestination(s)
		name, port, planErr := plan.SplitHostPort(s, policy.HTTPSPort)
		if (err == nil) != (planErr == nil) {
			t.Errorf("%q: policy says %v, plan says %v", s, err, planErr)
		}
		if err == nil && (d.Host != name || d.Port != port) {
			t.Errorf("%q: policy reads %v, plan reads %s %d", s, d, name, port)
		}
	}
}

// TestSharedHostsAreCanonical: a row in another form would never match.
func TestSharedHostsAreCanonical(t *testing.T) {
	for _, s := range sharedHosts() {
		if name, err := plan.CanonicalHost(s.host); err != nil || name != s.host {
			t.Errorf("%s is %s, %v", s.host, name, err)
		}
		if s.reason == "" {
			t.Errorf("%s has no reason", s.host)
		}
	}
}
