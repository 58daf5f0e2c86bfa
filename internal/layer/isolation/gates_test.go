package isolation

import (
	"strings"
	"testing"

	"ringwall/internal/host"
	"ringwall/internal/plan"
	"ringwall/internal/policy"
)

// gateControls are the gates of a plan, by ID.
func gateControls(t *testing.T, text string) map[string]plan.Control {
	t.Helper()
	return gatesOn(t, host.Facts{}, text)
}

func gatesOn(t *testing.T, h host.Facts, text string) map[string]plan.Control {
	t.Helper()
	p, err := policy.Parse(policy.FileName, []byte("version = 1\n"+text))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]plan.Control{}
	c := &compiler{policy: p, host: h}
	c.gates()
	for _, control := range c.controls {
		out[strings.TrimPrefix(control.ID, "isolation.gate:")] = control
	}
	return out
}

func TestGates(t *testing.T) {
	g := gateControls(t, "")
	for name, action := range map[string]string{"ordinary": "apply", "guardrail": "hold", "secret": "hold", "escape": "hold",
		"oversized": "hold", "runs_on_host": "apply", "tests_weakened": "report", "dependencies_added": "report",
		"lockfile_hosts": "hold", "secrets_added": "hold"} {
		c, ok := g[name]
		if !ok || c.Want.Gate.Action != action || c.From != "default" || c.Status != plan.Enforced {
			t.Errorf("%s is %+v, want %s", name, c, action)
		}
	}
	if len(g) != 10 {
		t.Errorf("%d gates by default", len(g))
	}
	g = gateControls(t, "[gates]\nguardrail = \"apply\"\nverify = [\"make test\", \"make lint\"]\non_failure = \"drop\"\nmax_lines = 9")
	if c := g["guardrail"]; c.Want.Gate.Action != "apply" || c.From != "ringwall.toml:3" {
		t.Errorf("%+v", c)
	}
	if w := g["verify-2"].Want.Gate; w == nil || *w != (plan.Gate{Name: plan.GateVerify, Action: "drop", Command: "make lint"}) {
		t.Errorf("%+v", w)
	}
	if w := g["max_lines"].Want.Gate; w == nil || w.Most != 9 || w.Action != "drop" {
		t.Errorf("%+v", w)
	}
	if _, ok := g["max_files"]; ok {
		t.Error("a bound that nobody wrote")
	}
}

// TestGatesOfDirectMode: what is in the project at once was looked at by nothing.
func TestGatesOfDirectMode(t *testing.T) {
	for name, c := range gateControls(t, "[workspace]\nmode = \"direct\"") {
		if c.Status != plan.Unavailable || c.Why == "" {
			t.Errorf("%s: %+v", name, c)
		}
	}
}

// TestGatesOfACopy: a copy has given away what was changed in it before a check
// could look, so one that the policy wants stops the run. Over an overlay it
// does not.
func TestGatesOfACopy(t *testing.T) {
	can := host.Ability{OK: true}
	for why, status := range map[string]plan.Status{"": plan.Enforced, "it lies on another overlay": plan.Unavailable} {
		g := gatesOn(t, host.Facts{Sandbox: can, Overlay: can, NoOverlay: why}, "[gates]\nverify = [\"make test\"]")
		if c := g["verify-1"]; c.Status != status || c.Must != (why != "") {
			t.Errorf("%q: %+v", why, c)
		}
		if c := g["guardrail"]; c.Status != plan.Enforced {
			t.Errorf("%q: %+v", why, c)
		}
	}
}
