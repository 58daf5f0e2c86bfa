package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"ringwall/internal/agent"
)

// Bounds of a scan. What lies beyond them is told, and counts as a finding.
const (
	maxScanned   = 1 << 20 // of a file, in bytes
	maxScanNames = 500_000
	maxScanDepth = 64
)

// steering is a file that steers an agent.
type steering struct {
	shown string // to a person: "~/.claude/settings.json"
	name  string // below its folder
	where string // agent.InProject, ...
	text  []byte
	err   error // why it could not be read
}

// place is a folder that files are looked for in.
type place struct {
	where  string
	dir    string
	prefix string // of the names that a person is shown
}

// locatedAt tells whether a file is the one that a tool looks for. In a project it
// counts in every folder: whoever starts the tool there has it loaded.
func locatedAt(where, pattern string, f steering) bool {
	if where != f.where {
		return false
	}
	pattern = strings.TrimPrefix(pattern, "/")
	want, have := strings.Split(pattern, "/"), strings.Split(f.name, "/")
	if where == agent.InProject && len(have) > len(want) && !slices.Contains(want, "**") {
		have = have[len(have)-len(want):]
	}
	return elements(want, have)
}

// elements matches path elements; "**" stands for any number of them.
func elements(want, have []string) bool {
	switch {
	case len(want) == 0:
		return len(have) == 0
	case want[0] == "**":
		return elements(want[1:], have) || len(have) > 0 && elements(want, have[1:])
	case len(have) == 0:
		return false
	}
	ok, _ := path.Match(want[0], have[0])
	return ok && elements(want[1:], have[1:])
}

// walk reads the files of a project that wanted names. It follows no link out of
// the project, and looks at no repository's objects and no installed package.
func (p place) walk(wanted func(steering) bool) ([]steering, error) {
	root, err := os.OpenRoot(p.dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	var out []steering
	seen := 0
	err = fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		f := steering{shown: p.prefix + name, name: name, where: p.where}
		seen++
		switch {
		case seen > maxScanNames:
			f.err = fmt.Errorf("more than %d files: the rest was not looked at", maxScanNames)
			out = append(out, f)
			return fs.SkipAll
		case err != nil:
			f.err = reasonOf(err)
			out = append(out, f)
			return fs.SkipDir
		case d.IsDir():
			return enterable(name, d.Name())
		case !wanted(f):
			return nil
		}
		f.text, f.err = readScanned(root, name)
		out = append(out, f)
		return nil
	})
	return out, err
}

func enterable(name, base string) error {
	if base == "node_modules" || base == ".git" || strings.Count(name, "/") > maxScanDepth {
		return fs.SkipDir
	}
	return nil
}

// readScanned reads a plain file, or what a link in the same folder leads to.
func readScanned(root *os.Root, name string) ([]byte, error) {
	info, err := root.Stat(name)
	if err != nil {
		return nil, reasonOf(err)
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is no plain file")
	}
	f, err := root.Open(name)
	if err != nil {
		return nil, reasonOf(err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxScanned+1))
	switch {
	case err != nil:
		return nil, reasonOf(err)
	case len(text) > maxScanned:
		return nil, fmt.Errorf("it is larger than %d KiB", maxScanned>>10)
	}
	return text, nil
}

// reasonOf is an error without the path, which is told beside it.
func reasonOf(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

// listed reads those of the named files that are there, of a home folder or of
// the machine. Their owner may have made links of them.
func (p place) listed(patterns []string) ([]steering, error) {
	var out []steering
	for _, pattern := range patterns {
		found, err := filepath.Glob(filepath.Join(escapeGlob(p.dir), strings.TrimSuffix(pattern, "/**")))
		if err != nil {
			return nil, err
		}
		for _, at := range found {
			name, err := filepath.Rel(p.dir, at)
			if err != nil {
				return nil, err
			}
			name = filepath.ToSlash(name)
			f := steering{shown: p.prefix + name, name: name, where: p.where}
			if info, err := os.Stat(at); err == nil && info.IsDir() {
				continue
			}
			f.text, f.err = readOwners(at)
			out = append(out, f)
		}
	}
	slices.SortFunc(out, func(a, b steering) int { return strings.Compare(a.shown, b.shown) })
	return slices.CompactFunc(out, func(a, b steering) bool { return a.shown == b.shown }), nil
}

func readOwners(at string) ([]byte, error) {
	real, err := filepath.EvalSymlinks(at)
	if err != nil {
		return nil, reasonOf(err)
	}
	root, err := os.OpenRoot(filepath.Dir(real))
	if err != nil {
		return nil, reasonOf(err)
	}
	defer root.Close()
	return readScanned(root, filepath.Base(real))
}

// escapeGlob makes a folder's name stand for itself.
func escapeGlob(dir string) string {
	return strings.NewReplacer("*", "\\*", "?", "\\?", "[", "\\[").Replace(dir)
}
