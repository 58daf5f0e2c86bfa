package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// working compares what developers do all day. The two sides work on copies of
// one project, so that neither finds the other's traces.
func working(p *place) ([]row, error) {
	status, err := p.tool("git", 20000, "git", "status", "--porcelain")
	if err != nil {
		return nil, err
	}
	build, err := p.tool("go", 0, "go", "build", "-o", "program", ".")
	if err != nil {
		return nil, err
	}
	status.Measure, build.Measure = "git status, 20,000 files", "go build, warm"
	unpack, err := untar(p)
	return []row{status, build, unpack}, err
}

// tool times one command in a project of its own, warm: bare and confined.
func (p *place) tool(name string, files int, argv ...string) (row, error) {
	bare, err := p.sources(name+"-bare", files)
	if err != nil {
		return row{}, err
	}
	dir, err := p.sources(name+"-inside", files)
	if err != nil {
		return row{}, err
	}
	old := p.env
	defer func() { p.env = old }()
	// Inside, the home is a tmpfs; so is the bare one's.
	theirs, err := p.withHome().prober(bare, nil, append([]string{"/", p.shm}, argv...)...)
	if err != nil {
		return row{}, err
	}
	defer theirs.end()
	p.env = old
	ours, err := p.prober(dir, p.inside(), append([]string{"/", "/tmp"}, argv...)...)
	if err != nil {
		return row{}, err
	}
	defer ours.end()
	a, b, err := turns(max(p.rounds/2, 10), 1, "command", theirs, ours)
	if err != nil {
		return row{}, err
	}
	for _, s := range [][]float64{a, b} {
		for i := range s {
			s[i] /= 1e6
		}
	}
	return compare(name, "bare", "ms", 1.05, a, b), nil
}

// withHome moves the home to the tmpfs.
func (p *place) withHome() *place {
	env := append([]string{}, p.env...)
	for i, v := range env {
		if strings.HasPrefix(v, "HOME=") {
			env[i] = "HOME=" + p.shm
		}
	}
	p.env = env
	return p
}

// program uses a good part of the standard library, so that a warm build has
// something to look at.
const program = `package main

import (
	"encoding/json"
	"net/http"
	"os"
)

func main() {
	json.NewEncoder(os.Stdout).Encode(http.DefaultClient)
}
`

// sources makes a project with a small program and many committed files.
func (p *place) sources(name string, files int) (string, error) {
	dir, err := p.project(name, noNetwork)
	if err != nil {
		return "", err
	}
	write := func(name, text string) {
		path := filepath.Join(dir, name)
		if e := os.MkdirAll(filepath.Dir(path), 0o755); err == nil {
			err = e
		}
		if e := os.WriteFile(path, []byte(text), 0o644); err == nil {
			err = e
		}
	}
	write("go.mod", "module program\n\ngo 1.24\n")
	write("main.go", program)
	write(".gitignore", "program\n")
	for i := range files {
		write(fmt.Sprintf("d%d/e%d/f%d.c", i/1000, i/50%20, i), "text\n")
	}
	if err != nil {
		return "", err
	}
	if err := p.giveAll(dir); err != nil {
		return "", err
	}
	if err := p.do(dir, "git", "add", "--all"); err != nil {
		return "", err
	}
	return dir, p.do(dir, "git", "-c", "user.name=bench", "-c", "user.email=bench@example.com", "commit", "--quiet", "-m", "all")
}

// giveAll gives a tree to whoever runs the commands.
func (p *place) giveAll(dir string) error {
	return filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		p.give(path)
		return err
	})
}
