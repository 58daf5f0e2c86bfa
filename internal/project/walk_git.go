package project

import "strings"

// gitFolder goes on with the submodules' repositories only.
func (w *walker) gitFolder(p string, dir folder) error {
	if modules := p + "/modules"; w.in.isDir(modules) {
		w.stack = append(w.stack, folder{modules, dir.depth + 2})
	}
	if p == ".git" || w.repo == nil {
		return nil // the project's own is in the tables
	}
	return w.repo(p)
}

// isObjects tells a submodule's object store, which is large, from a folder of
// that name in the project.
func isObjects(dir, name string) bool {
	return name == "objects" && strings.Contains("/"+dir+"/", "/.git/modules/")
}

// bareMarks notes the entries that make git take a folder for a repository.
type bareMarks map[string]bool

func (m bareMarks) note(e dirent) {
	switch e.Name() {
	case "HEAD", "config":
		m[e.Name()] = !e.IsDir()
	case "objects", "refs":
		m[e.Name()] = e.IsDir()
	}
}

func (m bareMarks) complete() bool {
	return m["HEAD"] && m["config"] && m["objects"] && m["refs"]
}
