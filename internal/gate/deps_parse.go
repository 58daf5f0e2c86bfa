package gate

import (
	"encoding/json"
	"regexp"
	"strings"
	"sync"

	"github.com/pelletier/go-toml/v2"
)

// maxDepth bounds the nesting of a file that a parser gets: one that calls
// itself for each bracket would not come back from millions of them.
const maxDepth = 100

// maxDependencies bounds what is taken out of one manifest.
const maxDependencies = 10_000

// shallow tells whether no more brackets are open at once than that. Brackets in
// texts count too; no manifest has so many.
func shallow(b []byte) bool {
	depth := 0
	for _, c := range b {
		switch c {
		case '[', '{':
			if depth++; depth > maxDepth {
				return false
			}
		case ']', '}':
			depth = max(depth-1, 0)
		}
	}
	return true
}

// goModules are the modules that a go.mod requires or replaces something by.
func goModules(b []byte) []string {
	var out []string
	block := ""
	for _, raw := range split(b) {
		text, _, _ := strings.Cut(string(raw), "//")
		f := strings.Fields(text)
		switch {
		case len(f) == 0 || len(out) >= maxDependencies:
		case f[0] == ")":
			block = ""
		case len(f) > 1 && f[1] == "(":
			block = f[0]
		case block != "":
			out = append(out, module(block, f)...)
		default:
			out = append(out, module(f[0], f[1:])...)
		}
	}
	return out
}

// module is what one line names. What a replacement leads to is another thing
// than the module of that name.
func module(verb string, f []string) []string {
	switch verb {
	case "require", "tool":
		if len(f) > 0 {
			return []string{strings.Trim(f[0], "\"`")}
		}
	case "replace":
		for i, w := range f {
			if w == "=>" && i+1 < len(f) {
				return []string{f[0] + " => " + f[i+1]}
			}
		}
	}
	return nil
}

// npmPackages are the packages of each list of a package.json. One that comes
// from elsewhere than the registry is named with its source.
func npmPackages(b []byte) ([]string, bool) {
	var doc map[string]json.RawMessage
	if len(b) > 0 && json.Unmarshal(b, &doc) != nil {
		return nil, false
	}
	var out []string
	for _, key := range []string{"dependencies", "devDependencies", "optionalDependencies", "peerDependencies", "overrides", "resolutions"} {
		var each map[string]json.RawMessage
		if doc[key] == nil || json.Unmarshal(doc[key], &each) != nil {
			continue
		}
		for name, v := range each {
			if len(out) >= maxDependencies {
				return out, true
			}
			var from string
			_ = json.Unmarshal(v, &from) // what is no text has no source
			if strings.ContainsAny(from, ":/") {
				name += " from " + from
			}
			out = append(out, name)
		}
	}
	return out, true
}

// pythonPackages reads requirements.txt or pyproject.toml.
func pythonPackages(base string, b []byte) ([]string, bool) {
	if base == "pyproject.toml" {
		return pyproject(b)
	}
	var out []string
	for _, raw := range split(b) {
		line := strings.TrimSpace(string(raw))
		if name := requirement(line); name != "" && len(out) < maxDependencies {
			out = append(out, name)
		}
	}
	return out, true
}

// requirement is the name in a requirement of Python's, as its index writes it;
// a line that is an address or an option is the whole line.
func requirement(line string) string {
	if i := strings.Index(line, " #"); i >= 0 {
		line = strings.TrimSpace(line[:i])
	}
	if line == "" || line[0] == '#' || strings.HasPrefix(line, "--hash") {
		return ""
	}
	if line[0] == '-' || strings.Contains(line, "://") {
		return line
	}
	name := line
	if i := strings.IndexAny(line, " \t<>=!~;[@(,\\"); i >= 0 {
		name = line[:i]
	}
	return pythonName(name)
}

// pythonName brings the spellings of a name together (PEP 503).
func pythonName(s string) string {
	return strings.NewReplacer("_", "-", ".", "-").Replace(strings.ToLower(s))
}

// tomlDocument decodes a file of at most maxDepth levels.
func tomlDocument(b []byte) (doc map[string]any, ok bool) {
	if !shallow(b) {
		return nil, false
	}
	return doc, toml.Unmarshal(b, &doc) == nil
}

// at is the table or list at that path.
func at(doc any, keys ...string) any {
	for _, k := range keys {
		m, ok := doc.(map[string]any)
		if !ok {
			return nil
		}
		doc = m[k]
	}
	return doc
}

// pyproject are the dependencies of a Python project, in each form that is in
// use.
func pyproject(b []byte) ([]string, bool) {
	doc, ok := tomlDocument(b)
	if !ok {
		return nil, false
	}
	var out []string
	lists := []any{at(doc, "project", "dependencies"), at(doc, "build-system", "requires"), at(doc, "tool", "uv", "dev-dependencies")}
	for _, groups := range []any{at(doc, "project", "optional-dependencies"), at(doc, "dependency-groups")} {
		if m, ok := groups.(map[string]any); ok {
			for _, l := range m {
				lists = append(lists, l)
			}
		}
	}
	for _, l := range lists {
		items, _ := l.([]any)
		for _, i := range items {
			if s, ok := i.(string); ok {
				out = append(out, requirement(s))
			}
		}
	}
	tables := []any{at(doc, "tool", "poetry", "dependencies"), at(doc, "tool", "poetry", "dev-dependencies")}
	if groups, ok := at(doc, "tool", "poetry", "group").(map[string]any); ok {
		for _, g := range groups {
			tables = append(tables, at(g, "dependencies"))
		}
	}
	for _, t := range tables {
		for _, name := range keysOf(t) {
			plain, from, _ := strings.Cut(name, " ")
			if plain != "python" {
				out = append(out, strings.TrimSpace(pythonName(plain)+" "+from))
			}
		}
	}
	return out, true
}

// keysOf are the names in a table; those whose value is no plain version from
// the registry stand with where they come from.
func keysOf(t any) []string {
	m, _ := t.(map[string]any)
	var out []string
	for name, v := range m {
		for _, key := range []string{"git", "url", "path", "registry"} {
			if from, ok := at(v, key).(string); ok {
				name += " from " + from
			}
		}
		out = append(out, name)
	}
	return out
}

// crates are the dependencies of a Cargo.toml, of each kind and target.
func crates(b []byte) ([]string, bool) {
	doc, ok := tomlDocument(b)
	if !ok {
		return nil, false
	}
	var out []string
	holders := []any{doc, at(doc, "workspace")}
	if targets, ok := at(doc, "target").(map[string]any); ok {
		for _, t := range targets {
			holders = append(holders, t)
		}
	}
	for _, h := range holders {
		for _, key := range []string{"dependencies", "dev-dependencies", "build-dependencies"} {
			out = append(out, keysOf(at(h, key))...)
		}
	}
	for _, key := range []string{"patch", "replace"} {
		for _, source := range keysOf(at(doc, key)) {
			for _, name := range keysOf(at(doc, key, source)) {
				out = append(out, key+" "+name)
			}
		}
	}
	return out, true
}

var (
	gradleDependency = lazy(`(?m)\b(?:api|implementation|classpath|compileOnly|runtimeOnly|annotationProcessor|kapt|ksp|` +
		`test(?:Implementation|CompileOnly|RuntimeOnly)|compile|testCompile|id)[ \t]*\(?[ \t]*["']([^"'\n]{1,200})["']`)
	gradleRepository = lazy(`\b(?:url|uri)\b[^"'\n]{0,20}["']([^"'\n]{1,200})["']`)
	mavenPart        = lazy(`(?s)<(groupId|artifactId|url)>\s*([^<]{1,200}?)\s*</`)
	mavenBlock       = lazy(`(?s)<(?:dependency|plugin|extension|parent|repository|pluginRepository)>(.+?)</(?:dependency|plugin|extension|parent|repository|pluginRepository)>`)
	xmlComment       = lazy(`(?s)<!--.*?-->`)
)

// lazy makes an expression when it is first asked for.
func lazy(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}

// jvmPackages reads Maven's and Gradle's files by the form of their entries:
// both are programs, or nearly, and are not run to be understood.
func jvmPackages(base string, b []byte) ([]string, bool) {
	switch {
	case base == "libs.versions.toml":
		doc, ok := tomlDocument(b)
		if !ok {
			return nil, false
		}
		return append(keysOf(at(doc, "libraries")), keysOf(at(doc, "plugins"))...), true
	case base == "pom.xml":
		return maven(b), true
	}
	var out []string
	text := plain(b, cLike)
	for _, re := range []*regexp.Regexp{gradleDependency(), gradleRepository()} {
		for _, m := range re.FindAllSubmatch(text, maxDependencies) {
			out = append(out, withoutVersion(string(m[1])))
		}
	}
	return out, true
}

// withoutVersion is group:name of group:name:version.
func withoutVersion(s string) string {
	if parts := strings.Split(s, ":"); len(parts) >= 3 && !strings.Contains(s, "/") {
		return parts[0] + ":" + parts[1]
	}
	return s
}

func maven(b []byte) []string {
	var out []string
	for _, m := range mavenBlock().FindAllSubmatch(xmlComment().ReplaceAll(b, nil), maxDependencies) {
		name := map[string]string{}
		for _, p := range mavenPart().FindAllSubmatch(m[1], 10) {
			if name[string(p[1])] == "" {
				name[string(p[1])] = string(p[2])
			}
		}
		switch {
		case name["artifactId"] != "":
			out = append(out, name["groupId"]+":"+name["artifactId"])
		case name["url"] != "":
			out = append(out, name["url"])
		}
	}
	return out
}
