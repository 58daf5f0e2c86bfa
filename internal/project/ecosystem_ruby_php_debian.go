package project

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// ruby reads the sources of gem and the mirror of bundler.
func (o owner) ruby() []Endpoint {
	var out []Endpoint
	main := true
	gemrc, _ := o.file(o.inHome(".gemrc"))
	if sources := yamlList(gemrc.text, "sources"); len(sources) > 0 {
		out = collect(out, gemrc.name, sources...)
		main = len(out) == 0
	}
	bundle, _ := o.file(o.inHome(".bundle", "config"))
	for line := range strings.Lines(bundle.text) {
		key, value, _ := strings.Cut(line, ": ")
		if !strings.HasPrefix(key, "BUNDLE_MIRROR__") {
			continue
		}
		before := len(out)
		out = collect(out, bundle.name, value)
		if strings.Contains(key, "RUBYGEMS__ORG") || strings.Contains(key, "__ALL") {
			main = main && len(out) == before
		}
	}
	if main {
		return addDefaults(out, "rubygems.org", "index.rubygems.org")
	}
	return out
}

// yamlList reads the simple form that gem writes: ":sources:" and lines that
// begin with "- ".
func yamlList(text, key string) []string {
	var out []string
	in := false
	for line := range strings.Lines(text) {
		value := strings.TrimSpace(line)
		item, isItem := strings.CutPrefix(value, "- ")
		switch {
		case value == ":"+key+":" || value == key+":":
			in = true
		case in && isItem:
			out = append(out, item)
		case value != "":
			in = false
		}
	}
	return out
}

// php reads composer's repositories. Packages themselves often come from where
// their code is hosted, which needs a line of its own.
func (o owner) php() []Endpoint {
	home := o.env("COMPOSER_HOME")
	paths := []string{o.config("composer", "config.json"), o.inHome(".composer", "config.json")}
	if filepath.IsAbs(home) {
		paths = []string{filepath.Join(home, "config.json")}
	}
	var out []Endpoint
	main := true
	for _, p := range paths {
		file, _ := o.file(p)
		urls, without := composerConfig(file.text)
		out = collect(out, file.name, urls...)
		main = main && !without
	}
	if main {
		return addDefaults(out, "repo.packagist.org", "packagist.org")
	}
	return out
}

// composerConfig reads "repositories", a list or an object by name; without:
// the built-in one is switched off.
func composerConfig(text string) (urls []string, without bool) {
	var c struct {
		Repositories json.RawMessage `json:"repositories"`
	}
	if text == "" || json.Unmarshal([]byte(text), &c) != nil {
		return nil, false
	}
	var list []json.RawMessage
	var named map[string]json.RawMessage
	if json.Unmarshal(c.Repositories, &named) == nil {
		without = off(named)
		for _, r := range named {
			list = append(list, r)
		}
	} else if json.Unmarshal(c.Repositories, &list) != nil {
		return nil, false
	}
	for _, raw := range list {
		var r struct {
			Type, URL string
		}
		var one map[string]json.RawMessage
		if json.Unmarshal(raw, &r) == nil && r.Type == "composer" {
			urls = append(urls, r.URL)
		}
		if json.Unmarshal(raw, &one) == nil {
			without = without || off(one)
		}
	}
	slices.Sort(urls)
	return urls, without
}

// off tells whether an object says {"packagist.org": false}.
func off(o map[string]json.RawMessage) bool {
	return string(o["packagist.org"]) == "false" || string(o["packagist"]) == "false"
}

// debian reads apt's sources, in both of their forms.
func (o owner) debian() []Endpoint {
	dir := filepath.Join(o.etc, "apt")
	paths := []string{filepath.Join(dir, "sources.list")}
	entries, _ := os.ReadDir(filepath.Join(dir, "sources.list.d")) // sorted; one that cannot be read says nothing
	for _, e := range entries {
		if ext := filepath.Ext(e.Name()); ext == ".list" || ext == ".sources" {
			paths = append(paths, filepath.Join(dir, "sources.list.d", e.Name()))
		}
	}
	var out []Endpoint
	for _, p := range paths {
		file, _ := o.file(p)
		out = collect(out, file.name, aptSources(file.text)...)
	}
	if len(out) == 0 {
		return []Endpoint{{"deb.debian.org", 80, "default"}, {"security.debian.org", 80, "default"}}
	}
	return out
}

// aptSources reads lines "deb [options] address suite ..." and fields "URIs:".
func aptSources(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		switch {
		case len(fields) < 2:
		case fields[0] == "deb" || fields[0] == "deb-src":
			out = append(out, fields[1:]...) // options are no addresses
		case strings.EqualFold(fields[0], "URIs:"):
			out = append(out, fields[1:]...)
		}
	}
	return out
}
