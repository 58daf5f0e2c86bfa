package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"
)

// heavy are functions whose result may not be a package's variable: it would be
// made at every start, needed or not, by everything that links the package.
var heavy = map[string]string{
	"regexp.MustCompile": "make it when it is first needed (sync.OnceValue), or write the match out",
	"regexp.Compile":     "make it when it is first needed (sync.OnceValue), or write the match out",
	"template.Must":      "parse it when a page is made",
	"template.New":       "parse it when a page is made",
	"exec.Command":       "start it when it is needed",
	"os.ReadFile":        "read it when it is needed",
}

// weighty are packages that no program of ours is built from.
var weighty = map[string]string{
	"html/template": "looks methods up by name, which keeps each one of the program; report fills its page in itself",
	"text/template": "looks methods up by name, which keeps each one of the program",
}

// TestProgramIsLight: nothing that the program is built from, tests apart, takes
// what would keep all of it alive.
func TestProgramIsLight(t *testing.T) {
	files, err := load(os.DirFS(root))
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, f := range files {
		for _, path := range f.imports {
			why, bad := weighty[path]
			switch {
			case bad && f.test:
				seen++ // the check finds what it looks for
			case bad:
				t.Errorf("%s imports %s: %s", f.path, path, why)
			}
		}
	}
	if seen == 0 {
		t.Error("no test imports them either: is this looking at anything?")
	}
}

// TestStartIsLight: no package of ours makes anything heavy, and none has an
// init function, before main begins.
func TestStartIsLight(t *testing.T) {
	for _, problem := range early(t, os.DirFS(root)) {
		t.Error(problem)
	}
}

// TestStartIsLightReports: the check finds what it is there for, and nothing in
// a function that is called later.
func TestStartIsLightReports(t *testing.T) {
	src := func(text string) fs.FS {
		return fstest.MapFS{"internal/x/x.go": {Data: []byte("package x\nimport \"regexp\"\n" + text)}}
	}
	for text, want := range map[string]int{
		"var a = regexp.MustCompile(`x`)":             1,
		"var a = f(regexp.MustCompile(`x`).String())": 1,
		"func init() {}":                              1,
		"func f() { regexp.MustCompile(`x`) }":        0,
		"var a = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`x`) })": 0,
	} {
		if got := early(t, src(text)); len(got) != want {
			t.Errorf("%s: %q, want %d", text, got, want)
		}
	}
}

// early lists what the packages of a tree do before main begins and should not.
func early(t *testing.T, root fs.FS) []string {
	t.Helper()
	var problems []string
	err := fs.WalkDir(root, "internal", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") ||
			strings.Contains(name, "testdata") {
			return err
		}
		text, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, decl := range file.Decls {
			problems = append(problems, before(name, decl)...)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return problems
}

func before(name string, decl ast.Decl) (problems []string) {
	if f, ok := decl.(*ast.FuncDecl); ok {
		if f.Recv == nil && f.Name.Name == "init" {
			problems = append(problems, name+": an init function")
		}
		return problems
	}
	ast.Inspect(decl, func(n ast.Node) bool {
		if _, later := n.(*ast.FuncLit); later {
			return false
		}
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		sel, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if pkg, ok := sel.X.(*ast.Ident); ok {
			if why, is := heavy[pkg.Name+"."+sel.Sel.Name]; is {
				problems = append(problems, name+": "+pkg.Name+"."+sel.Sel.Name+" in a package's variable: "+why)
			}
		}
		return true
	})
	return problems
}
