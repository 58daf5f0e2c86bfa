package egress

import (
	"testing"

	"ringwall/internal/plan"
)

// TestProxyEnv: only where it was asked for, and never a way around (NET-15).
func TestProxyEnv(t *testing.T) {
	control := func(change func(*plan.Gateway)) plan.Plan {
		c := gatewayControl(80, 443)
		c.Want.Gateway.Proxy, c.Want.Gateway.ProxyEnv = 3128, true
		change(c.Want.Gateway)
		return planOf(c)
	}
	vars := ProxyEnv(control(func(*plan.Gateway) {}))
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"} {
		if vars[name] != "http://127.0.0.1:3128" {
			t.Errorf("%s is %q", name, vars[name])
		}
	}
	if vars["NO_PROXY"] != "localhost,127.0.0.1,::1" || vars["no_proxy"] != vars["NO_PROXY"] || len(vars) != 8 {
		t.Errorf("%v", vars)
	}
	lost := control(func(*plan.Gateway) {})
	lost.Controls[0].Status = plan.Unavailable
	for name, p := range map[string]plan.Plan{
		"not asked for": control(func(g *plan.Gateway) { g.ProxyEnv = false }),
		"no listener":   control(func(g *plan.Gateway) { g.Proxy = 0 }),
		"no gateway":    control(func(g *plan.Gateway) { g.Mode = modeNone }),
		"unavailable":   lost,
		"nothing":       planOf(),
	} {
		if vars := ProxyEnv(p); vars != nil {
			t.Errorf("%s: %v", name, vars)
		}
	}
}
