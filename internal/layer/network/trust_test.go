package network

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"ringwall/internal/host"
	"ringwall/internal/plan"
	"ringwall/internal/policy"
	"ringwall/internal/project"
)

func stored() (host.Facts, project.Facts) {
	h := able()
	h.Home, h.StateDir = "/home/u", "/home/u/.local/state/ringwall"
	h.Bundles = []string{"/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/cert.pem"}
	h.Tools = []string{"/home/u/jdk", "/work/p/jdk", "/work"}
	h.JavaStores = []string{"/etc/ssl/certs/java/cacerts", "/home/u/jdk/lib/security/cacerts",
		"/work/p/jdk/lib/security/cacerts", "/work/lib/security/cacerts", "/opt/jdk/lib/security/cacerts"}
	return h, project.Facts{Path: "/work/p"}
}

func opens(host string) []plan.Control {
	return []plan.Control{{ID: "network.allow:" + host, Status: plan.Enforced, From: "ringwall.toml:3",
		Want: plan.Op{Egress: &plan.Egress{Host: host, Port: 443, Intercept: true}}}}
}

// TestTrust: stores are planned exactly where something is opened, or the
// policy names authorities.
func TestTrust(t *testing.T) {
	h, f := stored()
	named := policy.Policy{Network: policy.Network{CA: []string{"~/corp.pem", "/etc/ssl/../corp.pem"}}}
	opened := opens("api.example.com")
	shut := named
	shut.Network.Mode = policy.None
	lacking := opens("api.example.com")
	lacking[0].Status = plan.Unavailable
	denied := []plan.Control{{Status: plan.Enforced, Want: plan.Op{Egress: &plan.Egress{Host: "x.example", Deny: true}}}}
	keyed := []plan.Control{{Status: plan.Enforced, Want: plan.Op{Credential: &plan.Credential{Host: "x.example", Intercept: true}}}}
	for name, c := range map[string]struct {
		policy   policy.Policy
		controls []plan.Control
		own      bool
		extra    []string
		none     bool
	}{
		"nothing":          {none: true},
		"a denial":         {controls: denied, none: true},
		"unavailable":      {controls: lacking, none: true},
		"no way out":       {policy: shut, none: true},
		"a rule":           {controls: opened, own: true},
		"a credential":     {controls: keyed, own: true},
		"authorities":      {policy: named, extra: []string{"/home/u/corp.pem", "/etc/corp.pem"}},
		"authorities, too": {policy: named, controls: opened, own: true, extra: []string{"/home/u/corp.pem", "/etc/corp.pem"}},
	} {
		c2, err := trust(c.policy, h, f, c.controls)
		if err != nil || (c2 == nil) != c.none {
			t.Errorf("%s: %v %v", name, c2, err)
			continue
		}
		if c.none {
			continue
		}
		got := c2.Want.Trust
		if got.Own != c.own || !slices.Equal(got.Extra, c.extra) {
			t.Errorf("%s: %+v", name, got)
		}
		want := []string{"/etc/ssl/certs/java/cacerts", "/home/u/jdk/lib/security/cacerts"}
		if !slices.Equal(got.Java, want) || !slices.Equal(got.Bundles, h.Bundles) || got.System != h.Bundles[0] {
			t.Errorf("%s: stores %+v", name, got)
		}
	}
}

// TestTrustWithoutABundle: a machine that has single certificates only gets a
// bundle made of them, and one that has none an own one.
func TestTrustWithoutABundle(t *testing.T) {
	h, f := stored()
	for _, dir := range []string{"/etc/ssl/certs", ""} {
		h.Bundles, h.CertDir = nil, dir
		c, err := trust(policy.Policy{}, h, f, opens("a.example"))
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Want.Trust; got.System != dir || !reflect.DeepEqual(got.Bundles, []string{plan.TrustBundle}) {
			t.Errorf("%+v", got)
		}
	}
}

// TestTrustRefuses: an authority that an agent can write, and a variable with
// two values.
func TestTrustRefuses(t *testing.T) {
	h, f := stored()
	for want, p := range map[string]policy.Policy{
		"lies in the project":           {Network: policy.Network{CA: []string{"/work/p/ca.pem"}}},
		"begins with / or ~/":           {Network: policy.Network{CA: []string{"ca.pem"}}},
		"SSL_CERT_FILE is set by":       {Env: policy.Env{Set: map[string]string{"SSL_CERT_FILE": "/x"}}},
		"NODE_EXTRA_CA_CERTS is set by": {Env: policy.Env{Pass: []string{"NODE_EXTRA_CA_CERTS"}}},
	} {
		_, err := trust(p, h, f, opens("a.example"))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
		if p.Env.Set != nil || p.Env.Pass != nil {
			if _, err := trust(p, h, f, nil); err != nil {
				t.Errorf("nothing is opened, and still %v", err)
			}
		}
	}
}
