package project

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestEcosystems(t *testing.T) {
	def := func(hosts ...string) []Endpoint { return defaults(hosts...) }
	goDefault := def("proxy.golang.org", "sum.golang.org")
	for name, c := range map[string]struct {
		preset string
		env    map[string]string
		files  map[string]string // of the home folder
		etc    map[string]string
		want   []Endpoint
	}{
		"go default": {preset: "go", want: goDefault},
		"go from the environment": {preset: "go", env: map[string]string{"GOPROXY": "https://u:p@Mirror.Example:8443/go|https://second.example,direct", "GOSUMDB": "off"},
			want: []Endpoint{{"mirror.example", 8443, "$GOPROXY"}, {"second.example", 443, "$GOPROXY"}}},
		"go from its own file": {preset: "go", files: map[string]string{".config/go/env": "GOFLAGS=-x\nGOPROXY=http://m.example\n"},
			want: []Endpoint{{"m.example", 80, "~/.config/go/env"}, {"sum.golang.org", 443, "default"}}},
		"go's file switched off": {preset: "go", env: map[string]string{"GOENV": "off"}, files: map[string]string{".config/go/env": "GOPROXY=https://m.example\n"},
			want: goDefault},
		"go off": {preset: "go", env: map[string]string{"GOPROXY": "off"}},
		"go sum database elsewhere": {preset: "go", env: map[string]string{"GOPROXY": "direct", "GOSUMDB": "sum.golang.org+abc https://s.example"},
			want: []Endpoint{{"s.example", 443, "$GOSUMDB"}}},
		"npm default": {preset: "npm", want: def("registry.npmjs.org")},
		"npm from the home": {preset: "npm", env: map[string]string{"HOST": "n.example"},
			files: map[string]string{".npmrc": "# registry=https://no.example\nregistry = https://${HOST}/npm/\n@me:registry=https://scope.example\n//n.example/:_authToken=x\n"},
			want:  []Endpoint{{"n.example", 443, "~/.npmrc"}, {"scope.example", 443, "~/.npmrc"}}},
		"npm from the machine": {preset: "npm", etc: map[string]string{"npmrc": "registry=https://co.example"},
			want: []Endpoint{{"co.example", 443, "ETC/npmrc"}}},
		"npm environment first": {preset: "npm", env: map[string]string{"npm_config_registry": "https://e.example"}, files: map[string]string{".npmrc": "registry=https://f.example"},
			want: []Endpoint{{"e.example", 443, "$npm_config_registry"}}},
		"python default": {preset: "python", want: def("pypi.org", "files.pythonhosted.org")},
		"python from pip.conf": {preset: "python", files: map[string]string{".config/pip/pip.conf": "[global]\nindex-url = https://p.example/simple\nextra-index-url =\n    https://q.example/simple\n    https://r.example/simple\n"},
			want: []Endpoint{{"p.example", 443, "~/.config/pip/pip.conf"}, {"q.example", 443, "~/.config/pip/pip.conf"}, {"r.example", 443, "~/.config/pip/pip.conf"}}},
		"python extra only": {preset: "python", env: map[string]string{"PIP_EXTRA_INDEX_URL": "https://x.example"},
			want: append(def("pypi.org", "files.pythonhosted.org"), Endpoint{"x.example", 443, "$PIP_EXTRA_INDEX_URL"})},
		"rust default": {preset: "rust", want: def("index.crates.io", "static.crates.io", "crates.io")},
		"rust replaced": {preset: "rust", files: map[string]string{".cargo/config.toml": "[source.crates-io]\nreplace-with = \"co\"\n[source.co]\nregistry = \"sparse+https://c.example/index/\"\n[registries.mine]\nindex = \"https://m.example/git\"\n"},
			want: []Endpoint{{"c.example", 443, "~/.cargo/config.toml"}, {"m.example", 443, "~/.cargo/config.toml"}}},
		"rust malformed": {preset: "rust", files: map[string]string{".cargo/config.toml": "[[["}, want: def("index.crates.io", "static.crates.io", "crates.io")},
		"java default":   {preset: "java", want: def("repo.maven.apache.org", "repo1.maven.org", "plugins.gradle.org", "services.gradle.org", "downloads.gradle.org")},
		"java by a mirror": {preset: "java", files: map[string]string{".m2/settings.xml": "<settings><!-- <mirror><mirrorOf>*</mirrorOf><url>https://no.example</url></mirror> --><mirrors>\n<mirror><id>a</id><mirrorOf>external:*,!x</mirrorOf>\n<url>https://m.example/maven</url></mirror></mirrors><profiles><profile><repositories><repository><id>r</id><url>https://r.example/</url></repository></repositories></profile></profiles></settings>"},
			want: []Endpoint{{"m.example", 443, "~/.m2/settings.xml"}, {"r.example", 443, "~/.m2/settings.xml"}}},
		"java by a mirror of another": {preset: "java", files: map[string]string{".m2/settings.xml": "<mirror><mirrorOf>jboss</mirrorOf><url>https://m.example</url></mirror>"},
			want: append(def("repo.maven.apache.org", "repo1.maven.org", "plugins.gradle.org", "services.gradle.org", "downloads.gradle.org"), Endpoint{"m.example", 443, "~/.m2/settings.xml"})},
		"dotnet default": {preset: "dotnet", want: def("api.nuget.org")},
		"dotnet beside": {preset: "dotnet", files: map[string]string{".nuget/NuGet/NuGet.Config": "<configuration><packageSources><add key=\"nuget.org\" value=\"https://api.nuget.org/v3/index.json\" /><add key=\"co\" value=\"https://n.example/x\"/></packageSources></configuration>"},
			want: append(def("api.nuget.org"), Endpoint{"n.example", 443, "~/.nuget/NuGet/NuGet.Config"})},
		"dotnet instead": {preset: "dotnet", files: map[string]string{".nuget/NuGet/NuGet.Config": "<packageSources><clear /><add key='co' value='https://n.example/x'/></packageSources>"},
			want: []Endpoint{{"n.example", 443, "~/.nuget/NuGet/NuGet.Config"}}},
		"ruby default": {preset: "ruby", want: def("rubygems.org", "index.rubygems.org")},
		"ruby sources": {preset: "ruby", files: map[string]string{".gemrc": "---\n:backtrace: false\n:sources:\n- https://g.example/\n:update_sources: true\n- https://no.example/\n"},
			want: []Endpoint{{"g.example", 443, "~/.gemrc"}}},
		"ruby mirror": {preset: "ruby", files: map[string]string{".bundle/config": "---\nBUNDLE_MIRROR__HTTPS://RUBYGEMS__ORG/: \"https://b.example\"\nBUNDLE_JOBS: \"4\"\n"},
			want: []Endpoint{{"b.example", 443, "~/.bundle/config"}}},
		"php default": {preset: "php", want: def("repo.packagist.org", "packagist.org")},
		"php beside": {preset: "php", files: map[string]string{".config/composer/config.json": `{"repositories": [{"type": "composer", "url": "https://c.example"}, {"type": "vcs", "url": "https://no.example"}]}`},
			want: append(def("repo.packagist.org", "packagist.org"), Endpoint{"c.example", 443, "~/.config/composer/config.json"})},
		"php instead": {preset: "php", files: map[string]string{".composer/config.json": `{"repositories": {"packagist.org": false, "co": {"type": "composer", "url": "https://c.example"}}}`},
			want: []Endpoint{{"c.example", 443, "~/.composer/config.json"}}},
		"debian default": {preset: "debian", want: []Endpoint{{"deb.debian.org", 80, "default"}, {"security.debian.org", 80, "default"}}},
		"debian sources": {preset: "debian", etc: map[string]string{"apt/sources.list": "# deb http://no.example/\ndeb [arch=amd64 signed-by=/x] https://d.example/debian bookworm main\n", "apt/sources.list.d/a.sources": "Types: deb\nURIs: http://e.example/debian http://f.example/\n", "apt/sources.list.d/b.save": "deb http://no.example/ x\n"},
			want: []Endpoint{{"d.example", 443, "ETC/apt/sources.list"}, {"e.example", 80, "ETC/apt/sources.list.d/a.sources"}, {"f.example", 80, "ETC/apt/sources.list.d/a.sources"}}},
		"claude":    {preset: "claude", want: def("api.anthropic.com")},
		"anthropic": {preset: "anthropic", env: map[string]string{"ANTHROPIC_BASE_URL": "https://evil.example"}, want: def("api.anthropic.com")},
	} {
		t.Run(name, func(t *testing.T) {
			home, etc := t.TempDir(), t.TempDir()
			for file, text := range c.files {
				write(t, home, file, text)
			}
			for file, text := range c.etc {
				write(t, etc, file, text)
			}
			got := ecosystems(Options{Home: home, Etc: etc, Env: func(n string) string { return c.env[n] }}, "/no/project")[c.preset]
			for i := range got {
				got[i].From = strings.Replace(got[i].From, etc, "ETC", 1)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got  %v\nwant %v", got, c.want)
			}
		})
	}
}

// TestProjectNeverWidensItsWayOut plants configuration of every toolchain in
// the project itself.
func TestProjectNeverWidensItsWayOut(t *testing.T) {
	const evil = "evil.example"
	files := map[string]string{
		".npmrc": "registry=https://" + evil, "pip.conf": "[global]\nindex-url=https://" + evil,
		".config/go/env": "GOPROXY=https://" + evil, ".cargo/config.toml": "[registries.x]\nindex=\"https://" + evil + "\"",
		".pip/pip.conf": "[global]\nindex-url=https://" + evil, "pip/pip.conf": "[global]\nindex-url=https://" + evil,
		"go/env": "GOPROXY=https://" + evil, "npmrc": "registry=https://" + evil, "config.toml": "[registries.x]\nindex=\"https://" + evil + "\"",
		".m2/settings.xml": "<mirror><mirrorOf>*</mirrorOf><url>https://" + evil + "</url></mirror>", "maven/settings.xml": "<mirror><mirrorOf>*</mirrorOf><url>https://" + evil + "</url></mirror>",
		"NuGet/NuGet.Config": "<packageSources><add key=\"x\" value=\"https://" + evil + "\"/></packageSources>", ".gemrc": ":sources:\n- https://" + evil + "\n",
		"config.json":      `{"repositories": [{"type": "composer", "url": "https://` + evil + `"}]}`,
		"apt/sources.list": "deb https://" + evil + " x\n", "apt/sources.list.d/a.sources": "URIs: https://" + evil + "\n",
	}
	dir := repository(t, files)
	env := map[string]string{"XDG_CONFIG_HOME": dir, "CARGO_HOME": dir, "PIP_CONFIG_FILE": dir + "/pip.conf", "NPM_CONFIG_USERCONFIG": dir + "/.npmrc", "COMPOSER_HOME": dir}
	opts := Options{Path: dir, Home: t.TempDir(), Etc: dir, Env: func(n string) string { return env[n] }}
	for preset, list := range inspect(t, opts).Ecosystems {
		for _, e := range list {
			if e.Host == evil {
				t.Errorf("%s goes to the project's host, found in %s", preset, e.From)
			}
		}
	}
	// The same files, were they the owner's, count.
	if got := ecosystems(opts, "/no/project")["npm"]; len(got) == 0 || got[0].Host != evil {
		t.Errorf("the control proves nothing: %v", got)
	}
}

// hostForm is what hostName is written out from.
var hostForm = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$`)

func TestHostName(t *testing.T) {
	for _, s := range []string{"", "a", "-", ".", "a-", "-a", "a.", ".a", "a.b", "a-b", "A", "a\n", "ä", "a_b", "1", "a..b"} {
		if hostName(s) != hostForm.MatchString(s) {
			t.Errorf("%q: %v", s, hostName(s))
		}
	}
}

func FuzzEndpoint(f *testing.F) {
	f.Add("sparse+https://u:p@Host.Example:99/x")
	f.Add("http://[::1]:80")
	f.Add("https://a..b/")
	f.Add("<mirror><mirrorOf>*</mirrorOf><url>https://m.example</url></mirror><!--")
	f.Add("<packageSources><clear/><add key=\"x\" value=\"https://n.example\"/></packageSources>")
	f.Add(`{"repositories": [{"packagist.org": false}, {"type": "composer", "url": "https://c.example"}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		e, ok := endpoint(text, "x")
		if ok && (!hostForm.MatchString(e.Host) || e.Port < 1 || e.Port > 65535) {
			t.Errorf("%q gave %+v", text, e)
		}
		pipConf(text)
		cargoConfig(text)
		owner{env: func(string) string { return "" }}.npmrc(text)
		mavenMirrors(text)
		nugetSources(text)
		yamlList(text, "sources")
		composerConfig(text)
		aptSources(text)
	})
}
