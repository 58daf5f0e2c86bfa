package project

import (
	"path"
	"slices"
	"strings"
)

// Bounds of the search for a test file: deeper, or in more folders, is not
// looked.
const (
	maxTestDepth   = 5
	maxTestFolders = 200
)

// brought are folders of installed packages and of what was built: tests there
// are not the project's.
var brought = []string{"node_modules", "vendor", "venv", "env", "site-packages", "build", "dist", "target"}

// where gives a command if a file of that form lies in the folder or below it.
func (p *part) where(command, dir, form string) tests {
	if file, ok := p.search(dir, form); ok {
		return tests{command, file}
	}
	return tests{}
}

// search looks for a file whose name has that form, breadth first. It follows
// no link.
func (p *part) search(dir, form string) (file string, ok bool) {
	start := p.join(dir)
	if !p.in.isDir(start) {
		return "", false
	}
	depth := strings.Count(start, "/")
	queue := []string{start}
	for looked := 0; len(queue) > 0 && looked < maxTestFolders; looked++ {
		at := newPart(p.in, queue[0])
		queue = queue[1:]
		file, below := at.match(form)
		if file != "" {
			return file, true
		}
		if strings.Count(at.dir, "/")-depth < maxTestDepth {
			queue = append(queue, below...)
		}
	}
	return "", false
}

// match is the first file of that form in the folder, else the folders in it.
func (p *part) match(form string) (file string, below []string) {
	for _, name := range p.names() {
		if !wordName(name) || slices.Contains(brought, name) {
			continue
		}
		ok, err := path.Match(form, name)
		switch {
		case ok && err == nil && p.has(name):
			return p.join(name), nil
		case p.in.isDir(p.join(name)):
			below = append(below, p.join(name))
		}
	}
	return "", below
}
