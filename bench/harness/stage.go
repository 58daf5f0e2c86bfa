package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// staging measures what it takes that changes reach the project: whole runs,
// from the start of the sandbox until all is applied.
func staging(p *place) ([]row, error) {
	small, err := p.tree("tree-1000", 1000)
	if err != nil {
		return nil, err
	}
	large, err := p.tree("tree-100000", 100_000)
	if err != nil {
		return nil, err
	}
	plain, err := p.tree("tree-plain", 1000)
	if err != nil {
		return nil, err
	}
	all := []*contender{{name: "plain", dir: plain}, {name: "small", dir: small}, {name: "large", dir: large}}
	if err := p.copies(all); err != nil {
		return nil, err
	}
	whole := compare("change 100 of 100,000 files", "cp", "ms", 0, all[0].took, all[2].took)
	whole.Target, whole.Absolute = 1.5*whole.Theirs+30, true
	return []row{whole, compare("the same, of 100,000 and of 1,000", "1,000", "ms", 1.1, all[1].took, all[2].took)}, nil
}

// changed is how many files one round changes.
const changed = 100

// tree makes a project of that many committed files, and two sets of files that
// take turns in one of its folders.
func (p *place) tree(name string, files int) (string, error) {
	dir, err := p.sources(name, files)
	if err != nil {
		return "", err
	}
	for _, set := range []string{"odd", "even", "into"} {
		for i := range changed {
			path := filepath.Join(dir, set, fmt.Sprintf("f%d", i))
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				return "", err
			}
			if err := os.WriteFile(path, fmt.Appendf(nil, "%s %4096d\n", set, i), 0o644); err != nil {
				return "", err
			}
		}
	}
	return dir, p.giveAll(dir)
}

// copies times the copy of one set, bare for the first contender and in a run
// for the others. Between the rounds the disk gets what was written.
func (p *place) copies(all []*contender) error {
	const warm = 2
	for round := range max(p.rounds/2, 10) + warm {
		set := []string{"odd", "even"}[round%2]
		for i, c := range all {
			argv := []string{"cp", "-R", set + "/.", "into"}
			if i > 0 {
				argv = append(p.inside(), argv...)
			}
			took, err := p.copy(c.dir, argv)
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			if round >= warm {
				c.took = append(c.took, took)
			}
		}
	}
	return nil
}

func (p *place) copy(dir string, argv []string) (float64, error) {
	if err := exec.Command("sync", "-f", dir).Run(); err != nil {
		return 0, err
	}
	began := time.Now()
	err := p.do(dir, argv...)
	return float64(time.Since(began).Microseconds()) / 1000, err
}

// untar unpacks 20,000 files over and over, each time into another folder.
func untar(p *place) (row, error) {
	archive, err := p.archive()
	if err != nil {
		return row{}, err
	}
	var dirs [2]string
	for i, name := range []string{"untar-bare", "untar-inside"} {
		if dirs[i], err = p.project(name, noNetwork); err != nil {
			return row{}, err
		}
		if err := p.do(dirs[i], "cp", archive, "all.tar"); err != nil {
			return row{}, err
		}
	}
	script := []string{"sh", "-c", "mkdir to-$$ && tar -C to-$$ -x -f all.tar"}
	theirs, err := p.prober(dirs[0], nil, append([]string{"/", p.shm}, script...)...)
	if err != nil {
		return row{}, err
	}
	defer theirs.end()
	ours, err := p.prober(dirs[1], p.inside(), append([]string{"/", "/tmp"}, script...)...)
	if err != nil {
		return row{}, err
	}
	defer ours.end()
	a, b, err := turns(10, 1, "command", theirs, ours)
	if err != nil {
		return row{}, err
	}
	for _, s := range [][]float64{a, b} {
		for i := range s {
			s[i] /= 1e6
		}
	}
	return compare("untar 20,000 files", "bare", "ms", 1.15, a, b), nil
}

// archive is one of 20,000 small files in 400 folders.
func (p *place) archive() (string, error) {
	dir := p.folder("archive")
	for i := range 20_000 {
		path := filepath.Join(dir, fmt.Sprintf("d%d/e%d/f%d", i/1000, i/50%20, i))
		if i%50 == 0 {
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				return "", err
			}
		}
		if err := os.WriteFile(path, fmt.Appendf(nil, "%1024d\n", i), 0o644); err != nil {
			return "", err
		}
	}
	path := filepath.Join(p.root, "all.tar")
	return path, exec.Command("tar", "-C", dir, "-c", "-f", path, ".").Run()
}
