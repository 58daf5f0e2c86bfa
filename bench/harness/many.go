package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// crowd is many sandboxes at once.
type crowd struct {
	up, end float64 // seconds until all are up, and until all have ended
	memory  float64 // MiB of all of them together, commands left out
}

// many starts many sandboxes together, waits until all of them are up, and ends
// them together. Each of ours has a project of its own: two runs on one project
// exclude each other.
func many(p *place) ([]row, error) {
	dirs := make([]string, p.count)
	for i := range dirs {
		var err error
		if dirs[i], err = p.project(fmt.Sprintf("many-%d", i), noNetwork); err != nil {
			return nil, err
		}
	}
	const times = 3
	var theirs, ours []crowd
	for range times {
		for _, c := range []struct {
			into *[]crowd
			argv []string
		}{{&theirs, bubblewrap(waiter()...)}, {&ours, append(p.inside(), waiter()...)}} {
			got, err := p.together(dirs, c.argv)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", filepath.Base(c.argv[0]), err)
			}
			*c.into = append(*c.into, got)
		}
	}
	title := fmt.Sprintf("%d at once: ", p.count)
	of := func(what, unit string, target float64, f func(crowd) float64) row {
		return compare(title+what, "bubblewrap", unit, target, each(theirs, f), each(ours, f))
	}
	rows := []row{
		of("until all are up", "s", 0, func(c crowd) float64 { return c.up }),
		of("until all have ended", "s", 0, func(c crowd) float64 { return c.end }),
		of("start and end", "s", 1.2, func(c crowd) float64 { return c.up + c.end }),
		of("memory", "MiB", 1.2, func(c crowd) float64 { return c.memory }),
	}
	bytes, files := size(filepath.Join(p.root, "state"))
	fmt.Fprintf(os.Stderr, "  the state directory has grown to %.1f KiB and %.1f files a run\n",
		float64(bytes)/1024/float64(times*p.count), float64(files)/float64(times*p.count))
	return rows, nil
}

func each(crowds []crowd, f func(crowd) float64) []float64 {
	var out []float64
	for _, c := range crowds {
		out = append(out, f(c))
	}
	return out
}

// together runs one command in each folder at the same time.
func (p *place) together(dirs []string, argv []string) (c crowd, err error) {
	hold, release, err := os.Pipe()
	if err != nil {
		return c, err
	}
	defer release.Close()
	defer hold.Close()
	said, says, err := os.Pipe()
	if err != nil {
		return c, err
	}
	defer said.Close()
	began := time.Now()
	all, err := p.startAll(dirs, argv, hold, says)
	says.Close()
	defer func() {
		release.Close()
		for _, cmd := range all {
			err = errors.Join(err, cmd.Wait())
		}
		c.end = time.Since(began).Seconds()
	}()
	if err != nil {
		return c, err
	}
	if n := lines(said, len(all)); n < len(all) {
		return c, fmt.Errorf("only %d of %d came up", n, len(all))
	}
	c.up = time.Since(began).Seconds()
	settle()
	for _, cmd := range all {
		kib, err := share(cmd.Process.Pid, "/bin/sh")
		if err != nil {
			return c, err
		}
		c.memory += float64(kib) / 1024
	}
	began = time.Now()
	return c, nil
}

func (p *place) startAll(dirs, argv []string, in, out *os.File) (all []*exec.Cmd, err error) {
	for _, dir := range dirs {
		cmd := p.command(dir, argv...)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = in, out, os.Stderr
		if err := cmd.Start(); err != nil {
			return all, err
		}
		all = append(all, cmd)
	}
	return all, nil
}

// lines counts lines until there are enough, or no more can come.
func lines(r io.Reader, enough int) int {
	n := 0
	for s := bufio.NewScanner(r); n < enough && s.Scan(); {
		n++
	}
	return n
}

// settle leaves a moment for what is still being set up or given back.
func settle() { time.Sleep(1500 * time.Millisecond) }

// size adds up the files of a tree.
func size(dir string) (bytes int64, files int) {
	filepath.WalkDir(dir, func(_ string, e os.DirEntry, err error) error {
		if err != nil {
			return nil
		}
		files++
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
			bytes += info.Size()
		}
		return nil
	})
	return bytes, files
}
