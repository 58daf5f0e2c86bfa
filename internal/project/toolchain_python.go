package project

import "strings"

// pythonFiles say what a project needs, and how it is tested.
var pythonFiles = []string{
	"pyproject.toml", "pytest.ini", "setup.cfg", "tox.ini", "setup.py", "Pipfile",
	"requirements.txt", "requirements-dev.txt", "requirements-test.txt", "dev-requirements.txt",
	"requirements/dev.txt", "requirements/test.txt",
}

// runner is a manager of Python's packages that runs commands among them.
type runner struct{ name, lock, run string }

var runners = []runner{
	{"uv", "uv.lock", "uv run "}, {"poetry", "poetry.lock", "poetry run "},
	{"pdm", "pdm.lock", "pdm run "}, {"pipenv", "Pipfile.lock", "pipenv run "},
}

func (p *part) runner() runner {
	for _, r := range runners {
		if p.has(r.lock) {
			return r
		}
	}
	return runner{name: "pip"}
}

func pythonCommands(p *part) []string {
	out := []string{"python", "python3", p.runner().name}
	if p.asksPytest() != "" {
		out = append(out, "pytest")
	}
	return out
}

// asksPytest is the file that names pytest, or empty.
func (p *part) asksPytest() string {
	if p.has("pytest.ini") {
		return "pytest.ini"
	}
	for _, name := range pythonFiles {
		if strings.Contains(p.text(name), "pytest") {
			return name
		}
	}
	if name, ok := p.find("conftest.py", "tests/conftest.py", "test/conftest.py"); ok {
		return name
	}
	return ""
}

// pythonTests is known where there is a test at all: without one, pytest fails.
func pythonTests(p *part) tests {
	python := "python3"
	if r := p.runner(); r.run != "" {
		python = r.run + "python"
	}
	file, ok := p.pythonTest()
	asks := p.asksPytest()
	switch {
	case !ok:
		return tests{}
	case asks != "":
		return tests{python + " -m pytest", file + ", and pytest in " + p.join(asks)}
	case p.has("manage.py"):
		return tests{python + " manage.py test", file + ", and " + p.join("manage.py")}
	}
	return tests{python + " -m unittest discover" + p.startOf(file), file}
}

// startOf is where unittest has to begin: a folder of tests that is no package
// is not found from above.
func (p *part) startOf(file string) string {
	dir, _, _ := strings.Cut(strings.TrimPrefix(file, p.dir+"/"), "/")
	if !p.in.isDir(p.join(dir)) || p.has(dir+"/__init__.py") {
		return ""
	}
	return " -s " + dir
}

// pythonTest is a file with tests.
func (p *part) pythonTest() (string, bool) {
	for _, form := range []string{"test_*.py", "*_test.py", "tests.py"} {
		if file, ok := p.search(".", form); ok {
			return file, true
		}
	}
	return "", false
}
