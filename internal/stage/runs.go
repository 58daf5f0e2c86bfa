package stage

import (
	"path"
	"strings"

	"ringwall/internal/scan"
)

// packageFile is judged by what changed in it: few parts of it run.
const packageFile = "package.json"

// runsByName tells for an ordinary entry why a person should look at it before
// running anything: build and package tools execute it, or it is executable.
func runsByName(e Entry) string {
	if e.Action == Deleted {
		return ""
	}
	found := foundByTools(string(e.Path))
	if found && (e.Type == Symlink || e.Type == File && e.Mode&0o111 != 0) {
		return "a program where tools look for programs"
	}
	if e.Type != File {
		return ""
	}
	if buildScript(base(string(e.Path))) {
		return "build or package script"
	}
	if e.Mode&0o111 != 0 && (e.Lower.Type != File || e.Lower.Mode&0o111 == 0) {
		return "new executable"
	}
	return ""
}

// foundByTools tells whether tools of the host start what lies at such a path
// without being told to: programs of a virtual environment, of installed
// packages, wrappers, and what a PATH with a project's bin would find.
func foundByTools(rel string) bool {
	dir, name := path.Split(strings.ToLower(rel))
	dir = strings.TrimSuffix(dir, "/")
	switch name {
	case "gradlew", "mvnw", "bazelw":
		return true
	}
	switch base(dir) {
	case "bin", "scripts":
		in := base(parent(dir))
		return dir == "bin" || in == "venv" || in == ".venv" || in == "env" || in == "vendor" || in == "target"
	case ".bin":
		return base(parent(dir)) == "node_modules"
	}
	return false
}

// buildScript tells whether tools run a file of that name by themselves. It is
// the work that agents are there to do, so it is reported, not held.
func buildScript(name string) bool {
	lower := strings.ToLower(name)
	switch lower {
	case ".npmrc", ".yarnrc", ".yarnrc.yml", ".pnpmfile.cjs", "binding.gyp",
		"makefile", "gnumakefile", "justfile", "rakefile", "cmakelists.txt", "meson.build",
		"setup.py", "setup.cfg", "pyproject.toml", "conftest.py", "sitecustomize.py", "usercustomize.py", "tox.ini", "noxfile.py", "pytest.ini",
		"build.rs", "go.mod", "go.work", ".bazelrc", "build.bazel", "workspace.bazel", "pom.xml", "build.xml", "build.sbt", "gemfile", "vagrantfile", "flake.nix",
		"composer.json", ".gitattributes", ".gitmodules", ".lfsconfig", "procfile":
		return true
	}
	for _, p := range []string{"dockerfile", "docker-compose", "taskfile.", "build.gradle", "settings.gradle", "makefile."} {
		if strings.HasPrefix(lower, p) {
			return true
		}
	}
	for _, s := range []string{".pth", ".csproj", ".vcxproj", ".mk", ".cmake", ".gemspec"} {
		if strings.HasSuffix(lower, s) {
			return true
		}
	}
	return false
}

// installed tells whether a path lies in packages that a package manager put
// there: thousands of manifests that nobody wrote.
func installed(rel string) bool {
	return strings.HasPrefix(rel, "node_modules/") || strings.Contains(rel, "/node_modules/")
}

// packageRuns says what of a package.json would run that did not before.
func packageRuns(before, after []byte) string {
	changed := scan.PackageScripts(before, after)
	switch {
	case len(changed) == 0:
		return ""
	case len(changed) > 5:
		changed = append(changed[:5:5], "...")
	}
	for i, c := range changed {
		changed[i] = printable(c)
	}
	return "package scripts changed: " + strings.Join(changed, ", ")
}
