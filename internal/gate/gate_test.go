package gate

import (
	"fmt"
	"strings"
	"testing"
)

var askDependencies, askHosts, askSecrets = Rules{Ask: []string{DependenciesAdded}}, Rules{Ask: []string{LockfileHosts}}, Rules{Ask: []string{SecretsAdded}}

// manifests are files before and after with what was added; their ecosystems
// name what they have by the same words.
func TestDependenciesAdded(t *testing.T) {
	for _, c := range []struct{ path, before, after, want string }{
		{"go.mod", "module x\nrequire (\n\ta.test/one v1\n)\n", "module x\nrequire (\n\ta.test/one v2\n\ta.test/two v1 // indirect\n)\nrequire b.test/x v0\n", "Go, added a.test/two, b.test/x"},
		{"go.mod", "module x\n", "module x\nreplace a.test/one v1 => ../fork\n", "Go, added a.test/one => ../fork"},
		{"web/package.json", `{"dependencies": {"a": "^1"}}`, `{"dependencies": {"a": "^2"}, "devDependencies": {"b": "1", "c": "git+https://x.test/c"}}`, "npm, added b, c from git+https://x.test/c"},
		{"requirements-dev.txt", "Flask==1\n", "flask==2 \\\n    --hash=sha256:1\nmy_pkg[extra]>=1 ; python_version>'3'\n--extra-index-url https://x.test/\n# no\n", "Python, added --extra-index-url https://x.test/, my-pkg"},
		{"pyproject.toml", "[project]\ndependencies = [\"a>1\"]\n", "[project]\ndependencies = [\"a>1\", \"B_c @ https://x.test/b\"]\n[dependency-groups]\ntest = [\"pytest\"]\n[tool.poetry.group.dev.dependencies]\npython = \"3\"\nruff = {git = \"https://x.test/r\"}\n",
			"Python, added B_c @ https://x.test/b, pytest, ruff from https://x.test/r"},
		{"Cargo.toml", "[dependencies]\nserde = \"1\"\n", "[dependencies]\nserde = {version = \"2\"}\n[target.'cfg(unix)'.dev-dependencies]\nlibc = {git = \"https://x.test/l\"}\n", "Rust, added libc from https://x.test/l"},
		{"pom.xml", "<project></project>", "<dependency>\n<groupId>g</groupId><artifactId>a</artifactId></dependency><!-- <dependency><artifactId>no</artifactId></dependency> -->", "JVM, added g:a"},
		{"build.gradle.kts", "implementation(\"g:a:1\")", "implementation(\"g:a:2\")\ntestImplementation(\"g:b:1\") // implementation(\"g:c:1\")", "JVM, added g:b"},
	} {
		if got, want := found(askDependencies, modified(c.path, c.before, c.after)), "dependencies_added "+c.path+": "+c.want; got != want {
			t.Errorf("%s:\n got %s\nwant %s", c.path, got, want)
		}
		if got := found(askDependencies, modified(c.path, c.after, c.after+"\n")); got != "" {
			t.Errorf("%s: nothing was added: %s", c.path, got)
		}
		if got := found(askDependencies, modified(c.path, c.after, c.before)); got != "" {
			t.Errorf("%s: what was removed is no finding: %s", c.path, got)
		}
		if got := found(askDependencies, deleted("old/"+c.path, c.after), added("new/"+c.path, c.after)); got != "" {
			t.Errorf("%s: moved: %s", c.path, got)
		}
		if got := found(askDependencies, modified("node_modules/x/"+c.path, c.before, c.after)); got != "" {
			t.Errorf("%s: installed: %s", c.path, got)
		}
	}
	for path, text := range map[string]string{"package.json": "{", "Cargo.toml": strings.Repeat("a = [", 200), "pyproject.toml": "x = = 1", "go.mod": strings.Repeat("x", maxSource+1)} {
		if got := found(askDependencies, modified(path, "", text)); !strings.Contains(got, "cannot be looked at") {
			t.Errorf("%s that is none: %q", path, got)
		}
	}
}

func TestLockfileHosts(t *testing.T) {
	npm := `"resolved": "https://registry.npmjs.org/a/-/a-1.tgz",`
	for _, c := range []struct{ path, before, after, want string }{
		{"package-lock.json", npm, npm + `"resolved": "https://EVIL.test:8443/a-1.tgz"`, "evil.test:8443"},
		{"package-lock.json", npm, npm + `"resolved": "git+ssh://git@code.test/o/r.git#1"`, "code.test"},
		{"package-lock.json", `"resolved": "https://mirror.test/a"`, `"resolved": "https://registry.npmjs.org/a"`, "registry.npmjs.org"},
		{"yarn.lock", `resolved "https://mirror.test/a"`, `resolved "https://user:pw@other.test/a#1"`, "other.test"},
		{"pnpm-lock.yaml", "", "tarball: https://codeload.test/a\n", "codeload.test"},
		{"uv.lock", `registry = "https://pypi.org/simple"`, `registry = "https://pypi.org.evil.test/simple"`, "pypi.org.evil.test"},
		{"poetry.lock", "", `url = "http://127.0.0.1/simple"`, "127.0.0.1"},
		{"Cargo.lock", `source = "registry+https://github.com/rust-lang/crates.io-index"`, `source = "git+https://git.test/x?rev=1#2"`, "git.test"},
		{"sub/go.sum", "github.com/a/b v1 h1:x\n", "github.com/a/b v1 h1:x\nevil.test/m v1 h1:y\nevil.test/m v1/go.mod h1:y\n", "evil.test"},
		{"requirements.txt", "a==1\n", "--index-url https://index.test/simple\na==1\n", "index.test"},
		{"composer.lock", `"url": "https://api.github.com/x"`, `"url": "git@host.test:o/r.git"`, "host.test"},
	} {
		want := "lockfile_hosts " + c.path + ": packages come from " + c.want + ", which no lock file named before"
		before := modified(c.path, c.before, c.after)
		if c.before == "" {
			before = added(c.path, c.after)
		}
		if got := found(askHosts, before); got != want {
			t.Errorf("%s:\n got %s\nwant %s", c.path, got, want)
		}
		if got := found(askHosts, modified(c.path, c.after, c.after+"\n")); got != "" {
			t.Errorf("%s: the same hosts: %s", c.path, got)
		}
	}
	if got := found(askHosts, added("package-lock.json", npm), added("go.sum", "github.com/a/b v1 h1:x\n")); got != "" {
		t.Errorf("a first lock file: %s", got)
	}
	if got := found(askHosts, modified("src/x.js", "", `"https://evil.test/"`)); got != "" {
		t.Errorf("no lock file: %s", got)
	}
	if got := found(askHosts, deleted("package-lock.json", npm+"https://own.test/x"), added("web/package-lock.json", npm+"https://own.test/x")); got != "" {
		t.Errorf("moved: %s", got)
	}
	if got := found(askHosts, modified("yarn.lock", "", strings.Repeat("x", maxLockfile+1))); !strings.Contains(got, "cannot be looked at") {
		t.Errorf("too large: %q", got)
	}
}

// secretText is a token that was never one, put together so that no scanner
// finds it here.
var secretText = "gh" + "p_" + strings.Repeat("aZ3kQ9xW1mB7vT5", 3)[:36]

func TestSecretsAdded(t *testing.T) {
	for _, c := range []struct {
		change Change
		want   string
	}{
		{added("src/a.js", "\nconst t = '"+secretText+"'\n"), "src/a.js: GitHub token in line 2"},
		{modified(".env.local", "A=1", "A=1\nT="+secretText), ".env.local: GitHub token in line 2"},
		{added("certs/server.key", "x"), "certs/server.key: by its name a private key"},
	} {
		got := found(askSecrets, c.change)
		if got != "secrets_added "+c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
		if strings.Contains(got, secretText) {
			t.Error("the secret itself is told")
		}
	}
	for what, changes := range map[string][]Change{
		"it was there":       {modified("a", "x "+secretText, "y "+secretText)},
		"it was moved":       {deleted("a", secretText), added("b", secretText)},
		"no secret in .env":  {added(".env", "PORT=1")},
		"an example":         {added(".env.example", "KEY=")},
		"it goes":            {modified("a", secretText, "")},
		"an empty key":       {added("x.key", "")},
		"in somebody's code": {added("node_modules/x/a.js", secretText)},
	} {
		if got := found(askSecrets, changes...); got != "" {
			t.Errorf("%s: %q", what, got)
		}
	}
	var many []Change
	for i := range maxFiles + 3 {
		many = append(many, added(fmt.Sprintf("f%d", i), "x"))
	}
	if got := found(askSecrets, many...); !strings.Contains(got, "cannot be looked at, or not in full: f2000, f2001, f2002") {
		t.Errorf("%q", got)
	}
}

func TestSize(t *testing.T) {
	changes := []Change{added("a", "1\n2\n3\n"), modified("b", "1\n2\n3\n", "1\n3\n4\n"), deleted("c", "1\n2"), added("bin", "\x00\n\n\n"), added(".git/objects/aa/b", "1\n2\n3\n")}
	for most, want := range map[int64]string{3: "max_files 4 files were changed; the policy allows 3", 4: "", 0: ""} {
		if got := found(Rules{MaxFiles: most}, changes...); got != want {
			t.Errorf("%d files: %q", most, got)
		}
	}
	for most, want := range map[int64]string{7: "max_lines more than 7 lines were added and removed", 8: "", 0: ""} { // 3+2+2+1
		if got := found(Rules{MaxLines: most}, changes...); got != want {
			t.Errorf("%d lines: %q", most, got)
		}
	}
}

func FuzzManifests(f *testing.F) {
	for _, s := range []string{"module x\nrequire (\n\ta v1\n)\nreplace a => b", `{"dependencies": {"a": "1"}}`, "[project]\ndependencies = [\"a\"]", "<dependency><artifactId>a</artifactId></dependency>",
		"flask==1 # x\n-e git+https://x", "[patch.x]\na = {git = \"y\"}", "implementation(\"a:b:1\")", "[[[[[[", "resolved \"https://a@b:1/c\" git@d:e"} {
		f.Add([]byte(s))
	}
	names := []string{"go.mod", "package.json", "pyproject.toml", "requirements.txt", "Cargo.toml", "pom.xml", "build.gradle", "libs.versions.toml", "go.sum", "yarn.lock"}
	f.Fuzz(func(t *testing.T, content []byte) {
		for _, n := range names {
			same := modified(n, string(content), string(content))
			for _, r := range []Rules{askDependencies, askHosts} {
				if got := found(r, same); got != "" && !strings.Contains(got, "cannot be looked at") {
					t.Fatalf("%s: nothing changed: %s", n, got)
				}
			}
			Check(Rules{Ask: []string{DependenciesAdded, LockfileHosts, SecretsAdded}, MaxLines: 1}, []Change{added(n, string(content))})
		}
	})
}
