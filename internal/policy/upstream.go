package policy

import (
	"errors"
	"net/url"
	"path"
	"strings"
)

// errProxyCredentials has its own way out.
var errProxyCredentials = errors.New("holds a user name or a password, which would stand in plain text in a file that others read")

// parseProxy reads the address of a proxy outside: "http://host:port". It
// returns the form in which proxies are compared.
func parseProxy(s string) (string, error) {
	rest, ok := strings.CutPrefix(s, "http://")
	switch {
	case strings.Contains(s, "@"):
		return "", errProxyCredentials
	case strings.HasPrefix(s, "socks"):
		return "", errors.New("a SOCKS proxy outside is not supported: write http://host:port")
	case !ok:
		return "", errors.New("wants the address of an HTTP proxy: http://proxy.example:3128")
	}
	d, err := ParseDestination(strings.TrimSuffix(rest, "/"))
	if err != nil {
		return "", err
	}
	if _, _, written := cutPort(strings.TrimSuffix(rest, "/")); !written {
		return "", errors.New("names no port: http://proxy.example:3128")
	}
	return (&url.URL{Scheme: "http", Host: d.String()}).String(), nil
}

// checkAuthority takes a file outside of the project.
func checkAuthority(s string) error {
	full := s
	if rest, home := strings.CutPrefix(s, "~/"); home {
		full = "/home/" + rest
	}
	switch {
	case !strings.HasPrefix(full, "/"):
		return errors.New("wants an absolute path or ~/...: an authority in the project could be changed by the agent")
	case path.Clean(full) != full, full == "/", strings.ContainsRune(full, 0):
		return errors.New("wants a plain path: no '.', no '..', no '//', no '/' at the end")
	}
	return nil
}
