package archtest

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

const module = "ringwall"

// source is one Go file: where it lies and what it imports. Build constraints
// are not looked at: an arrow that exists only on Windows is an arrow.
type source struct {
	path    string // from the module's root
	pkg     string // as the table names it
	test    bool
	imports []string
}

// load reads the imports of every Go file of the module. Folders that the Go
// tool leaves out are left out, and so are modules of their own.
func load(root fs.FS) ([]source, error) {
	var out []source
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && leftOut(root, name):
			return fs.SkipDir
		case entry.IsDir() || path.Ext(name) != ".go":
			return nil
		}
		file, err := read(root, name)
		out = append(out, file)
		return err
	})
	return out, err
}

// leftOut tells whether a folder is no part of the module.
func leftOut(root fs.FS, dir string) bool {
	if dir == "." {
		return false
	}
	base := path.Base(dir)
	if base == "testdata" || base == "vendor" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") {
		return true
	}
	_, err := fs.Stat(root, path.Join(dir, "go.mod"))
	return err == nil
}

// read parses the imports of one file.
func read(root fs.FS, name string) (source, error) {
	text, err := fs.ReadFile(root, name)
	if err != nil {
		return source{}, err
	}
	tree, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ImportsOnly)
	if err != nil {
		return source{}, err
	}
	out := source{path: name, pkg: short(path.Dir(name)), test: strings.HasSuffix(name, "_test.go")}
	for _, spec := range tree.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return source{}, fmt.Errorf("%s: %w", name, err)
		}
		out.imports = append(out.imports, imported)
	}
	return out, nil
}

// short is the name that the table uses for a folder of the module.
func short(dir string) string {
	return strings.TrimPrefix(dir, "internal/")
}

// own gives the table's name of an imported package of this module.
func own(imported string) (string, bool) {
	dir, isOwn := strings.CutPrefix(imported, module+"/")
	return short(dir), isOwn
}

// matches tells whether a pattern of the table fits a package.
func matches(pattern, pkg string) bool {
	if folder, below := strings.CutSuffix(pattern, "*"); below {
		return strings.HasPrefix(pkg, folder)
	}
	return pattern == pkg
}

// ruleFor finds the most exact rule for a package.
func ruleFor(rules []rule, pkg string) (rule, bool) {
	best, found := rule{}, false
	for _, r := range rules {
		if matches(r.pkg, pkg) && (!found || more(r.pkg, best.pkg)) {
			best, found = r, true
		}
	}
	return best, found
}

// more tells whether pattern a is more exact than b: a whole name beats a
// folder, and a longer folder beats a shorter one.
func more(a, b string) bool {
	aFolder, bFolder := strings.HasSuffix(a, "*"), strings.HasSuffix(b, "*")
	if aFolder != bFolder {
		return !aFolder
	}
	return len(a) > len(b)
}

// check reports each arrow that the rules do not have, and each package that
// they do not know.
func check(rules []rule, files []source) []string {
	var out []string
	for _, file := range files {
		r, known := ruleFor(rules, file.pkg)
		if !known {
			out = append(out, fmt.Sprintf("%s: package %s has no place in the table", file.path, file.pkg))
			continue
		}
		for _, imported := range file.imports {
			target, isOwn := own(imported)
			if isOwn && target != file.pkg && !allows(r, target, file.test) {
				out = append(out, fmt.Sprintf("%s: %s must not import %s", file.path, file.pkg, target))
			}
		}
	}
	return out
}

// allows tells whether a rule has an arrow to a package.
func allows(r rule, target string, test bool) bool {
	fits := func(pattern string) bool { return matches(pattern, target) }
	return slices.ContainsFunc(r.may, fits) || test && slices.ContainsFunc(r.tests, fits)
}

// reach reports each banned or foreign package that a program is built from,
// with the way that leads there. It follows the imports of this module, tests
// left out.
func reach(files []source, program string) []string {
	uses := map[string][]string{}
	for _, file := range files {
		if !file.test {
			uses[file.pkg] = append(uses[file.pkg], file.imports...)
		}
	}
	var out []string
	way := map[string]string{program: program}
	for queue := []string{program}; len(queue) > 0; queue = queue[1:] {
		for _, imported := range uses[queue[0]] {
			here := way[queue[0]] + " -> " + imported
			target, isOwn := own(imported)
			if !isOwn {
				out = append(out, verdict(imported, here)...)
			} else if way[target] == "" {
				way[target] = here
				queue = append(queue, target)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// verdict reports a package outside this module that is banned.
func verdict(imported, way string) []string {
	if why := banned[imported]; why != "" {
		return []string{fmt.Sprintf("%s: %s", way, why)}
	}
	isModule := strings.Contains(strings.Split(imported, "/")[0], ".")
	if isModule && !slices.ContainsFunc(vendors, func(v string) bool { return strings.HasPrefix(imported, v) }) {
		return []string{way + ": a module that the first process may not use"}
	}
	return nil
}
