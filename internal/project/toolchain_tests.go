package project

import (
	"regexp"
	"strings"
)

var (
	makeTest  = lazy(`(?m)^test[ \t]*:($|[^=:])`)
	makeCheck = lazy(`(?m)^check[ \t]*:($|[^=:])`)
	justTest  = lazy(`(?m)^test\b[^\n]*:(?:[^=]|$)`)
	taskTest  = lazy(`(?m)^[ \t]+["']?test["']?:`)
	ctestOn   = lazy(`(?mi)^[ \t]*(enable_testing|add_test|include)[ \t]*\(([ \t]*ctest)?`)
	mesonTest = lazy(`(?m)^[ \t]*test[ \t]*\(`)
	zigTest   = lazy(`\.step\(\s*"test"`)
	workspace = lazy(`(?m)^\[workspace\]`)
)

// inFile gives a command where a file of the folder matches.
func (p *part) inFile(command, what string, want *regexp.Regexp, names ...string) tests {
	name, ok := p.find(names...)
	if !ok || !want.MatchString(p.text(name)) {
		return tests{}
	}
	return tests{command, what + " in " + p.join(name)}
}

func makeTests(p *part) tests {
	names := []string{"GNUmakefile", "makefile", "Makefile"} // the order in which make looks
	if t := p.inFile("make test", "target test", makeTest(), names...); t.command != "" {
		return t
	}
	return p.inFile("make check", "target check", makeCheck(), names...)
}

func justTests(p *part) tests {
	return p.inFile("just test", "recipe test", justTest(), "justfile", "Justfile", ".justfile")
}

func taskTests(p *part) tests {
	return p.inFile("task test", "task test", taskTest(), "Taskfile.yml", "Taskfile.yaml")
}

func rustTests(p *part) tests {
	if workspace().MatchString(p.text("Cargo.toml")) {
		return tests{"cargo test --workspace", "[workspace] in " + p.join("Cargo.toml")}
	}
	return tests{command: "cargo test"}
}

func gradleTests(p *part) tests {
	if p.has("gradlew") {
		return tests{"./gradlew test", p.join("gradlew")}
	}
	return tests{command: "gradle test"}
}

func mavenTests(p *part) tests {
	if p.has("mvnw") {
		return tests{"./mvnw -B -q test", p.join("mvnw")}
	}
	return tests{command: "mvn -B -q test"}
}

// cmakeTests builds first: a fresh project has no build folder, and ctest runs
// what was built last.
func cmakeTests(p *part) tests {
	for _, m := range ctestOn().FindAllStringSubmatch(p.text("CMakeLists.txt"), 100) {
		if !strings.EqualFold(m[1], "include") || m[2] != "" {
			return tests{"cmake -B build && cmake --build build && ctest --test-dir build --output-on-failure",
				strings.ToLower(m[1]) + " in " + p.join("CMakeLists.txt")}
		}
	}
	return tests{}
}

func mesonTests(p *part) tests {
	const command = "meson setup build && meson test -C build"
	for _, name := range []string{"meson.build", "test/meson.build", "tests/meson.build"} {
		if mesonTest().MatchString(p.text(name)) {
			return tests{command, "test() in " + p.join(name)}
		}
	}
	return tests{}
}

func zigTests(p *part) tests {
	return p.inFile("zig build test", "step test", zigTest(), "build.zig")
}

func elixirTests(p *part) tests { return p.where("mix test", "test", "*_test.exs") }

func swiftTests(p *part) tests { return p.where("swift test", "Tests", "*.swift") }

func rubyTests(p *part) tests {
	if t := p.where("bundle exec rspec", "spec", "*_spec.rb"); t.command != "" {
		return t
	}
	command := "bundle exec rake test"
	if p.has("bin/rails") {
		command = "bin/rails test"
	} else if !p.has("Rakefile") {
		return tests{}
	}
	if t := p.where(command, "test", "*_test.rb"); t.command != "" {
		return t
	}
	return p.where(command, "test", "test_*.rb")
}

func phpTests(p *part) tests {
	if script, ok := scripts(p.text("composer.json"))["test"]; ok && script != "" {
		return tests{"composer test", "scripts.test in " + p.join("composer.json")}
	}
	if name, ok := p.find("phpunit.xml", "phpunit.xml.dist", "phpunit.dist.xml"); ok {
		return tests{"vendor/bin/phpunit", p.join(name)}
	}
	return tests{}
}
