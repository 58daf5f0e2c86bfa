package network

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"ringwall/internal/host"
	"ringwall/internal/plan"
	"ringwall/internal/policy"
	"ringwall/internal/project"
)

// TrustID is the control that puts authorities into the stores inside.
const TrustID = "network.trust"

// bundleVars are variables that name all authorities that a program trusts.
var bundleVars = []string{
	"SSL_CERT_FILE",                      // OpenSSL, Go, Python, Ruby, rustls, uv
	"CURL_CA_BUNDLE",                     // curl, and Python's requests
	"REQUESTS_CA_BUNDLE",                 // Python's requests
	"PIP_CERT",                           // pip
	"GIT_SSL_CAINFO",                     // git
	"CARGO_HTTP_CAINFO",                  // cargo
	"AWS_CA_BUNDLE",                      // AWS's tools and libraries
	"CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE", // Google's tools
	"GRPC_DEFAULT_SSL_ROOTS_FILE_PATH",   // gRPC
	"HTTPLIB2_CA_CERTS",                  // Python's httplib2
	"WEBSOCKET_CLIENT_CA_BUNDLE",         // Python's websocket-client
	"BUNDLE_SSL_CA_CERT",                 // Ruby's Bundler
	"COMPOSER_CAFILE",                    // PHP's Composer
	"HEX_CACERTS_PATH",                   // Elixir's Hex
	"PERL_LWP_SSL_CA_FILE",               // Perl's LWP
	"JULIA_SSL_CA_ROOTS_PATH",            // Julia
	"NIX_SSL_CERT_FILE",                  // what Nix built
}

// addedVars are variables that name authorities beside those that the program
// brings along. Node reads the whole file at each start, so it is a short one.
var addedVars = []string{
	"NODE_EXTRA_CA_CERTS",  // Node, Bun
	"DENO_CERT",            // Deno
	"CODEX_CA_CERTIFICATE", // Codex
}

// trust plans the stores that programs inside look for authorities in, where
// something is intercepted or the policy names authorities; nil: neither, or
// there is no way out at all.
func trust(p policy.Policy, h host.Facts, f project.Facts, controls []plan.Control) (*plan.Control, error) {
	if p.Network.Mode == policy.None {
		return nil, nil
	}
	t := plan.Trust{Added: plan.TrustAdded, EnvVars: slices.Clone(bundleVars), AddVars: slices.Clone(addedVars)}
	from := ""
	for _, c := range controls {
		if intercepted(c) {
			t.Own, from = true, c.From
			break
		}
	}
	var err error
	if t.Extra, err = extra(p, h, f); err != nil || !t.Own && t.Extra == nil {
		return nil, err
	}
	if t.Extra != nil {
		from = p.Where("network.ca")
	}
	if err := unset(p); err != nil {
		return nil, err
	}
	addStores(&t, h, f)
	return &plan.Control{ID: TrustID, Layer: plan.Network, Want: plan.Op{Trust: &t}, Status: plan.Enforced, From: from}, nil
}

// intercepted tells whether a control has TLS opened.
func intercepted(c plan.Control) bool {
	e, k, g := c.Want.Egress, c.Want.Credential, c.Want.Gateway
	return c.Status != plan.Unavailable && (e != nil && e.Intercept && !e.Deny || k != nil && k.Intercept || g != nil && g.Learn)
}

// addStores lists the stores of the view, and one of our own where it has none.
func addStores(t *plan.Trust, h host.Facts, f project.Facts) {
	for _, path := range h.Bundles {
		if viewed(path, h, f) {
			t.Bundles = append(t.Bundles, path)
		}
	}
	for _, path := range h.JavaStores {
		if viewed(path, h, f) {
			t.Java = append(t.Java, path)
		}
	}
	if t.System = h.CertDir; len(t.Bundles) > 0 {
		t.System = t.Bundles[0]
	} else {
		t.Bundles = []string{plan.TrustBundle}
	}
}

// viewed tells whether the view has a path of the host's that was found among
// its trees: those of tools are left out where they lie in the project or hold
// it, or the state of ringwall.
func viewed(path string, h host.Facts, f project.Facts) bool {
	if within(path, f.Path) {
		return false
	}
	return within(path, "/etc") || within(path, "/usr") || slices.ContainsFunc(h.Tools, func(tree string) bool {
		return within(path, tree) && !within(tree, f.Path) && !within(f.Path, tree) && !within(h.StateDir, tree)
	})
}

// within tells whether path is dir or lies in it.
func within(path, dir string) bool {
	return dir != "" && (path == dir || strings.HasPrefix(path, strings.TrimSuffix(dir, "/")+"/"))
}

// extra are the files of authorities that the policy names. One that an agent
// could write would let it choose whom the gateway believes.
func extra(p policy.Policy, h host.Facts, f project.Facts) ([]string, error) {
	var out []string
	for i, path := range p.Network.CA {
		key := fmt.Sprintf("network.ca[%d]", i)
		rest, below := strings.CutPrefix(path, "~/")
		if below {
			path = filepath.Join(h.Home, rest)
		}
		switch path = filepath.Clean(path); {
		case below && h.Home == "":
			return nil, p.ErrorAt(key, "it is not known where your home is: write the whole path")
		case !filepath.IsAbs(path):
			return nil, p.ErrorAt(key, "wants a path that begins with / or ~/")
		case within(path, f.Path):
			return nil, p.ErrorAt(key, "lies in the project: an agent's change would choose whom the gateway believes")
		}
		out = append(out, path)
	}
	return out, nil
}

// unset refuses the variables of the stores in the policy's own environment.
func unset(p policy.Policy) error {
	why := " is set by ringwall, since TLS is intercepted or network.ca names authorities"
	ours := slices.Concat(bundleVars, addedVars)
	for i, name := range p.Env.Pass {
		if slices.Contains(ours, name) {
			return p.ErrorAt(fmt.Sprintf("env.pass[%d]", i), name+why)
		}
	}
	for _, name := range ours {
		if _, set := p.Env.Set[name]; set {
			return p.ErrorAt("env.set."+name, name+why)
		}
	}
	return nil
}
