package network

import (
	"slices"
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

// TestPresetsUnderTheMachine: what the machine's policy says of a place holds
// for what a preset brings there.
func TestPresetsUnderTheMachine(t *testing.T) {
	merged := func(machine string) []plan.Control {
		t.Helper()
		m, err := policy.Parse(policy.MachineFile, []byte("version = 1\n"+machine))
		if err != nil {
			t.Fatal(err)
		}
		p, err := policy.Parse(policy.FileName, []byte("version = 1\n[network]\nallow = [\"preset:go\"]\n"))
		if err != nil {
			t.Fatal(err)
		}
		p, _, err = policy.Merge(m, p)
		if err != nil {
			t.Fatal(err)
		}
		controls, err := Layer{}.Plan(p, able(), owner(""))
		if err != nil {
			t.Fatal(err)
		}
		return controls
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
