package cli

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ringwall/internal/egress"
	"ringwall/internal/host"
	"ringwall/internal/layer/network"
	"ringwall/internal/plan"
	"ringwall/internal/policy"
	"ringwall/internal/project"
)

// gatewayOf is what the gateway makes of a policy; the plan in between has to
// suit it, whatever the policy.
func gatewayOf(t *testing.T, name string, p policy.Policy) egress.Policy {
	t.Helper()
	facts := project.Facts{Ecosystems: map[string][]project.Endpoint{"go": {{Host: "proxy.golang.org", Port: 443, From: "default"}}}}
	controls, err := network.Layer{}.Plan(p, host.Facts{Home: "/home/u", Sandbox: host.Ability{OK: true}}, facts)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	g, err := egress.FromPlan(plan.Plan{Controls: controls})
	if err != nil {
		t.Fatalf("%s: the gateway refuses what the policy allows: %v", name, err)
	}
	return g
}

// TestEveryPolicySuitsTheGateway: no policy that parses and compiles is refused
// when the run starts.
func TestEveryPolicySuitsTheGateway(t *testing.T) {
	files, err := filepath.Glob("../../testdata/policy/ok-*.toml")
	if err != nil || len(files) < 5 {
		t.Fatal(len(files), err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		p, err := policy.Parse(policy.FileName, data)
		if err != nil {
			t.Fatal(err)
		}
		p.Network.Allow = slices.DeleteFunc(p.Network.Allow, func(s string) bool {
			return strings.HasPrefix(s, "preset:") && s != "preset:go"
		})
		gatewayOf(t, file, p)
	}
}

// TestPolicyAndGatewayDecideAlike: for policies drawn at random, and for those
// bounded by another, the gateway allows what a plain reading of the policy
// allows: a denial wins, else one of the most exact entries has to allow it.
func TestPolicyAndGatewayDecideAlike(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	hosts := []string{"a.example", "x.a.example", "*.a.example", "*.x.a.example", "*.b.example", "10.0.0.0/8", "10.1.0.0/16", "10.1.2.3", "[fd00::/8]", "*.a.example:22"}
	rules := []string{"methods = [\"GET\"]\n", "methods = [\"POST\"]\npaths = [\"/v1/*\"]\n", "paths = [\"/all\"]\n", "methods = [\"PUT\", \"GET\"]\nmax_requests = 9\n"}
	requests := [][2]string{{"GET", "/"}, {"POST", "/v1/a"}, {"POST", "/all"}, {"PUT", "/v1/a"}, {"DELETE", "/"}}
	denials := []string{"a.example", "*.x.a.example", "10.1.0.0/16:443", "[fd12::/16]", "*.example:22", "0.0.0.0/0:22"}
	asked := []string{"a.example", "x.a.example", "y.x.a.example", "z.a.example", "c.b.example", "b.example", "10.1.2.3", "10.1.9.9", "10.2.0.1", "11.0.0.1", "fd12::1", "fd13::1"}
	some := func(list []string, most int) []string {
		list = slices.Clone(list)
		r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		return list[:r.IntN(most+1)]
	}
	allowed, several, total := 0, 0, 0
	for i := range 300 {
		draw := func() policy.Policy {
			r.Shuffle(len(hosts), func(i, j int) { hosts[i], hosts[j] = hosts[j], hosts[i] })
			text := fmt.Sprintf("version = 1\n[network]\nallow = %s\ndeny = %s\n", tomlList(some(hosts[3:], 6)), tomlList(some(denials, 2)))
			for _, h := range some(hosts[:3], 3) {
				for _, rule := range some(rules, 3) {
					text += fmt.Sprintf("[[network.rule]]\nhost = %q\n%s", h, rule)
				}
			}
			p, err := policy.Parse(policy.FileName, []byte(text))
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
		p := draw()
		if i%2 == 1 {
			var err error
			if p, _, err = policy.Merge(draw(), p); err != nil {
				t.Fatal(err)
			}
		}
		g := gatewayOf(t, "drawn", p)
		for _, h := range asked {
			for _, port := range []int{22, 443} {
				said := plainly(t, p, h, port)
				if got := g.Decide(h, port); got.Allowed != (len(said) > 0) {
					t.Fatalf("%s %d: %+v, the policy %+v says %v", h, port, got, p.Network, said)
				}
				for _, q := range requests {
					want := slices.ContainsFunc(said, func(r policy.Rule) bool {
						return (r.Methods == nil || slices.Contains(r.Methods, q[0])) &&
							(r.Paths == nil || slices.ContainsFunc(r.Paths, func(s string) bool { return policy.MatchPath(s, q[1]) }))
					})
					if got := g.Request(h, port, q[0], q[1]); got.Allowed != want {
						t.Fatalf("%s %s %d: %+v, the policy %+v says %v", q, h, port, got, p.Network, want)
					}
					total++
					if want {
						allowed++
					}
					if want && len(said) > 1 {
						several++
					}
				}
			}
		}
	}
	if allowed < 1000 || total-allowed < 1000 || several < 100 {
		t.Errorf("%d of %d are allowed, %d by one of several rules: the test proves little", allowed, total, several)
	}
}

func tomlList(list []string) string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = fmt.Sprintf("%q", s)
	}
	return "[" + strings.Join(out, ", ") + "]"
}

// plainly are the rules of which one has to allow a request.
func plainly(t *testing.T, p policy.Policy, h string, port int) []policy.Rule {
	t.Helper()
	to := policy.Target{Destination: policy.Destination{Host: h, Port: port}}
	if _, denied := p.Denies(to); denied {
		return nil
	}
	rules := slices.Clone(p.Network.Rules)
	for _, s := range p.Network.Allow {
		rules = append(rules, policy.Rule{Host: s})
	}
	return policy.Closest(rules, to)
}
