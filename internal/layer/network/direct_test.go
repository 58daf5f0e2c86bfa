package network

import (
	"slices"
	"strings"
	"testing"

	"ringwall/internal/plan"
)

// TestNoWayBesideACredential: where a credential's host is allowed besides, its
// TLS is opened, so that a key of the agent's own is seen there too; what a
// pattern asks goes on being asked. Where the owner has switched that off, the
// credential says what it lacks. Elsewhere nothing changes.
func TestNoWayBesideACredential(t *testing.T) {
	const key = "[[credential]]\nname = \"k\"\nfrom = { env = \"K\" }\nhost = \"api.a.example\"\nheader = \"x-api-key\"\nbase_url_env = \"A_URL\"\n"
	for name, c := range map[string]struct {
		text    string
		opened  bool // the host's rule, and the credential
		methods string
		status  plan.Status
	}{
		"not allowed":      {"", false, "", plan.Enforced},
		"another host":     {"[network]\nallow = [\"b.example\"]\n", false, "", plan.Enforced},
		"another port":     {"[network]\nallow = [\"api.a.example:8443\"]\n", false, "", plan.Enforced},
		"allowed":          {"[network]\nallow = [\"api.a.example\"]\n", true, "", plan.Enforced},
		"a pattern":        {"[network]\nallow = [\"*.a.example\"]\n", true, "", plan.Enforced},
		"a narrow pattern": {"[network]\n[[network.rule]]\nhost = \"*.a.example\"\nmethods = [\"GET\"]\n", true, "GET", plan.Enforced},
		"a rule":           {"[network]\n[[network.rule]]\nhost = \"api.a.example\"\nmethods = [\"GET\"]\n", true, "GET", plan.Enforced},
		"shut":             {"[network]\n[[network.rule]]\nhost = \"api.a.example\"\nintercept = false\n", false, "", plan.Downgraded},
	} {
		controls := compile(t, c.text+key, able())
		check(t, name, controls, c.opened, c.methods, c.status)
		never := compile(t, c.text+key+"intercept = false\n", able())
		if c.opened {
			check(t, name+", never", never, c.methods != "", c.methods, plan.Downgraded)
		}
	}
}

func check(t *testing.T, name string, controls []plan.Control, opened bool, methods string, status plan.Status) {
	t.Helper()
	at := slices.IndexFunc(controls, func(c plan.Control) bool { return c.Want.Credential != nil })
	if k := controls[at]; k.Status != status || status == plan.Downgraded && !strings.Contains(k.Why, "intercept = false") ||
		status == plan.Enforced && k.Want.Credential.Intercept != opened {
		t.Errorf("%s: %+v, %+v", name, k, k.Want.Credential)
	}
	at = slices.IndexFunc(controls, func(c plan.Control) bool {
		return c.Want.Egress != nil && c.Want.Egress.Host == "api.a.example" && c.Want.Egress.Port == 443
	})
	if at < 0 {
		if opened && !strings.Contains(name, "pattern, never") {
			t.Errorf("%s: no rule for it", name)
		}
		return
	}
	if e := controls[at].Want.Egress; e.Intercept != opened || strings.Join(e.Methods, " ") != methods {
		t.Errorf("%s: %+v", name, e)
	}
}

// TestPatternHoldsForOpenedHost: a credential that is put into TLS does not
// loosen what a pattern asks of its host.
func TestPatternHoldsForOpenedHost(t *testing.T) {
	controls := compile(t, "[network]\n[[network.rule]]\nhost = \"*.a.example\"\nmethods = [\"GET\"]\nmax_upload = \"1KiB\"\n"+
		"[[credential]]\nname = \"k\"\nfrom = { env = \"K\" }\nhost = \"api.a.example\"\nheader = \"x-api-key\"\n", able())
	for _, c := range controls {
		if e := c.Want.Egress; e != nil && e.Host == "api.a.example" {
			if !e.Intercept || len(e.Methods) != 1 || e.MaxUpload != 1<<10 {
				t.Errorf("%+v", e)
			}
			return
		}
	}
	t.Error("no rule for it")
}
