package project

import (
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// owner reads the owner's configuration of the toolchains: their environment,
// their home, the machine. Never the project's: a project must not choose its
// own way out.
type owner struct {
	env     func(string) string
	home    string
	etc     string
	project string
}

// ecosystems resolves the presets. One whose configuration says "off" is there
// and empty.
func ecosystems(opts Options, project string) map[string][]Endpoint {
	o := owner{env: opts.Env, home: opts.Home, etc: opts.Etc, project: project}
	if o.etc == "" {
		o.etc = "/etc"
	}
	out := map[string][]Endpoint{
		"debian": o.debian(),
		"dotnet": o.dotnet(),
		"go":     o.golang(),
		"java":   o.java(),
		"npm":    o.npm(),
		"php":    o.php(),
		"python": o.python(),
		"ruby":   o.ruby(),
		"rust":   o.rust(),
	}
	for name, hosts := range agentHosts() {
		out[name] = defaults(hosts...)
	}
	return out
}

// agentHosts are the presets of agents: where their models answer, and nothing
// that they report to or update from.
func agentHosts() map[string][]string {
	return map[string][]string{
		"anthropic": {"api.anthropic.com"},
		"claude":    {"api.anthropic.com"},
		"codex":     {"api.openai.com"},
		"copilot":   {"api.githubcopilot.com"},
		"cursor":    {"api2.cursor.sh"},
		"gemini":    {"generativelanguage.googleapis.com"},
		"opencode":  {"opencode.ai"}, // its own service; other providers have names of their own
	}
}

// AgentPreset tells a preset of an agent, which asks its model, from one of
// registries, from which things are only fetched.
func AgentPreset(name string) bool { return len(agentHosts()[name]) > 0 }

func defaults(hosts ...string) []Endpoint {
	var out []Endpoint
	for _, h := range hosts {
		out = append(out, Endpoint{h, 443, "default"})
	}
	return out
}

// addDefaults puts built-in hosts before what was found, each once.
func addDefaults(found []Endpoint, hosts ...string) []Endpoint {
	out := defaults(hosts...)
	for _, e := range found {
		if e.Port != 443 || !slices.Contains(hosts, e.Host) {
			out = append(out, e)
		}
	}
	return out
}

// source is a text and the name under which a person knows it.
type source struct {
	name, text string
}

// file reads a file of the owner's. One that lies in the project is not theirs
// but the project's, and one that cannot be read says nothing.
func (o owner) file(path string) (source, bool) {
	if path == "" || !filepath.IsAbs(path) {
		return source{}, false
	}
	text, err := readOwn(path)
	if err != nil || within(real(path), o.project) {
		return source{}, false
	}
	return source{o.show(path), string(text)}, true
}

func (o owner) show(path string) string {
	if rel, err := filepath.Rel(o.home, path); err == nil && filepath.IsLocal(rel) {
		return "~/" + filepath.ToSlash(rel)
	}
	return path
}

// inHome is a path below the home folder; "" where there is none.
func (o owner) inHome(elems ...string) string {
	if o.home == "" {
		return ""
	}
	return filepath.Join(append([]string{o.home}, elems...)...)
}

// config is the folder of per-user configuration (XDG Base Directory).
func (o owner) config(elems ...string) string {
	if dir := o.env("XDG_CONFIG_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(append([]string{dir}, elems...)...)
	}
	return o.inHome(append([]string{".config"}, elems...)...)
}

// variables are those of the environment that are set, in order.
func (o owner) variables(names ...string) []source {
	var out []source
	for _, n := range names {
		if v := o.env(n); v != "" {
			out = append(out, source{"$" + n, v})
		}
	}
	return out
}

// hostName tells whether a text has the form of a host's name: lower-case
// letters, digits, dots and dashes, the last two neither first nor last.
func hostName(s string) bool {
	for i := range len(s) {
		c := s[i]
		inner := (c == '.' || c == '-') && i > 0 && i < len(s)-1
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && !inner {
			return false
		}
	}
	return s != ""
}

// endpoint reads a URL's host and port. A user name or password in it is
// dropped here and never kept.
func endpoint(text, from string) (Endpoint, bool) {
	text = strings.TrimPrefix(strings.Trim(strings.TrimSpace(text), `"'`), "sparse+")
	u, err := url.Parse(text)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") {
		return Endpoint{}, false
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	port := map[string]int{"https": 443, "http": 80}[u.Scheme]
	if p := u.Port(); p != "" {
		if port, err = strconv.Atoi(p); err != nil {
			return Endpoint{}, false
		}
	}
	if !hostName(host) || len(host) > 253 || port < 1 || port > 65535 {
		return Endpoint{}, false
	}
	return Endpoint{host, port, from}, true
}

// collect adds the endpoints of several URLs, each once.
func collect(out []Endpoint, from string, urls ...string) []Endpoint {
	for _, text := range urls {
		e, ok := endpoint(text, from)
		if !ok {
			continue
		}
		known := false
		for _, o := range out {
			known = known || (o.Host == e.Host && o.Port == e.Port)
		}
		if !known {
			out = append(out, e)
		}
	}
	return out
}
