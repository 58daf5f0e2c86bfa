package egress

import (
	"fmt"

	"ringwall/internal/plan"
)

// ProxyEnv is what programs inside are told of the gateway's own proxy
// listener, where the owner asked for it: the variables in both spellings, since
// programs read one or the other. Nothing goes around it but what is inside the
// sandbox itself, and ALL_PROXY names HTTP too, because SOCKS needs a library
// that many clients lack. An unavailable gateway, or none, gives nothing.
func ProxyEnv(p plan.Plan) map[string]string {
	for _, c := range p.Controls {
		g := c.Want.Gateway
		if g == nil || c.Status == plan.Unavailable || g.Mode == modeNone || !g.ProxyEnv || g.Proxy == 0 {
			continue
		}
		url, vars := fmt.Sprintf("http://127.0.0.1:%d", g.Proxy), map[string]string{}
		for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"} {
			vars[name] = url
		}
		vars["NO_PROXY"], vars["no_proxy"] = inside, inside
		return vars
	}
	return nil
}

// inside is what the sandbox itself answers.
const inside = "localhost,127.0.0.1,::1"
