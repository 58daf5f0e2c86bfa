package policy

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// allows is a plain reading of a policy: a denial wins, else one of the most
// exact entries has to allow it.
func allows(p Policy, host, method, path string) bool {
	d, err := ParseTarget(host)
	if err != nil {
		panic(err)
	}
	if _, denied := p.Denies(d); denied {
		return false
	}
	by, _ := closest(groups(p.Network.targets()), d)
	return slices.ContainsFunc(by.rules, func(r placed) bool {
		return (r.Methods == nil || slices.Contains(r.Methods, method)) &&
			(r.Paths == nil || slices.ContainsFunc(r.Paths, func(s string) bool { return MatchPath(s, path) }))
	})
}

// anyNetwork writes a [network] of a few hosts that contain each other.
func anyNetwork(r *rand.Rand, paths []string) string {
	hosts := []string{"a.example", "x.a.example", "y.x.a.example", "*.a.example", "*.x.a.example", "*.b.example", "c.b.example",
		"10.0.0.0/8", "10.1.0.0/16", "10.1.2.3", "a.example:22", "*.a.example:22"}
	r.Shuffle(len(hosts), func(i, j int) { hosts[i], hosts[j] = hosts[j], hosts[i] })
	n := 1 + r.IntN(5)
	text := fmt.Sprintf("[network]\nallow = [%s]\n", quoted(hosts[:n]))
	if r.IntN(2) == 0 {
		text += fmt.Sprintf("deny = [%s]\n", quoted(hosts[9:9+r.IntN(3)]))
	}
	for _, h := range hosts[n : n+r.IntN(4)] {
		text += anyRules(r, h, paths)
	}
	return text
}

// anyRules writes one to three rules of a host, which may stand beside each
// other.
func anyRules(r *rand.Rand, host string, paths []string) (text string) {
	seen := map[string]bool{}
	count := 1 + r.IntN(3)
	for range count {
		rule := ""
		if methods := [][]string{nil, {"GET"}, {"POST"}, {"GET", "POST"}}[r.IntN(4)]; methods != nil {
			rule += fmt.Sprintf("methods = [%s]\n", quoted(methods))
		}
		if len(paths) > 0 && r.IntN(2) == 0 {
			i := r.IntN(len(paths))
			rule += fmt.Sprintf("paths = [%s]\n", quoted(paths[i:min(i+2, len(paths))]))
		}
		if !seen[rule] && (rule != "" || count == 1) {
			text += fmt.Sprintf("[[network.rule]]\nhost = %q\n", host) + rule
		}
		seen[rule] = true
	}
	return text
}

func quoted(list []string) string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = fmt.Sprintf("%q", s)
	}
	return strings.Join(out, ", ")
}

var places = []string{"a.example", "x.a.example", "y.x.a.example", "z.a.example", "z.x.a.example", "c.b.example", "d.b.example", "b.example",
	"10.1.2.3", "10.1.2.4", "10.2.0.1", "11.0.0.1", "a.example:22", "x.a.example:22", "x.a.example:80"}

// TestMergeIsTheIntersection: of many pairs of policies, what the merged one
// lets through is what both let through, with patterns, ranges, denials and
// methods. Where both have patterns of paths, or nothing in common within a
// wider entry, it may be less, and never more.
func TestMergeIsTheIntersection(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	allowed, several := 0, 0
	for i := range 800 {
		var paths []string
		if i%2 == 1 {
			paths = []string{"/a", "/a/*", "/a/**", "/*", "/b", "/**"}
		}
		machine, project := parse(t, anyNetwork(r, paths)), parse(t, anyNetwork(r, paths))
		merged, _, err := Merge(machine, project)
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range groups(merged.Network.targets()) {
			if len(g.rules) > 1 {
				several++
			}
		}
		exact := paths == nil && len(merged.Network.Deny) <= len(machine.Network.Deny)+len(project.Network.Deny)
		for _, host := range places {
			for _, method := range []string{"GET", "POST", "PUT"} {
				for _, path := range []string{"/a", "/a/b", "/b", "/a/b/c"} {
					both := allows(machine, host, method, path) && allows(project, host, method, path)
					got := allows(merged, host, method, path)
					if got && !both || both && !got && exact {
						t.Fatalf("%s %s%s: %v, both: %v\nmachine %+v\nproject %+v\nmerged %+v", method, host, path, got, both,
							machine.Network, project.Network, merged.Network)
					}
					if got {
						allowed++
					}
				}
			}
		}
	}
	if allowed < 2000 || several < 50 {
		t.Errorf("only %d requests pass, %d places have several rules: the test proves little", allowed, several)
	}
}

// TestMergeNetworkKeys: denials are joined, of two bounds the smaller holds,
// and the way out is the machine's.
func TestMergeNetworkKeys(t *testing.T) {
	const machine = `
[network]
deny = ["m.example"]
proxy = "http://proxy.corp.example:3128"
ca = ["/etc/ssl/corp.pem"]
max_requests = 100
max_sent = "1MiB"
`
	got, notes, err := Merge(parseMachine(t, machine), parse(t, `
[network]
deny = ["p.example"]
proxy = "http://other.example:3128"
ca = ["/home/me/mine.pem", "/etc/ssl/corp.pem"]
max_requests = 1000
max_sent = "1KiB"
proxy_env = true
`))
	n := got.Network
	if err != nil || !slices.Equal(n.Deny, []string{"p.example", "m.example"}) || n.Proxy != "http://proxy.corp.example:3128" ||
		!slices.Equal(n.CA, []string{"/etc/ssl/corp.pem"}) || n.MaxRequests != 100 || n.MaxSent != 1024 || !n.ProxyEnv {
		t.Errorf("%+v, %v", n, err)
	}
	checkNotes(t, notes, []string{`network.proxy: "http://other.example:3128"`, `network.ca: "/home/me/mine.pem"`, "network.max_requests: the machine's policy allows 100"})
	for key, want := range map[string]string{
		"network.deny[0]": "ringwall.toml:4", "network.deny[1]": "/etc/policy.toml:4", "network.proxy": "/etc/policy.toml:5",
		"network.ca[0]": "/etc/policy.toml:6", "network.max_requests": "/etc/policy.toml:7", "network.max_sent": "ringwall.toml:8",
	} {
		if at := got.Where(key); at != want {
			t.Errorf("%s is from %s, want %s", key, at, want)
		}
	}
	got, notes, err = Merge(parseMachine(t, machine), parse(t, ""))
	if err != nil || got.Network.Proxy != "http://proxy.corp.example:3128" || got.Network.MaxSent != 1<<20 || len(notes) != 0 {
		t.Errorf("a project that says nothing: %+v, %q, %v", got.Network, notes, err)
	}
	got, _, err = Merge(parseMachine(t, ""), parse(t, "[network]\nproxy = \"http://p.example:1\"\nca = [\"/x\"]\n"))
	if err != nil || got.Network.Proxy != "http://p.example:1" || len(got.Network.CA) != 1 {
		t.Errorf("a machine that says nothing: %+v, %v", got.Network, err)
	}
}

// TestMergeInterception: a project cannot leave unseen what the machine wants
// checked.
func TestMergeInterception(t *testing.T) {
	yes, no := true, false
	for _, c := range []struct {
		machine, project string
		want             *bool
	}{
		{"methods = [\"GET\"]", "methods = [\"GET\"]\nintercept = false", nil},
		{"methods = [\"GET\"]\nintercept = false", "methods = [\"GET\"]\nintercept = false", &no},
		{"methods = [\"GET\"]\nintercept = false", "", &no},
		{"methods = [\"GET\"]\nintercept = false", "methods = [\"GET\"]", nil},
		{"intercept = true", "intercept = false", &yes},
		{"intercept = false", "intercept = true", &yes},
		{"", "intercept = false", &no},
		{"paths = [\"/a\"]", "methods = [\"GET\"]\nintercept = false", nil},
	} {
		const host = "[[network.rule]]\nhost = \"a.example\"\n"
		got, _, err := Merge(parseMachine(t, host+c.machine), parse(t, host+c.project))
		if err != nil || len(got.Network.Rules) != 1 {
			t.Fatalf("%q under %q: %+v, %v", c.project, c.machine, got.Network, err)
		}
		i := got.Network.Rules[0].Intercept
		if (i == nil) != (c.want == nil) || i != nil && *i != *c.want {
			t.Errorf("%q under %q: %v", c.project, c.machine, got.Network.Rules[0])
		}
	}
}

// TestMergeDeniesCredentials: what the machine denies no credential reaches.
func TestMergeDeniesCredentials(t *testing.T) {
	project := parse(t, "[[credential]]\nname = \"bad\"\nfrom = { env = \"A\" }\nhost = \"x.evil.example\"\n"+
		"[[credential]]\nname = \"good\"\nfrom = { env = \"B\" }\nhost = \"api.example\"\n")
	got, notes, err := Merge(parseMachine(t, "network.deny = [\"*.evil.example\"]"), project)
	if err != nil || len(got.Credentials) != 1 || got.Credentials[0].Name != "good" || got.Line("credential[0].host") != project.Line("credential[1].host") {
		t.Errorf("%+v, %v", got.Credentials, err)
	}
	checkNotes(t, notes, []string{"credential: bad"})
	if got, _, _ := Merge(parseMachine(t, ""), project); len(got.Credentials) != 2 {
		t.Error("without the denial it is dropped too: the test proves nothing")
	}
}
