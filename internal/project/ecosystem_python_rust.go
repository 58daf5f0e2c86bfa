package project

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// python reads pip's and uv's index addresses.
func (o owner) python() []Endpoint {
	var out []Endpoint
	main := false
	for _, v := range o.variables("PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL") {
		out = collect(out, v.name, v.text)
		main = main || len(out) > 0
	}
	for _, v := range o.variables("PIP_EXTRA_INDEX_URL", "UV_EXTRA_INDEX_URL") {
		out = collect(out, v.name, strings.Fields(v.text)...)
	}
	for _, p := range []string{
		o.env("PIP_CONFIG_FILE"), o.config("pip", "pip.conf"), o.inHome(".pip", "pip.conf"), filepath.Join(o.etc, "pip.conf"),
	} {
		file, _ := o.file(p)
		index, extra := pipConf(file.text)
		if !main && index != "" {
			out = collect(out, file.name, index)
			main = len(out) > 0
		}
		out = collect(out, file.name, extra...)
	}
	if !main {
		out = append(defaults("pypi.org", "files.pythonhosted.org"), out...)
	}
	return out
}

// pipConf reads the addresses of an INI file; a value may go on over lines that
// begin with a blank.
func pipConf(text string) (index string, extra []string) {
	key := ""
	for line := range strings.Lines(text) {
		value := strings.TrimSpace(line)
		if value == "" || strings.ContainsAny(value[:1], "#;[") {
			continue
		}
		if line[0] != ' ' && line[0] != '\t' {
			k, v, _ := strings.Cut(value, "=")
			key, value = strings.TrimSpace(k), strings.TrimSpace(v)
		}
		switch key {
		case "index-url":
			index = firstField(value, index)
		case "extra-index-url":
			extra = append(extra, strings.Fields(value)...)
		}
	}
	return index, extra
}

func firstField(value, otherwise string) string {
	if f := strings.Fields(value); len(f) > 0 {
		return f[0]
	}
	return otherwise
}

// rust reads a replacement of crates.io, and further registries.
func (o owner) rust() []Endpoint {
	home := o.env("CARGO_HOME")
	if home == "" {
		home = o.inHome(".cargo")
	}
	file, ok := o.file(filepath.Join(home, "config.toml"))
	if !ok {
		file, _ = o.file(filepath.Join(home, "config"))
	}
	replaced, others := cargoConfig(file.text)
	out := collect(nil, file.name, replaced)
	if len(out) == 0 {
		out = defaults("index.crates.io", "static.crates.io", "crates.io")
	}
	return collect(out, file.name, others...)
}

// cargoConfig returns the address that stands in for crates.io, if any, and
// those of the named registries. A file that cannot be read says nothing.
func cargoConfig(text string) (replaced string, others []string) {
	var c struct {
		Source map[string]struct {
			Registry string `toml:"registry"`
			Replace  string `toml:"replace-with"`
		} `toml:"source"`
		Registries map[string]struct {
			Index string `toml:"index"`
		} `toml:"registries"`
	}
	if text == "" || toml.Unmarshal([]byte(text), &c) != nil {
		return "", nil
	}
	if by := c.Source["crates-io"].Replace; by != "" {
		replaced = c.Source[by].Registry
		if replaced == "" {
			replaced = c.Registries[by].Index
		}
	}
	for name, r := range c.Registries {
		if name != "crates-io" {
			others = append(others, r.Index)
		}
	}
	slices.Sort(others)
	return replaced, others
}
