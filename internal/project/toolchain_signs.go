package project

// signs are in the order in which toolchains are reported: what wraps others
// comes before them.
func signs() []sign {
	return append(wrappers(), languages()...)
}

// wrappers run other tools. Their targets are what the project's people run.
func wrappers() []sign {
	return []sign{
		{name: "make", files: []string{"GNUmakefile", "makefile", "Makefile"}, commands: []string{"make"},
			tests: makeTests, top: true},
		{name: "just", files: []string{"justfile", "Justfile", ".justfile"}, commands: []string{"just"},
			tests: justTests, top: true},
		{name: "task", files: []string{"Taskfile.yml", "Taskfile.yaml"}, commands: []string{"task"},
			tests: taskTests, top: true},
		{name: "bazel", files: []string{"MODULE.bazel", "WORKSPACE.bazel", "WORKSPACE"}, commands: []string{"bazel"},
			tests: always("bazel test //..."), top: true},
		// No command: a container engine's socket is root on the machine.
		{name: "docker", files: []string{"Dockerfile", "Containerfile", "compose.yaml", "compose.yml",
			"docker-compose.yml", "docker-compose.yaml"}, top: true},
	}
}

func languages() []sign {
	return []sign{
		{name: "go", files: []string{"go.work", "go.mod"}, commands: []string{"go", "gofmt"}, tests: goTests},
		{name: "rust", files: []string{"Cargo.toml"}, commands: []string{"cargo", "rustc", "rustfmt"}, tests: rustTests},
		{name: "deno", files: []string{"deno.json", "deno.jsonc", "deno.lock"}, commands: []string{"deno"}, tests: denoTests},
		{name: "node", files: []string{"package.json"}, choose: nodeCommands, tests: nodeTests},
		{name: "python", files: []string{"pyproject.toml", "setup.py", "setup.cfg", "requirements.txt", "Pipfile"},
			choose: pythonCommands, tests: pythonTests},
		{name: "gradle", files: []string{"settings.gradle.kts", "settings.gradle", "build.gradle.kts", "build.gradle"},
			choose: wrapped("gradlew", "gradle"), tests: gradleTests},
		{name: "maven", files: []string{"pom.xml"}, choose: wrapped("mvnw", "mvn"), tests: mavenTests},
		{name: "dotnet", files: []string{"*.slnx", "*.sln", "*.csproj", "*.fsproj", "*.vbproj"}, commands: []string{"dotnet"},
			tests: always("dotnet test")},
		{name: "ruby", files: []string{"Gemfile"}, commands: []string{"bundle", "rake", "ruby"}, tests: rubyTests},
		{name: "php", files: []string{"composer.json"}, commands: []string{"composer", "php"}, tests: phpTests},
		{name: "elixir", files: []string{"mix.exs"}, commands: []string{"elixir", "mix"}, tests: elixirTests},
		{name: "swift", files: []string{"Package.swift"}, commands: []string{"swift"}, tests: swiftTests},
		{name: "zig", files: []string{"build.zig"}, commands: []string{"zig"}, tests: zigTests},
		{name: "cmake", files: []string{"CMakeLists.txt"}, commands: []string{"cmake", "ctest"}, tests: cmakeTests},
		{name: "meson", files: []string{"meson.build"}, commands: []string{"meson", "ninja"}, tests: mesonTests},
	}
}

// always is a command that needs no other sign than the toolchain's own: it
// passes where there are no tests.
func always(command string) func(*part) tests {
	return func(*part) tests { return tests{command: command} }
}

// wrapped prefers the script that a project brings for its build tool, whose
// version it fixes.
func wrapped(script, tool string) func(*part) []string {
	return func(p *part) []string {
		if p.has(script) {
			return []string{"./" + script, "java", "javac"}
		}
		return []string{tool, "java", "javac"}
	}
}
