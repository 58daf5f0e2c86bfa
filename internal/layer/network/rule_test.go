package network

import (
	"slices"
	"strings"
	"testing"

	"ringwall/internal/plan"
	"ringwall/internal/policy"
)

func found(t *testing.T, controls []plan.Control, id string) plan.Control {
	t.Helper()
	i := slices.IndexFunc(controls, func(c plan.Control) bool { return c.ID == id })
	if i < 0 {
		t.Fatalf("no control %s", id)
	}
	return controls[i]
}

// TestInterceptionFollowsTheRule: TLS is opened where something can only be
// seen so, and a control that is not seen says so (NET-16).
func TestInterceptionFollowsTheRule(t *testing.T) {
	for _, c := range []struct {
		rule      string
		intercept bool
		status    plan.Status
	}{
		{"", false, plan.Enforced},
		{"methods = [\"GET\"]", true, plan.Enforced},
		{"paths = [\"/a\"]", true, plan.Enforced},
		{"max_upload = \"1KiB\"", true, plan.Enforced},
		{"max_requests = 1\nmax_sent = \"1KiB\"", false, plan.Enforced},
		{"intercept = true", true, plan.Enforced},
		{"methods = [\"GET\"]\nintercept = false", false, plan.Downgraded},
	} {
		controls := compile(t, "[[network.rule]]\nhost = \"a.example\"\n"+c.rule+"\n", able())
		got := found(t, controls, "network.allow:a.example:443")
		if got.Want.Egress.Intercept != c.intercept || got.Status != c.status || intercepts(controls) != c.intercept {
			t.Errorf("%q: %+v %s", c.rule, *got.Want.Egress, got.Status)
		}
		controls = compile(t, "[[network.rule]]\nhost = \"a.example:80\"\n"+c.rule+"\n", able())
		if got := found(t, controls, "network.allow:a.example:80"); got.Want.Egress.Intercept || got.Status != plan.Enforced {
			t.Errorf("%q on port 80: %+v %s", c.rule, *got.Want.Egress, got.Status)
		}
	}
}

// underMachine plans a project's policy as the machine's bounds it.
func underMachine(t *testing.T, machine, project string) []plan.Control {
	t.Helper()
	m, err := policy.Parse(policy.MachineFile, []byte("version = 1\n"+machine))
	if err != nil {
		t.Fatal(err)
	}
	p, err := policy.Parse(policy.FileName, []byte("version = 1\n"+project))
	if err != nil {
		t.Fatal(err)
	}
	if p, _, err = policy.Merge(m, p); err != nil {
		t.Fatal(err)
	}
	controls, err := Layer{}.Plan(p, able(), owner(""))
	if err != nil {
		t.Fatal(err)
	}
	return controls
}

// TestPresetsUnderTheMachine: what the machine's policy says of a place holds
// for what a preset brings there.
func TestPresetsUnderTheMachine(t *testing.T) {
	merged := func(machine string) []plan.Control {
		t.Helper()
		return underMachine(t, machine, "[network]\nallow = [\"preset:go\"]\n")
	}
	const rule = "[network]\nallow = [\"preset:go\"]\n[[network.rule]]\nhost = \"sum.golang.org\"\n"
	c := found(t, merged(rule+"methods = [\"GET\", \"POST\"]\npaths = [\"/lookup/**\"]\n"), "network.allow:sum.golang.org:443")
	if e := c.Want.Egress; !slices.Equal(e.Methods, []string{"GET"}) || !slices.Equal(e.Paths, []string{"/lookup/**"}) || !e.Intercept {
		t.Errorf("%+v", e)
	}
	for _, c := range merged(rule + "methods = [\"POST\"]\n") {
		if c.ID == "network.allow:sum.golang.org:443" {
			t.Errorf("nothing is left of it, and it is in the plan: %+v", c.Want.Egress)
		}
	}
	c = found(t, merged("[network]\nallow = [\"preset:go\"]\n"), "network.allow:sum.golang.org:443")
	if e := c.Want.Egress; len(e.Methods) != 2 || e.Paths != nil {
		t.Errorf("without a rule: %+v", e)
	}
}

// TestUpstreamIsSaid: with a proxy outside the gateway cannot check where names
// lead. It says so, and a machine without namespaces is refused all the same.
func TestUpstreamIsSaid(t *testing.T) {
	const text = "[network]\nallow = [\"a.example\"]\nproxy = \"http://proxy.example:3128\"\n"
	c := found(t, compile(t, text, able()), GatewayID)
	if c.Status != plan.Downgraded || c.Must || c.Why == "" || c.Want.Gateway.Upstream != "http://proxy.example:3128" {
		t.Errorf("%+v", c)
	}
	unable := able()
	unable.Sandbox.OK = false
	if c := found(t, compile(t, text, unable), GatewayID); c.Status != plan.Unavailable || !c.Must {
		t.Errorf("without namespaces: %+v", c)
	}
	if c := found(t, compile(t, "[network]\nallow = [\"a.example\"]\n", able()), GatewayID); c.Status != plan.Enforced || !c.Must {
		t.Errorf("without a proxy: %+v", c)
	}
}

// TestSeveralRulesOfOnePlace: each is a control of its own whose ID does not
// depend on the others, and TLS is opened for all of them where it is for one.
func TestSeveralRulesOfOnePlace(t *testing.T) {
	const host = "[[network.rule]]\nhost = \"proxy.golang.org\"\n"
	const get, put, few = host + "methods = [\"GET\"]\n", host + "methods = [\"PUT\"]\npaths = [\"/up/*\"]\n", host + "max_requests = 3\n"
	ids := func(controls []plan.Control) (out []string) {
		for _, c := range controls {
			if c.Want.Egress != nil && c.Want.Egress.Host == "proxy.golang.org" {
				out = append(out, c.ID+" "+c.From)
				if !c.Want.Egress.Intercept || c.Status != plan.Enforced {
					t.Errorf("%s: %+v %s", c.ID, c.Want.Egress, c.Status)
				}
			}
		}
		return out
	}
	const id = "network.allow:proxy.golang.org:443"
	for text, want := range map[string][]string{
		few + put + get: {id + " ringwall.toml:2", id + "#2 ringwall.toml:5", id + "#3 ringwall.toml:9"},
		get:             {id + " ringwall.toml:2"},
		"network.allow = [\"preset:go\"]\n" + get + put: {id + " ringwall.toml:3", id + "#2 ringwall.toml:6"}, // instead of the preset's
	} {
		if got := ids(compile(t, text, able())); !slices.Equal(got, want) {
			t.Errorf("%q: %q", text, got)
		}
	}
	const key = "[[credential]]\nname = \"k\"\nfrom = { env = \"K\" }\nhost = \"proxy.golang.org\"\nheader = \"x-key\"\nintercept = true\n"
	if got := ids(compile(t, few+get+"intercept = false\n"+key, able())); len(got) != 2 {
		t.Errorf("with a key: %q", got)
	}
	if got := compile(t, few+get+"intercept = false\n", able()); intercepts(got) {
		t.Error("opened without anything to see: the test proves little")
	}
}

// TestPresetsUnderSeveralRules: each of the machine's rules holds for what a
// preset brings.
func TestPresetsUnderSeveralRules(t *testing.T) {
	controls := underMachine(t, "[network]\nallow = [\"preset:go\"]\n[[network.rule]]\nhost = \"sum.golang.org\"\n"+
		"methods = [\"HEAD\", \"PUT\"]\n[[network.rule]]\nhost = \"sum.golang.org\"\nmethods = [\"GET\"]\npaths = [\"/lookup/**\"]\n"+
		"[[network.rule]]\nhost = \"sum.golang.org\"\nmethods = [\"POST\"]\n", "network.allow = [\"preset:go\"]\n")
	head, get := found(t, controls, "network.allow:sum.golang.org:443").Want.Egress, found(t, controls, "network.allow:sum.golang.org:443#2").Want.Egress
	if !slices.Equal(head.Methods, []string{"HEAD"}) || head.Paths != nil || !slices.Equal(get.Methods, []string{"GET"}) || !slices.Equal(get.Paths, []string{"/lookup/**"}) ||
		slices.ContainsFunc(controls, func(c plan.Control) bool { return c.ID == "network.allow:sum.golang.org:443#3" }) {
		t.Errorf("%+v, %+v", head, get)
	}
}

// TestBoundsAreNotMultiplied: where a merge makes several rules of one that has
// bounds, whoever wrote it, they have them in common.
func TestBoundsAreNotMultiplied(t *testing.T) {
	const a, get, post = "[[network.rule]]\nhost = \"a.example\"\n", "methods = [\"GET\"]\n", "methods = [\"POST\"]\n"
	const few, machine, project = "max_requests = 3\n", "network.rule[0] of /etc/ringwall/policy.toml:2", "network.rule[0] of ringwall.toml:2"
	for _, c := range []struct {
		machine, project string
		want             []string // of each rule, the names of what it has in common
	}{
		{a + few, a + get + a + post, []string{machine, machine}},
		{a + few, a + get, []string{""}},
		{a + get + a + post, a + few, []string{project, project}},
		{a + get + few + a + post, a + few, []string{project, project}},
		{"network.allow = [\"a.example\"]\n", a + get + few + a + post, []string{"", ""}},
		{"[[network.rule]]\nhost = \"*.x.example\"\nmax_sent = \"1KiB\"\n", "network.allow = [\"a.x.example\", \"b.x.example\"]\n", []string{machine, machine}},
		{"network.allow = [\"a.x.example\", \"b.x.example\"]\n", "[[network.rule]]\nhost = \"*.x.example\"\n" + few, []string{project, project}},
		{"[network]\nallow = [\"preset:go\"]\n[[network.rule]]\nhost = \"*.golang.org\"\n" + few, "network.allow = [\"preset:go\"]\n",
			[]string{strings.Replace(machine, "toml:2", "toml:4", 1), strings.Replace(machine, "toml:2", "toml:4", 1)}},
	} {
		var got []string
		for _, control := range underMachine(t, c.machine, c.project) {
			if e := control.Want.Egress; e != nil {
				name := ""
				for _, w := range e.Within {
					name += w.Name
				}
				got = append(got, name)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%q under %q: %q", c.project, c.machine, got)
		}
	}
}
