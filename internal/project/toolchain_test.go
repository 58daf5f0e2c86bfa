package project

import (
	"slices"
	"strings"
	"testing"
)

type layout = map[string]string

// chainsOf shows each toolchain but git as "name: command | what shows it".
func chainsOf(t *testing.T, files layout) []string {
	t.Helper()
	var out []string
	for _, c := range inspect(t, Options{Path: repository(t, files), Builds: true}).Toolchains[1:] {
		out = append(out, strings.TrimRight(c.Name+": "+c.Tests+" | "+c.TestsFrom, " |:"))
	}
	return out
}

// TestTests has for each way of testing a project where it is found, and near
// ones where it is not: a command that fails for lack of tests would never let
// a loop come to its end.
func TestTests(t *testing.T) {
	const npmInit = `{"scripts":{"test":"echo \"Error: no test specified\" && exit 1"}}`
	for name, c := range map[string]struct {
		files layout
		want  string // of the first toolchain
	}{
		"make":             {layout{"Makefile": "test: build\n"}, "make: make test | target test in Makefile"},
		"make check":       {layout{"Makefile": "check:\n"}, "make: make check | target check in Makefile"},
		"make, other":      {layout{"Makefile": "build:\n\ngotest:\n"}, "make"},
		"make, a variable": {layout{"Makefile": "test := x\n"}, "make"},
		"make, its order":  {layout{"Makefile": "test:\n", "GNUmakefile": "all:\n"}, "make"},
		"just":             {layout{"justfile": "test arg='x':\n  y\n"}, "just: just test | recipe test in justfile"},
		"just, a variable": {layout{"justfile": "test := 'x'\n"}, "just"},
		"task":             {layout{"Taskfile.yml": "tasks:\n  test:\n    cmds: [x]\n"}, "task: task test | task test in Taskfile.yml"},
		"docker":           {layout{"compose.yaml": "services: {}\n"}, "docker"},
		"go":               {layout{"go.mod": "module x\n"}, "go: go test ./..."},
		"go.work":          {layout{"go.work": "go 1.24\nuse (\n\t./a // first\n\t\"./b\"\n\t../out\n)\nuse .\n"}, "go: go test ./a/... ./b/... ./... | use in go.work"},
		"go.work, empty":   {layout{"go.work": "go 1.24\nreplace x => ./x\n"}, "go"},
		"go.work, a trick": {layout{"go.work": "use ./$(id)\nuse ./-exec\n"}, "go"},
		"rust":             {layout{"Cargo.toml": "[package]\n"}, "rust: cargo test"},
		"rust workspace":   {layout{"Cargo.toml": "[workspace]\n"}, "rust: cargo test --workspace | [workspace] in Cargo.toml"},
		"npm":              {layout{"package.json": `{"scripts":{"test":"jest"}}`}, "node: npm test | scripts.test in package.json"},
		"npm init":         {layout{"package.json": npmInit}, "node"},
		"npm, none":        {layout{"package.json": `{"scripts":{"testing":"x"},"test":"x"}`}, "node"},
		"npm, no JSON":     {layout{"package.json": `{"scripts":{"test":"jest"}`}, "node"},
		"yarn":             {layout{"package.json": `{"scripts":{"test":"x"}}`, "yarn.lock": ""}, "node: yarn test | scripts.test in package.json"},
		"pnpm by its name": {layout{"package.json": `{"packageManager":"pnpm@9.1.0","scripts":{"test":"x"}}`, "yarn.lock": ""},
			"node: pnpm test | scripts.test in package.json"},
		"bun": {layout{"package.json": `{"scripts":{"test":"x"}}`, "bun.lock": ""}, "node: bun run test | scripts.test in package.json"},
		"npm workspaces": {layout{"package.json": `{"workspaces":["packages/*"]}`, "packages/a/package.json": npmInit, "packages/b/package.json": `{"scripts":{"test":"x"}}`},
			"node: npm test --workspaces --if-present | scripts.test in packages/b/package.json"},
		"npm workspaces without tests": {layout{"package.json": `{"workspaces":{"packages":["a"]}}`, "a/package.json": npmInit}, "node"},
		"pnpm workspaces": {layout{"package.json": `{}`, "pnpm-workspace.yaml": "packages:\n  - 'apps/*'\n", "apps/web/package.json": `{"scripts":{"test":"x"}}`},
			"node: pnpm -r test | scripts.test in apps/web/package.json"},
		"workspaces outside": {layout{"package.json": `{"workspaces":["../*","/etc","a b/*"]}`}, "node"},
		"deno task":          {layout{"deno.json": `{"tasks":{"test":"deno test -A"}}`}, "deno: deno task test | tasks.test in deno.json"},
		"deno":               {layout{"deno.json": "{}", "src/a_test.ts": ""}, "deno: deno test | src/a_test.ts"},
		"deno without tests": {layout{"deno.json": "{}", "src/a.ts": ""}, "deno"},
		"pytest": {layout{"pyproject.toml": "[tool.pytest.ini_options]\n", "tests/unit/test_a.py": ""},
			"python: python3 -m pytest | tests/unit/test_a.py, and pytest in pyproject.toml"},
		"pytest without tests": {layout{"pyproject.toml": "[tool.pytest.ini_options]\n", "tests/__init__.py": "", ".venv/test_a.py": "", "venv/test_b.py": ""}, "python"},
		"uv":                   {layout{"pyproject.toml": "pytest", "uv.lock": "", "test_a.py": ""}, "python: uv run python -m pytest | test_a.py, and pytest in pyproject.toml"},
		"unittest":             {layout{"setup.py": "", "test_a.py": ""}, "python: python3 -m unittest discover | test_a.py"},
		"unittest in a folder": {layout{"setup.py": "", "tests/test_a.py": ""}, "python: python3 -m unittest discover -s tests | tests/test_a.py"},
		"django":               {layout{"requirements.txt": "django\n", "manage.py": "", "shop/tests.py": ""}, "python: python3 manage.py test | shop/tests.py, and manage.py"},
		"gradle":               {layout{"build.gradle.kts": ""}, "gradle: gradle test"},
		"gradle wrapper":       {layout{"settings.gradle": "", "gradlew": ""}, "gradle: ./gradlew test | gradlew"},
		"maven":                {layout{"pom.xml": ""}, "maven: mvn -B -q test"},
		"maven wrapper":        {layout{"pom.xml": "", "mvnw": ""}, "maven: ./mvnw -B -q test | mvnw"},
		"dotnet":               {layout{"Shop.sln": ""}, "dotnet: dotnet test"},
		"dotnet, an odd name":  {layout{"a;b.sln": "", "go.mod": ""}, "go: go test ./..."},
		"rspec":                {layout{"Gemfile": "", "spec/models/a_spec.rb": ""}, "ruby: bundle exec rspec | spec/models/a_spec.rb"},
		"rails":                {layout{"Gemfile": "", "bin/rails": "", "Rakefile": "", "test/a_test.rb": ""}, "ruby: bin/rails test | test/a_test.rb"},
		"rake":                 {layout{"Gemfile": "", "Rakefile": "", "test/test_a.rb": ""}, "ruby: bundle exec rake test | test/test_a.rb"},
		"ruby without tests":   {layout{"Gemfile": "", "Rakefile": "", "spec/spec_helper.rb": ""}, "ruby"},
		"composer":             {layout{"composer.json": `{"scripts":{"test":["@lint","phpunit"]}}`}, "php: composer test | scripts.test in composer.json"},
		"phpunit":              {layout{"composer.json": "{}", "phpunit.xml.dist": ""}, "php: vendor/bin/phpunit | phpunit.xml.dist"},
		"php without tests":    {layout{"composer.json": "{}"}, "php"},
		"elixir":               {layout{"mix.exs": "", "test/a_test.exs": ""}, "elixir: mix test | test/a_test.exs"},
		"swift":                {layout{"Package.swift": "", "Tests/ATests/a.swift": ""}, "swift: swift test | Tests/ATests/a.swift"},
		"zig":                  {layout{"build.zig": `const t = b.step("test", "Run tests");`}, "zig: zig build test | step test in build.zig"},
		"zig without tests":    {layout{"build.zig": `b.step("run", "test");`}, "zig"},
		"cmake": {layout{"CMakeLists.txt": "include(CTest)\n"},
			"cmake: cmake -B build && cmake --build build && ctest --test-dir build --output-on-failure | include in CMakeLists.txt"},
		"cmake without tests": {layout{"CMakeLists.txt": "include(GNUInstallDirs)\n# enable_testing()\n"}, "cmake"},
		"meson":               {layout{"meson.build": "project('x')\n", "tests/meson.build": "test('a', exe)\n"}, "meson: meson setup build && meson test -C build | test() in tests/meson.build"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := chainsOf(t, c.files); len(got) == 0 || got[0] != c.want {
				t.Errorf("got %q, want %q first", got, c.want)
			}
		})
	}
}

// TestPartsOfAProject: what lies one folder deep counts, unless the whole
// project has the same.
func TestPartsOfAProject(t *testing.T) {
	got := chainsOf(t, layout{
		"go.mod": "module x\n", "tools/go.mod": "module y\n",
		"web/package.json": `{"scripts":{"test":"x"}}`, "web/Makefile": "test:\n",
		"api/Cargo.toml": "", "api/deep/pom.xml": "",
		"examples/Gemfile": "", "node_modules/a/package.json": "", ".hidden/pom.xml": "",
		"$(id)/pom.xml": "", "-C/pom.xml": "", "a b/pom.xml": "", "linked": "-> api",
	})
	want := []string{
		"go: go test ./...", "rust: cd api && cargo test", "node: cd web && npm test | scripts.test in web/package.json",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

// TestSignsAreFilesOfTheProject: nothing is believed through a link.
func TestSignsAreFilesOfTheProject(t *testing.T) {
	elsewhere := t.TempDir()
	write(t, elsewhere, "go.mod", "module x\n")
	if got := chainsOf(t, layout{"go.mod": "-> " + elsewhere + "/go.mod", "Makefile/x": ""}); len(got) != 0 {
		t.Errorf("%q", got)
	}
}

func TestCommandsOfToolchains(t *testing.T) {
	for name, c := range map[string]struct {
		files layout
		want  []string
	}{
		"npm":     {layout{"package.json": "{}"}, []string{"node", "npm", "npx"}},
		"pnpm":    {layout{"package.json": "{}", "pnpm-lock.yaml": ""}, []string{"node", "pnpm"}},
		"wrapper": {layout{"build.gradle": "", "gradlew": ""}, []string{"./gradlew", "java", "javac"}},
		"tool":    {layout{"pom.xml": ""}, []string{"mvn", "java", "javac"}},
		"python":  {layout{"setup.py": ""}, []string{"python", "python3", "pip"}},
		"poetry":  {layout{"pyproject.toml": "pytest", "poetry.lock": ""}, []string{"python", "python3", "poetry", "pytest"}},
		// Its socket is root on the machine.
		"docker": {layout{"Dockerfile": ""}, nil},
	} {
		got := inspect(t, Options{Path: repository(t, c.files), Builds: true}).Toolchains[1].Commands
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// FuzzManifests: what is read of a project's files ends, and gives nothing that
// could mean more to a shell than a name.
func FuzzManifests(f *testing.F) {
	f.Add("use (\n\t./a\n)\nuse ./b // x\n")
	f.Add(`{"scripts":{"test":["a",1]},"workspaces":{"packages":["a/*"]}}`)
	f.Add("use ./$(id)\nuse \"./a;b\"\nuse (\nuse (\n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, dir := range uses(text) {
			if strings.ContainsAny(dir, " \t\n;&|$`'\"()<>\\*?~#") || strings.HasPrefix(dir, "/") || strings.Contains(dir, "..") && !wordPath(dir) {
				t.Errorf("%q", dir)
			}
		}
		_ = hasTest(text)
	})
}
