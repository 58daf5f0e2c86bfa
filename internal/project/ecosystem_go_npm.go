package project

import (
	"path/filepath"
	"strings"
)

// golang reads GOPROXY and GOSUMDB as the go command does: the environment,
// then its own file of settings, then what is built in.
func (o owner) golang() []Endpoint {
	file := o.goEnvFile()
	proxy := o.goSetting("GOPROXY", "https://proxy.golang.org,direct", file)
	sumdb := o.goSetting("GOSUMDB", "sum.golang.org", file)
	split := func(r rune) bool { return r == ',' || r == '|' }
	out := collect(nil, proxy.name, strings.FieldsFunc(proxy.text, split)...)
	if strings.TrimSpace(proxy.text) == "off" || strings.TrimSpace(sumdb.text) == "off" {
		return out
	}
	return collect(out, sumdb.name, sumdbURL(sumdb.text))
}

// sumdbURL reads "name", "name+hash+key" or "name+hash+key https://elsewhere".
func sumdbURL(text string) string {
	fields := strings.Fields(text)
	switch len(fields) {
	case 0:
		return ""
	case 1:
		name, _, _ := strings.Cut(fields[0], "+")
		return "https://" + name
	default:
		return fields[1]
	}
}

func (o owner) goEnvFile() source {
	path := o.env("GOENV")
	if path == "off" {
		return source{}
	}
	if path == "" {
		path = o.config("go", "env")
	}
	file, _ := o.file(path)
	return file
}

func (o owner) goSetting(name, builtIn string, file source) source {
	if v := o.env(name); v != "" {
		return source{"$" + name, v}
	}
	for line := range strings.Lines(file.text) {
		if v, ok := strings.CutPrefix(strings.TrimSpace(line), name+"="); ok && v != "" {
			return source{file.name, v}
		}
	}
	return source{"default", builtIn}
}

// npm reads the registry, and those of single scopes.
func (o owner) npm() []Endpoint {
	var out []Endpoint
	for _, v := range o.variables("npm_config_registry", "NPM_CONFIG_REGISTRY") {
		out = collect(out, v.name, v.text)
	}
	paths := []string{o.inHome(".npmrc"), filepath.Join(o.etc, "npmrc")}
	if p := o.env("NPM_CONFIG_USERCONFIG"); p != "" {
		paths[0] = p
	}
	main := len(out) > 0
	for _, p := range paths {
		file, _ := o.file(p)
		registry, scopes := o.npmrc(file.text)
		if !main && registry != "" {
			out = collect(out, file.name, registry)
			main = len(out) > 0
		}
		out = collect(out, file.name, scopes...)
	}
	if !main {
		out = append(defaults("registry.npmjs.org"), out...)
	}
	return out
}

// npmrc reads "registry=" and "@scope:registry=". Variables in a value are the
// owner's.
func (o owner) npmrc(text string) (registry string, scopes []string) {
	for line := range strings.Lines(text) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		key, value = strings.TrimSpace(key), o.expand(strings.TrimSpace(value))
		switch {
		case key == "registry":
			registry = value
		case strings.HasPrefix(key, "@") && strings.HasSuffix(key, ":registry"):
			scopes = append(scopes, value)
		}
	}
	return registry, scopes
}

// expand replaces ${NAME}.
func (o owner) expand(value string) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(value, "${")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		name, after, _ := strings.Cut(rest, "}")
		b.WriteString(o.env(name))
		value = after
	}
}
