package project

import (
	"path/filepath"
	"slices"
	"strings"
)

// java reads Maven's mirrors and repositories. What Gradle downloads comes from
// the same places, its plugins and itself from its own; its init scripts are
// programs and are not read.
func (o owner) java() []Endpoint {
	central := true
	var out []Endpoint
	for _, p := range []string{o.inHome(".m2", "settings.xml"), filepath.Join(o.etc, "maven", "settings.xml")} {
		file, _ := o.file(p)
		mirrors, replaced := mavenMirrors(o.expand(file.text))
		central = central && !replaced
		out = collect(out, file.name, mirrors...)
		for _, r := range elements(file.text, "repository") {
			out = collect(out, file.name, elements(r, "url")...)
		}
	}
	if !central {
		return out
	}
	return addDefaults(out, "repo.maven.apache.org", "repo1.maven.org", "plugins.gradle.org", "services.gradle.org", "downloads.gradle.org")
}

// mavenMirrors are the addresses of mirrors; replaced: one stands for the
// central repository.
func mavenMirrors(text string) (urls []string, replaced bool) {
	for _, m := range elements(text, "mirror") {
		found := elements(m, "url")
		urls = append(urls, found...)
		for _, of := range elements(m, "mirrorOf") {
			names := strings.FieldsFunc(of, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\t' })
			covers := slices.Contains(names, "*") || slices.Contains(names, "central") || slices.Contains(names, "external:*")
			replaced = replaced || len(found) > 0 && covers && !slices.Contains(names, "!central")
		}
	}
	return urls, replaced
}

// dotnet reads NuGet's package sources.
func (o owner) dotnet() []Endpoint {
	var out []Endpoint
	main := true
	for _, p := range []string{o.inHome(".nuget", "NuGet", "NuGet.Config"), o.config("NuGet", "NuGet.Config")} {
		file, _ := o.file(p)
		for _, sources := range elements(file.text, "packageSources") {
			urls, cleared := nugetSources(sources)
			main = main && !cleared
			out = collect(out, file.name, urls...)
		}
	}
	if main {
		return addDefaults(out, "api.nuget.org")
	}
	return out
}

// nugetSources reads <add key="name" value="address"/> and <clear/>, which
// forgets the source that is built in.
func nugetSources(text string) (urls []string, cleared bool) {
	for tag := range strings.SplitSeq(text, "<") {
		name, rest, _ := strings.Cut(strings.TrimRight(tag, "/> \t\r\n"), " ")
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "clear":
			cleared = true
		case "add":
			urls = append(urls, attribute(rest, "value"))
		}
	}
	return urls, cleared
}

// attribute is a quoted value of a tag.
func attribute(tag, name string) string {
	_, rest, found := strings.Cut(tag, name+"=")
	if !found || rest == "" || rest[0] != '"' && rest[0] != '\'' {
		return ""
	}
	value, _, _ := strings.Cut(rest[1:], rest[:1])
	return value
}

// elements are the contents of all elements of a name. It reads what the files
// of these tools have and is no parser of XML: a text that it does not
// understand gives fewer hosts, and so allows less.
func elements(text, name string) []string {
	var out []string
	text = withoutComments(text)
	for {
		_, rest, found := strings.Cut(text, "<"+name)
		if !found {
			return out
		}
		text = rest
		if rest == "" || !strings.ContainsAny(rest[:1], "> \t\r\n") {
			continue // another name that begins so
		}
		_, rest, _ = strings.Cut(rest, ">")
		inner, after, closed := strings.Cut(rest, "</"+name+">")
		if !closed {
			return out
		}
		out, text = append(out, strings.TrimSpace(inner)), after
	}
}

func withoutComments(text string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "<!--")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		_, text, _ = strings.Cut(rest, "-->")
	}
}
